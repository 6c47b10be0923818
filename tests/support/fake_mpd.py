"""A fake MPD in simulated time: what it does by itself, a user at it, and accidents."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypedDict

from moodpid.mpd.protocol import OPTIONAL_COMMANDS
from tests.support.fake_connection import FakeConnection

SWITCHES = ("random", "repeat", "single", "consume")


class FakeClocks(TypedDict):
    """The clocks of a reconciler."""

    clock: Callable[[], float]
    sleep: Callable[[float], object]
    wall_clock: Callable[[], float]


@dataclass
class FakeEntry:
    """A song in the queue; `by_user` for whether a user put it there."""

    id: int
    file: str
    by_user: bool
    prio: int = 0


@dataclass
class Options:
    """What only a user may change."""

    random: bool = False
    repeat: bool = False
    single: bool = False
    consume: bool = False
    xfade: int = 0
    volume: int = 80


@dataclass
class FakeMpd:
    """MPD with its queue, driven by `advance`.

    Attributes:
        playlists: Stored playlists: names to files.
        song_s: Length of every song.
        now_s: Monotonic time.
        sent: Every command of ours that changed something, with its arguments.
        error: As in the status.
        away: Folders whose files cannot be opened, as on a share that is not there.
        silent: Folders whose streams are connected to, but give no sound.
        lost: Folders that the library does not have.
        max_length: Songs that the queue takes.
        output_broken: What is to play is paused with an error.
        output_hangs: The output takes nothing of what is to play.
        unreachable: Every command fails.
        known_s: The length that MPD believes, None if it knows none; negative: the real one.
        seekable: Whether songs can seek.
        channels: What other clients subscribed to.
        messages: What waits to be read: channels and texts.
        on_message: Called with every message of ours, its channel and text.
    """

    playlists: Mapping[str, Sequence[str]]
    song_s: float = 200.0
    rng: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 - no secret
    now_s: float = 1000.0
    options: Options = field(default_factory=Options)
    queue: list[FakeEntry] = field(default_factory=list)
    order: list[int] = field(default_factory=list)  # ids, as random mode goes through them
    current: int | None = None  # an id
    state: str = "stop"
    elapsed_s: float = 0.0
    booted_s: float = 0.0
    stickers: dict[str, dict[str, str]] = field(default_factory=dict)
    sent: list[tuple[object, ...]] = field(default_factory=list)
    commands: frozenset[str] = frozenset(OPTIONAL_COMMANDS)
    version: str = "0.23.5"
    error: str = ""
    away: set[str] = field(default_factory=set)
    silent: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=lambda: {"gone"})
    max_length: int = 10_000
    output_broken: bool = False
    output_hangs: bool = False
    unreachable: bool = False
    known_s: float | None = -1.0
    seekable: bool = True
    channels: list[str] = field(default_factory=list)
    messages: list[tuple[str, str]] = field(default_factory=list)
    on_message: Callable[[str, str], object] = lambda _channel, _text: None
    _last_id: int = 0

    @cached_property
    def link(self) -> FakeConnection:
        """A connection to it."""
        return FakeConnection(self)

    @property
    def clocks(self) -> FakeClocks:
        """For a reconciler: monotonic time, a sleep that takes none, and the time of day."""
        return {"clock": lambda: self.now_s, "sleep": lambda _: None, "wall_clock": lambda: self.now_s}

    # What a user does

    def add(self, uri: str, at: int | None = None) -> None:
        """Put a song at the end, or somewhere."""
        self.put(uri, len(self.queue) if at is None else min(at, len(self.queue)), by_user=True)

    def clear(self) -> None:
        """Empty the queue, which stops the music."""
        self.queue.clear()
        self.order.clear()
        self.current, self.state, self.elapsed_s = None, "stop", 0.0

    def play(self, pos: int | None = None) -> None:
        """Play, from a position, or on from where it was."""
        if not self.queue:
            return
        self.error = ""
        if pos is not None:
            self.go(self.queue[pos % len(self.queue)].id)
        elif self.current is None:
            self.go(self.order[0] if self.options.random else self.queue[0].id)
        elif self.state == "pause":
            self.resume()
        elif self.state == "stop":
            self.go(self.current)

    def resume(self) -> None:
        """End a pause, if the output works; MPD shows an error on."""
        self.state = "pause" if self.output_broken else "play"
        if self.output_broken:
            self.error = "Failed to open audio output"

    def pause(self) -> None:
        """Pause, if it plays."""
        if self.state == "play":
            self.state = "pause"

    def stop(self) -> None:
        """Stop; MPD keeps the song in hand."""
        self.state, self.elapsed_s = "stop", 0.0

    def next(self) -> None:
        """Go on to the next song, as MPD does at the end of one."""
        if self.current is None or self.state == "stop":
            return
        before, following = self.current, self.following()
        if following is None:
            self.current, self.state, self.elapsed_s = None, "stop", 0.0
        else:
            self.go(following)
        if self.options.consume and before != following:
            self.drop(self.position(before))

    def previous(self) -> None:
        """Go back one position."""
        if self.current is not None and self.state == "play":
            self.go(self.queue[max(0, self.position(self.current) - 1)].id)

    def remove(self, pos: int) -> None:
        """Take a song out."""
        if self.queue:
            self.drop(pos % len(self.queue))

    def move(self, pos: int, to: int) -> None:
        """Move a song of the queue; random mode goes on in its own order."""
        if self.queue:
            entry = self.queue.pop(pos % len(self.queue))
            self.queue.insert(to, entry)

    # Time

    def advance(self, seconds: float) -> None:
        """Let time go by; at most one song ends in it."""
        self.now_s += seconds
        if self.state != "play" or self.output_hangs or self.is_silent():
            return
        self.elapsed_s += seconds
        if self.elapsed_s >= self.song_s - self.options.xfade:
            if self.options.single:
                self.stop()
            else:
                self.next()

    def restart(self) -> None:
        """End and start again with the queue kept: every song has a new id."""
        ids = {entry.id: number for number, entry in enumerate(self.queue, start=1)}
        for entry in self.queue:
            entry.id = ids[entry.id]
        self.current = ids[self.current] if self.current is not None else None
        self.order = [ids[id_] for id_ in self.order]
        self._last_id = len(ids)
        self.booted_s, self.error = self.now_s, ""
        if self.state == "play" and self.current is not None and not self._can_play(self.current):
            self.go(self.current)

    def update(self) -> None:
        """Update the library: songs that it lost leave the queue."""
        for entry in [entry for entry in self.queue if self.is_lost(entry.file)]:
            self.drop(self.position(entry.id))

    # Within

    def position(self, id_: int) -> int:
        """Return where the song with this id is."""
        return next(pos for pos, entry in enumerate(self.queue) if entry.id == id_)

    def following(self) -> int | None:
        """Return the id of the song that MPD would go on with."""
        if self.current is None:
            return None
        ids = self.order if self.options.random else [entry.id for entry in self.queue]
        place = ids.index(self.current) + 1
        if place < len(ids):
            return ids[place]
        return ids[0] if self.options.repeat else None

    def user_songs(self) -> list[int]:
        """Return the ids of the songs that users put in, in the order of the queue."""
        return [entry.id for entry in self.queue if entry.by_user]

    def playing(self) -> str:
        """Return the file that plays, empty if none does."""
        return self.queue[self.position(self.current)].file if self.state == "play" and self.current else ""

    def put(self, uri: str, at: int, *, by_user: bool) -> FakeEntry:
        self._last_id += 1
        entry = FakeEntry(self._last_id, uri, by_user)
        self.queue.insert(at, entry)
        self.order.insert(self.rng.randint(self.place_in_order(), len(self.order)), entry.id)
        return entry

    def place_in_order(self, prio: int = 0) -> int:
        """Return where songs of a priority begin in random mode, behind those that have a higher one."""
        prios = {entry.id: entry.prio for entry in self.queue}
        place = self.order.index(self.current) + 1 if self.current is not None else 0
        while place < len(self.order) and prios[self.order[place]] > prio:
            place += 1
        return place

    def drop(self, pos: int) -> None:
        entry = self.queue[pos]
        if entry.id == self.current:
            following = self.following()
            if following is None or following == entry.id:
                self.current, self.state = None, "stop"
            elif self.state == "play":
                self.go(following)
            else:
                self.current, self.state = following, "stop"
        self.queue.remove(entry)
        self.order.remove(entry.id)

    def go(self, id_: int) -> None:
        """Play a song; as MPD does, pass over broken ones until as many failed as the queue has."""
        for _ in range(len(self.queue)):
            self.current, self.state, self.elapsed_s = id_, "play", 0.0
            self.queue[self.position(id_)].prio = 0
            if self.output_broken:
                self.state, self.error = "pause", "Failed to open audio output"
                return
            if self._can_play(id_):
                return
            self.error = f"Failed to decode {self.queue[self.position(id_)].file}; No such file or directory"
            following = self.following()
            if following is None:
                self.current, self.state = None, "stop"
                return
            id_ = following
        self.state = "stop"

    def _can_play(self, id_: int) -> bool:
        return self.queue[self.position(id_)].file.split("/")[0] not in self.away

    def is_silent(self, uri: str | None = None) -> bool:
        """Return whether a stream, or else what plays, sends nothing."""
        return (self.playing() if uri is None else uri).split("/", maxsplit=1)[0] in self.silent

    def is_lost(self, uri: str) -> bool:
        """Return whether the library does not have a file."""
        return uri.split("/", maxsplit=1)[0] in self.lost
