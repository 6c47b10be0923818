"""The line at the terminal, made from the topics on the broker, as any other client could."""

import json
import shutil
import sys
import time
from dataclasses import dataclass, field
from typing import Any, TextIO

from demo.library import STYLES, tracks

# States of the camera that need no word; the first means that none was published
_FINE = {"", "starting", "watching"}
_SOURCES = {
    track.title: f"songs that sound {'calm' if mood == 'nobody' else mood}"
    for mood in STYLES
    for track in tracks(mood)
}


@dataclass(slots=True)
class Heard:
    """The latest message on each topic, and the moods so far in order.

    Attributes:
        latest: From the last part of the topic to its JSON, or its text where that is none.
        moods: Each mood that differed from the one before.
    """

    latest: dict[str, Any] = field(default_factory=dict)
    moods: list[str] = field(default_factory=list)

    def take(self, topic: str, payload: bytes) -> None:
        """Store a message."""
        text = payload.decode("utf-8", errors="replace")
        try:
            news = json.loads(text)
        except ValueError:
            news = text
        self.latest[topic.rpartition("/")[2]] = news
        if self.mood and self.moods[-1:] != [self.mood]:
            self.moods.append(self.mood)

    @property
    def mood(self) -> str:
        """Return the mood of the room; empty before the first."""
        return str(self._of("mood", "mood"))

    @property
    def change(self) -> tuple[object, ...]:
        """Return what makes a new line necessary where lines stay: not every per cent."""
        return self.mood, self._of("mood", "faces"), self.camera, self.player

    @property
    def line(self) -> str:
        """Return mood, confidence, faces, and what plays."""
        if not self.mood:
            return self.camera or "waiting for the first look"
        faces = self._of("mood", "faces")
        parts = [
            f"{self.mood:8} {round(100 * self._of('mood', 'confidence')):3} %",
            f"{faces} face" if faces == 1 else f"{faces} faces",
            self.player,
            self.camera,
        ]
        return "   ".join(part for part in parts if part)

    @property
    def player(self) -> str:
        """Return what plays, and the source of it or of the songs that follow."""
        state = self._of("player", "state")
        if state != "play":
            return str(self._of("player", "message") or (f"player: {state}" if state else ""))
        title, chosen = self._of("player", "title"), self._of("player", "playlist")
        if not chosen:
            return f'plays "{title}"'
        # The source is that of the waiting songs: the current one may come from another
        then = ", then" if _SOURCES.get(title, chosen) != chosen else " from"
        return f'plays "{title}"{then} {chosen}'

    @property
    def camera(self) -> str:
        """Return what is wrong with the camera; empty if nothing is."""
        if self._of("camera", "state") in _FINE:
            return ""
        return f"camera: {self._of('camera', 'message') or self._of('camera', 'state')}"

    def _of(self, topic: str, key: str) -> Any:  # noqa: ANN401 - JSON may hold anything
        news = self.latest.get(topic)
        return news.get(key, "") if isinstance(news, dict) else ""


class Line:
    """One line that updates in place on a terminal; elsewhere a line for each change, with its time."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self._start_s = time.monotonic()
        self._shown: object = None

    def show(self, heard: Heard) -> None:
        """Update the line."""
        if self._out.isatty():
            self._again(heard.line)
        elif self._shown != heard.change:
            self._shown = heard.change
            print(f"{time.monotonic() - self._start_s:6.1f} s  {heard.line}", file=self._out, flush=True)

    def _again(self, text: str) -> None:
        if self._shown != text:
            self._shown = text
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{text[:width]}", end="", file=self._out, flush=True)

    def end(self) -> None:
        """Keep the line and go to the next."""
        if self._out.isatty() and self._shown:
            print(file=self._out, flush=True)
            self._shown = None
