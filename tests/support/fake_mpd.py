"""A pretend MPD in simulated time: the part of the protocol that a guest sees, and a person at the player."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import mpd

from moodpid.mpd.connection import OPTIONAL_COMMANDS, CommandRefusedError

SWITCHES = ("random", "repeat", "single", "consume")


@dataclass
class FakeEntry:
    """A song in the queue; `by_person` for who put it there."""

    id: int
    file: str
    by_user: bool
    prio: int = 0


@dataclass
class Options:
    """What only a person may change."""

    random: bool = False
    repeat: bool = False
    single: bool = False
    consume: bool = False
    xfade: int = 0
    volume: int = 80


def _refusal(code: int, command: str, text: str) -> CommandRefusedError:
    return CommandRefusedError(mpd.CommandError(f"[{code}@0] {{{command}}} {text}"))


@dataclass
class FakeMpd:
    """MPD with its queue, driven by `advance`; asked through `ask` and `stream` as a connection is.

    Attributes:
        playlists: Stored playlists: names to files.
        song_s: Length of every song.
        now_s: Monotonic time.
        sent: Every command that changed something, with its arguments.
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
    _last_id: int = 0
    READS: ClassVar = frozenset({"status", "stats", "playlistinfo", "playlistid", "channels"})

    @property
    def clocks(self) -> tuple[Callable[[], float], Callable[[float], object], Callable[[], float]]:
        """For a guest: monotonic time, a sleep that takes none, and the time of day."""
        return lambda: self.now_s, lambda _: None, lambda: self.now_s

    # What a connection offers

    def version_at_least(self, version: tuple[int, int]) -> bool:
        """As `moodpid.mpd.connection.Link`."""
        return version <= (0, 23)

    def ask(self, command: str, *arguments: Any) -> Any:  # noqa: ANN401 - as the real one
        """Carry out one command of the guest's."""
        if command not in self.READS and not command.startswith(("sticker", "sub", "list")):
            self.sent.append((command, *arguments))
        do: Callable[..., Any] | None = getattr(self, f"_do_{command}", None)
        if do is None:
            raise _refusal(5, command, f'unknown command "{command}"')
        return do(*arguments)

    def stream(self, command: str, *arguments: object) -> Iterator[Any]:
        """As `ask`, one by one."""
        yield from self.ask(command, *arguments)

    def _do_status(self) -> dict[str, str]:
        answer = {
            "state": self.state,
            "playlistlength": str(len(self.queue)),
            "playlist": str(hash(tuple(entry.id for entry in self.queue))),  # its version
            "xfade": str(self.options.xfade),
            "volume": str(self.options.volume),
            **{
                name: str(int(getattr(self.options, name)))
                for name in ("random", "repeat", "single", "consume")
            },
        }
        if self.current is not None:
            answer |= {"songid": str(self.current), "song": str(self.position(self.current))}
            if (following := self.following()) is not None:
                answer["nextsongid"] = str(following)
            if self.state != "stop":
                answer |= {"elapsed": f"{self.elapsed_s:.3f}", "duration": f"{self.song_s:.3f}"}
        return answer

    def _do_stats(self) -> dict[str, str]:
        return {"uptime": str(int(self.now_s - self.booted_s))}

    def _do_playlistinfo(self, where: int | tuple[int, int]) -> list[dict[str, str]]:
        start, end = where if isinstance(where, tuple) else (where, where + 1)
        if start >= max(1, len(self.queue)):
            raise _refusal(2, "playlistinfo", "Bad song index")
        return [self._shown(pos) for pos in range(start, min(end, len(self.queue)))]

    def _do_playlistid(self, id_: int) -> list[dict[str, str]]:
        return [self._shown(self._known(id_, "playlistid"))]

    def _do_listplaylist(self, name: str) -> list[str]:
        if name not in self.playlists:
            raise _refusal(50, "listplaylist", "No such playlist")
        return list(self.playlists[name])

    def _do_channels(self) -> list[str]:
        return []

    def _do_subscribe(self, name: str) -> None:
        pass

    def _do_sticker_list(self, _kind: str, uri: str) -> dict[str, str]:
        return dict(self.stickers.get(uri, {}))

    def _do_sticker_set(self, _kind: str, uri: str, name: str, value: str) -> None:
        self.stickers.setdefault(uri, {})[name] = value

    def _do_addid(self, uri: str, where: str = "") -> str:
        if uri.startswith("gone/"):
            raise _refusal(50, "addid", "No such song")
        if where and self.current is None:
            raise _refusal(55, "addid", "No current song")
        at = self.position(self.current) + 1 + int(where) if where and self.current else len(self.queue)
        if at > len(self.queue):
            raise _refusal(2, "addid", "Bad song index")
        return str(self._put(uri, at, by_person=False).id)

    def _do_deleteid(self, id_: int) -> None:
        self._drop(self._known(id_, "deleteid"))

    def _do_prioid(self, prio: int, id_: int) -> None:
        self.queue[self._known(id_, "prioid")].prio = prio
        if self.current in self.order:
            self.order.remove(id_)
            self.order.insert(self.order.index(self.current) + 1, id_)

    def _do_playid(self, id_: int) -> None:
        self._known(id_, "playid")
        self._go(id_)

    def _do_next(self) -> None:
        self.next()

    def _do_seekcur(self, at_s: str) -> None:
        self.elapsed_s = float(at_s)

    def _do_setvol(self, volume: int) -> None:
        self.options.volume = volume

    # What a person does

    def add(self, uri: str, at: int | None = None) -> None:
        """Put a song at the end, or somewhere."""
        self._put(uri, len(self.queue) if at is None else min(at, len(self.queue)), by_person=True)

    def clear(self) -> None:
        """Empty the queue, which stops the music."""
        self.queue.clear()
        self.order.clear()
        self.current, self.state, self.elapsed_s = None, "stop", 0.0

    def play(self, pos: int | None = None) -> None:
        """Play, from a position, or on from where it was."""
        if not self.queue:
            return
        if pos is not None:
            self._go(self.queue[pos % len(self.queue)].id)
        elif self.current is None:
            self._go(self.order[0] if self.options.random else self.queue[0].id)
        else:
            self.state = "play"

    def pause(self) -> None:
        """Pause, if it plays."""
        if self.state == "play":
            self.state = "pause"

    def stop(self) -> None:
        """Stop; MPD keeps the song in hand."""
        self.state, self.elapsed_s = "stop", 0.0

    def next(self) -> None:
        """Go on to the next song, as MPD does at the end of one."""
        if self.current is None:
            return
        before, following = self.current, self.following()
        if following is None:
            self.current, self.state, self.elapsed_s = None, "stop", 0.0
        else:
            self._go(following)
        if self.options.consume and before != following:
            self._drop(self.position(before))

    def previous(self) -> None:
        """Go back one position."""
        if self.current is not None and self.state == "play":
            self._go(self.queue[max(0, self.position(self.current) - 1)].id)

    def remove(self, pos: int) -> None:
        """Take a song out."""
        if self.queue:
            self._drop(pos % len(self.queue))

    # Time

    def advance(self, seconds: float) -> None:
        """Let time go by; at most one song ends in it."""
        self.now_s += seconds
        if self.state != "play":
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
        self.booted_s = self.now_s

    # Within

    def position(self, id_: int) -> int:
        """Where the song with this id is."""
        return next(pos for pos, entry in enumerate(self.queue) if entry.id == id_)

    def following(self) -> int | None:
        """The id of the song that MPD would go on with."""
        if self.current is None:
            return None
        ids = self.order if self.options.random else [entry.id for entry in self.queue]
        place = ids.index(self.current) + 1
        if place < len(ids):
            return ids[place]
        return ids[0] if self.options.repeat else None

    def user_songs(self) -> list[int]:
        """The ids of the songs that persons put in, in the order of the queue."""
        return [entry.id for entry in self.queue if entry.by_user]

    def playing(self) -> str:
        """The file that plays, empty if none does."""
        return self.queue[self.position(self.current)].file if self.state == "play" and self.current else ""

    def _put(self, uri: str, at: int, *, by_person: bool) -> FakeEntry:
        self._last_id += 1
        entry = FakeEntry(self._last_id, uri, by_person)
        self.queue.insert(at, entry)
        start = self.order.index(self.current) + 1 if self.current is not None else 0
        self.order.insert(self.rng.randint(start, len(self.order)), entry.id)
        return entry

    def _drop(self, pos: int) -> None:
        entry = self.queue[pos]
        if entry.id == self.current:
            following = self.following()
            if following is None or following == entry.id:
                self.current, self.state = None, "stop"
            elif self.state == "stop":
                self.current = following
            else:
                state = self.state
                self._go(following)
                self.state = state
        self.queue.remove(entry)
        self.order.remove(entry.id)

    def _go(self, id_: int) -> None:
        self.current, self.state, self.elapsed_s = id_, "play", 0.0
        self.queue[self.position(id_)].prio = 0

    def _known(self, id_: int, command: str) -> int:
        if all(entry.id != id_ for entry in self.queue):
            raise _refusal(50, command, "No such song")
        return self.position(id_)

    def _shown(self, pos: int) -> dict[str, str]:
        entry = self.queue[pos]
        return {"file": entry.file, "id": str(entry.id), "pos": str(pos), "prio": str(entry.prio)}
