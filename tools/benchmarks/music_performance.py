"""The two hours at a real MPD, with mpc as the user, many times as fast."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.music_evening import HANDS_OFF_S, LENGTH_S, LISTS, SONG_S, THEIRS, Event, Tally, count, script
from demo.library import generate

from moodpid.config import MpdConfig, TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import start_path
from moodpid.mpd.worker import MpdWorker
from tests.support.servers import PrivateMpd

SPEED = 100  # of the real run: a song takes 2 s


def perform(change: TransitionMode, seed: int) -> Tally:
    """Run the worker at a real MPD, with mpc as the user, `SPEED` times as fast."""
    with tempfile.TemporaryDirectory(prefix="moodpid-scenario-") as folder:
        library = _with_theirs(generate(Path(folder), seconds=SONG_S / SPEED))
        with PrivateMpd(library) as mpd:
            for uri in THEIRS[:12]:
                mpd.mpc("add", uri)
            mpd.mpc("play")
            return _Performance(mpd, change, seed).run()


def _with_theirs(library: Path) -> Path:
    song = next((library / "music" / "neutral").iterdir())
    (library / "music" / "user").mkdir()
    for uri in THEIRS:
        shutil.copy(song, library / "music" / uri)
    (library / "playlists" / "Theirs.m3u").write_text("\n".join(THEIRS[12:18]))
    return library


class _Performance:
    """One real run: the script's events at their times, and polls of MPD in between."""

    def __init__(self, mpd: PrivateMpd, change: TransitionMode, seed: int) -> None:
        self.mpd = mpd
        self.change = change
        self.seed = seed
        self.tally = Tally()
        self.mood = ""
        self.may_play = True
        self.baseline: list[str] = []

    def run(self) -> Tally:
        """Run from the first event to the end."""
        with self._worker() as request:
            self.baseline = self._theirs()
            start, last = time.monotonic(), 0.0
            events = script(self.seed)
            while last < LENGTH_S:
                now = (time.monotonic() - start) * SPEED
                while events and events[0].at_s <= now:
                    self._happens(events.pop(0), request)
                self._look(now - last)
                last = now
                time.sleep(0.04)
        return self.tally

    @contextmanager
    def _worker(self) -> Iterator[Callable[[MusicRequest], None]]:
        settings = MpdConfig(
            host=self.mpd.host,
            port=self.mpd.port,
            change=self.change,
            hands_off_s=HANDS_OFF_S / SPEED,
            no_repeat_h=2 / SPEED,
            playlists=LISTS,
        )
        worker = MpdWorker(settings, lambda _: True)
        worker.start()
        yield worker.request
        worker.stop()
        worker.join(10)

    def _happens(self, event: Event, request: Callable[[MusicRequest], None]) -> None:
        count(self.tally, event)
        if event.kind == "mood":
            self.mood = event.what
            request(MusicRequest(start_path(Mood(event.what), None), (event.what.capitalize(),)))
        elif event.kind == "user":
            self._check()
            for arguments in _MPC[event.what]:
                self.mpd.mpc(*[self._place(word) for word in arguments], check=False)
            self.may_play = event.what not in {"pause", "stop"} and (self.may_play or "over" in event.what)
            self.baseline = self._theirs()
        else:
            self._check()
            self.mpd.stop() if event.what == "stop" else self.mpd.kill()
            self.mpd.start()
            self.baseline = self._theirs()  # killed, MPD itself goes back to the queue it saved last

    def _place(self, word: str) -> str:
        return word.replace("END", str(len(self._queue()))).replace("AFTER", str(self._position() + 1))

    def _position(self) -> int:
        return int(self.mpd.mpc("current", "-f", "%position%").strip() or 0)

    def _queue(self) -> list[str]:
        return self.mpd.mpc("playlist", "-f", "%file%").splitlines()

    def _theirs(self) -> list[str]:
        return [uri for uri in self._queue() if uri.startswith("user/")]

    def _check(self) -> None:
        now = self._theirs()
        self.tally.compare(self.baseline, now)
        self.baseline = now

    def _look(self, seconds: float) -> None:
        status = self.mpd.mpc("-f", "%file%", "status").splitlines()
        plays = len(status) > 1 and status[1].startswith("[playing]")
        self.tally.hear(status[0] if plays else "", self.mood, seconds)
        self.tally.started_unasked += plays and not self.may_play
        self._check()


_MPC: dict[str, Iterable[list[str]]] = {
    "add": [["add", THEIRS[20]]],
    "insert": [["insert", THEIRS[21]]],
    "next": [["next"]],
    "previous": [["prev"]],
    "pause": [["pause"]],
    "pause over": [["play"]],
    "stop": [["stop"]],
    "stop over": [["play"]],
    "choose": [["play", "END"]],
    "load": [["load", "Theirs"]],
    "random": [["random", "on"]],
    "random over": [["random", "off"]],
    "remove": [["del", "AFTER"]],
}
