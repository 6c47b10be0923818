"""A connection to the fake MPD: the methods of `moodpid.mpd.protocol.Mpd`."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from moodpid.mpd.protocol import (
    AckCode,
    CommandRefusedError,
    MpdGoneError,
    Output,
    PlayState,
    QueueSong,
    Status,
)
from moodpid.text import clean

if TYPE_CHECKING:
    from tests.support.fake_mpd import FakeMpd


class FakeConnection:
    """Carries commands out at once.

    Args:
        server: The MPD.
    """

    def __init__(self, server: "FakeMpd") -> None:
        self._server = server
        self._channels: list[str] = []

    @property
    def commands(self) -> frozenset[str]:
        return self._server.commands

    def version_at_least(self, version: tuple[int, ...]) -> bool:
        return tuple(int(part) for part in self._server.version.split(".")) >= version

    # What MPD is doing

    def status(self) -> Status:
        server, options = self._asked, self._server.options
        loaded = server.current is not None and server.state != "stop"
        real_s = server.known_s is not None and server.known_s < 0
        return Status(
            state=PlayState(server.state),
            length=len(server.queue),
            queue_version=str(hash(tuple(entry.id for entry in server.queue))),
            song_pos=None if server.current is None else server.position(server.current),
            song_id=server.current,
            next_id=server.following(),
            elapsed_s=server.elapsed_s if loaded else 0.0,
            duration_s=(server.song_s if real_s else server.known_s) if loaded else None,
            opened=loaded and (server.elapsed_s > 0 or not server.is_silent()),
            random=options.random,
            repeat=options.repeat,
            single=options.single,
            consume=options.consume,
            crossfade_s=float(options.xfade),
            volume=options.volume,
            error=server.error,
        )

    def uptime_s(self) -> float:
        return float(int(self._asked.now_s - self._server.booted_s))

    def outputs(self) -> tuple[Output, ...]:
        return (Output(0, "Speakers", "alsa", enabled=not self._asked.output_broken),)

    # The queue

    def queue(self, start: int, end: int) -> tuple[QueueSong, ...]:
        return tuple(self._shown(pos) for pos in range(start, min(end, len(self._asked.queue))))

    def queue_song(self, song_id: int) -> QueueSong | None:
        here = any(entry.id == song_id for entry in self._asked.queue)
        return self._shown(self._server.position(song_id)) if here else None

    def add(self, uri: str, offset: int | None) -> int:
        server = self._sent("addid", uri, offset)
        if server.is_lost(uri):
            raise CommandRefusedError(AckCode.NO_EXIST, "addid", "No such song")
        if len(server.queue) >= server.max_length:
            raise CommandRefusedError(AckCode.PLAYLIST_MAX, "addid", "playlist is at the max size")
        at = len(server.queue)
        if offset is not None:
            if server.current is None:
                raise CommandRefusedError(AckCode.PLAYER_SYNC, "addid", "No current song")
            at = server.position(server.current) + 1 + offset
        if at > len(server.queue):
            raise CommandRefusedError(AckCode.ARG, "addid", "Bad song index")
        return server.put(uri, at, by_user=False).id

    def delete(self, song_id: int) -> None:
        self._sent("deleteid", song_id).drop(self._known(song_id, "deleteid"))

    def prioritize(self, song_id: int, priority: int) -> None:
        server = self._sent("prioid", priority, song_id)
        server.queue[self._known(song_id, "prioid")].prio = priority
        if server.current in server.order:
            server.order.remove(song_id)
            server.order.insert(server.place_in_order(priority), song_id)

    # Playing

    def play(self, song_id: int) -> None:
        server = self._sent("playid", song_id)
        file = server.queue[self._known(song_id, "playid")].file
        if "://" in file and server.is_silent(file) and server.state != "stop":
            server.unreachable = True  # a real one answers nobody until the stream is open
            raise MpdGoneError("MPD at fake:6600 does not answer in time")
        server.error = ""
        server.go(song_id)

    def stop(self) -> None:
        self._sent("stop").stop()

    def resume(self) -> None:
        server = self._sent("pause", 0)
        server.error = ""
        server.resume()

    def clear_error(self) -> None:
        self._sent("clearerror").error = ""

    def seek(self, at_s: float) -> None:
        server = self._sent("seekcur", at_s)
        if not server.seekable:
            server.error = "Not seekable"
            raise CommandRefusedError(AckCode.UNKNOWN, "seekcur", "Not seekable")
        server.elapsed_s = at_s

    def next(self) -> None:
        self._sent("next").next()

    def set_volume(self, volume: int) -> None:
        self._sent("setvol", volume).options.volume = volume

    # Lists and the library

    def playlist_length(self, name: str) -> int:
        return len(list(self.playlist(name)))

    def playlist_window(self, name: str, start: int, end: int) -> tuple[str, ...]:
        return tuple(self.playlist(name))[start:end]

    def playlist(self, name: str) -> Iterator[str]:
        playlists = self._asked.playlists
        if name not in playlists:
            raise CommandRefusedError(AckCode.NO_EXIST, "listplaylist", "No such playlist")
        return iter(playlists[name])

    def count(self, expression: str) -> int:
        return len(self.find(expression, 0, 10**6))

    def find(self, expression: str, start: int, end: int) -> tuple[str, ...]:
        # Knows only (base "FOLDER")
        folder = expression.removeprefix('(base "').removesuffix('")')
        songs = dict.fromkeys(uri for uris in self._asked.playlists.values() for uri in uris)
        return tuple(uri for uri in songs if uri.startswith(f"{folder}/"))[start:end]

    def has_song(self, uri: str) -> bool:
        return not self._asked.is_lost(uri)

    def stickers(self, uri: str) -> dict[str, str]:
        return dict(self._asked.stickers.get(uri, {}))

    def songs_with_sticker(self, name: str) -> dict[str, str]:
        return {uri: named[name] for uri, named in self._asked.stickers.items() if name in named}

    def set_sticker(self, uri: str, name: str, value: str) -> None:
        self._asked.stickers.setdefault(uri, {})[name] = value

    # Other clients

    def channels(self) -> tuple[str, ...]:
        return (*self._channels, *self._asked.channels)

    def subscribe(self, channel: str) -> None:
        self._channels = [channel]

    def unsubscribe(self, channel: str) -> None:
        self._channels.remove(channel)

    def send_message(self, channel: str, text: str) -> None:
        self._asked.on_message(channel, text)

    def read_messages(self) -> tuple[tuple[str, str], ...]:
        messages, self._asked.messages = self._server.messages, []
        return tuple(messages)

    # Within

    @property
    def _asked(self) -> "FakeMpd":
        if self._server.unreachable:
            raise MpdGoneError("MPD at fake:6600 closed the connection", dropped=True)
        return self._server

    def _sent(self, command: str, *arguments: object) -> "FakeMpd":
        self._asked.sent.append((command, *arguments))
        return self._server

    def _known(self, song_id: int, command: str) -> int:
        if all(entry.id != song_id for entry in self._server.queue):
            raise CommandRefusedError(AckCode.NO_EXIST, command, "No such song")
        return self._server.position(song_id)

    def _shown(self, pos: int) -> QueueSong:
        entry = self._server.queue[pos]
        return QueueSong(entry.id, pos, entry.file, clean(entry.file.rsplit("/", 1)[-1]), prio=entry.prio)
