"""A connection to a real MPD: commands as methods, a time limit for each, errors of this room."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from moodpid.config import MpdConfig
from moodpid.mpd import answers
from moodpid.mpd.protocol import (
    REQUIRED_COMMANDS,
    AckCode,
    CommandRefusedError,
    MpdDeniedError,
    MpdGoneError,
    Output,
    QueueSong,
    Status,
)
from moodpid.mpd.wire import ClosedError, HasFileno, MpdWire, ProtocolError, is_readable

TIMEOUT_S = 5.0
SEARCH_TIMEOUT_S = 30.0
"""For what goes through a list or the library: on a large one and a small machine MPD takes a while."""
HEARTBEAT_S = 60.0
"""A connection on which nothing happens is proven alive this often, by a word and its answer."""
_RELATIVE_POSITIONS = (0, 23, 3)  # the protocol from which `addid URI +0` is understood


class MpdConnection:
    """One connection; after `MpdGoneError` it is closed and of no more use. See `moodpid.mpd.protocol.Mpd`.

    Attributes:
        version: Of the protocol, such as "0.23.5".
        commands: The commands that MPD allows.
    """

    def __init__(
        self, settings: MpdConfig, password: str = "", partition_outputs: Sequence[str] = ()
    ) -> None:
        """Connect, and make sure that the work is allowed there.

        Args:
            settings: Where MPD is.
            password: Of MPD, empty if it has none.
            partition_outputs: What the partition had when it was seen last: MPD forgets partitions when it
                ends, and this one is made again with these. Empty: one that is missing is an error.

        Raises:
            MpdGoneError: Nothing answered within 5 seconds.
            MpdDeniedError: The password, a permission or the partition is wrong.
        """
        self._address = format_address(settings)
        self._wire: MpdWire | None = None
        self._schemes: frozenset[str] | None = None
        self._idle_understands_names = True
        try:
            with self._translated():
                self._wire = MpdWire(settings.host, settings.port, TIMEOUT_S)
            self.version: str = self._wire.version
            self._log_in(password)
            if settings.partition:
                self._enter(settings.partition, partition_outputs)
        except BaseException:
            self.close()
            raise

    def _log_in(self, password: str) -> None:
        if password:
            try:
                self._ask("password", password)
            except CommandRefusedError:
                raise MpdDeniedError(f"MPD at {self._address} refuses the password") from None
        self.commands = frozenset(answers.values(self._ask("commands"), "command"))
        missing = sorted(set(REQUIRED_COMMANDS) - self.commands)
        if missing:
            raise MpdDeniedError(
                f"MPD at {self._address} does not allow {', '.join(missing)}: "
                f"{'the password gives' if password else 'without a password there are'} too few permissions"
            )

    def _enter(self, partition: str, outputs: Sequence[str]) -> None:
        try:
            try:
                self._ask("partition", partition)
            except CommandRefusedError as error:
                if not (error.missing and outputs):
                    raise
                self._ask("newpartition", partition)
                self._ask("partition", partition)
                for name in outputs:
                    self._ask("moveoutput", name)
                for output in self.outputs():
                    if output.name in outputs and not output.enabled:  # moving it away had disabled it
                        self._ask("enableoutput", output.number)
        except CommandRefusedError as error:
            what = f'MPD at {self._address} has no partition "{partition}"' if error.missing else str(error)
            # mpc has no commands for it
            lines = f'newpartition "{partition}"\\npartition "{partition}"\\nmoveoutput "NAME"\\nclose\\n'
            remedy = f"printf '{lines}' | nc {self._address.replace(':', ' ')}, with the NAME of an output"
            raise MpdDeniedError(f"{what}; MPD forgets partitions when it ends", remedy) from None

    def version_at_least(self, version: tuple[int, ...]) -> bool:
        """Return whether MPD speaks at least this version of the protocol."""
        return tuple(int(part) for part in self.version.split(".") if part.isdecimal()) >= version

    # What MPD is doing

    def status(self) -> Status:
        """Return what MPD is doing."""
        lines = self._ask("status")
        with self._translated():
            return answers.status(dict(answers.pairs(lines)))

    def uptime_s(self) -> float:
        """Return for how many seconds MPD has run, 0 where it does not say."""
        try:
            lines = self._ask("stats")
        except CommandRefusedError:
            return 0.0
        with self._translated():
            return float(next(answers.values(lines, "uptime"), 0.0))

    def outputs(self) -> tuple[Output, ...]:
        """Return the audio outputs."""
        lines = self._ask("outputs")
        with self._translated():
            return tuple(answers.output(one) for one in answers.records(lines, "outputid"))

    # The queue

    def queue(self, start: int, end: int) -> tuple[QueueSong, ...]:
        """Return the songs of the queue from `start` to before `end`; none where it is shorter by now."""
        try:
            return self._songs("playlistinfo", f"{start}:{end}")
        except CommandRefusedError:
            return ()

    def queue_song(self, song_id: int) -> QueueSong | None:
        """Return the song with this id, None if the queue has none."""
        try:
            return next(iter(self._songs("playlistid", song_id)), None)
        except CommandRefusedError:
            return None

    def _songs(self, command: str, argument: object) -> tuple[QueueSong, ...]:
        lines = self._ask(command, argument)
        with self._translated():
            return tuple(answers.queue_song(one) for one in answers.records(lines, "file"))

    def add(self, uri: str, offset: int | None) -> int:
        """Put a song into the queue, `offset` songs behind the current one or at the end; return its id."""
        position: tuple[object, ...] = ()
        if offset is not None and self.version_at_least(_RELATIVE_POSITIONS):
            position = (f"+{offset}",)
        elif offset is not None:
            current = self.status().song_pos
            position = () if current is None else (current + 1 + offset,)
        lines = self._ask("addid", uri, *position)
        with self._translated():
            return int(next(answers.values(lines, "Id")))

    def delete(self, song_id: int) -> None:
        """Take a song out of the queue."""
        self._ask("deleteid", song_id)

    def prioritize(self, song_id: int, priority: int) -> None:
        """Set a song's priority in random mode, from 0 to 255."""
        self._ask("prioid", priority, song_id)

    # Playing

    def play(self, song_id: int) -> None:
        """Play a song of the queue."""
        self._ask("playid", song_id)

    def resume(self) -> None:
        """End a pause."""
        self._ask("pause", 0)

    def seek(self, at_s: float) -> None:
        """Go to a place in the current song, in seconds."""
        self._ask("seekcur", f"{at_s:.3f}")

    def next(self) -> None:
        """Go on to the next song."""
        self._ask("next")

    def set_volume(self, volume: int) -> None:
        """Set the volume, from 0 to 100."""
        self._ask("setvol", volume)

    # Lists and the library

    def playlist_length(self, name: str) -> int:
        """Return how many songs a stored playlist has; from protocol 0.24 on."""
        return self._number(self._search("playlistlength", name), "songs")

    def playlist_window(self, name: str, start: int, end: int) -> tuple[str, ...]:
        """Return the songs of a stored playlist from `start` to before `end`; from protocol 0.24 on."""
        return tuple(answers.values(self._search("listplaylist", name, f"{start}:{end}"), "file"))

    def playlist(self, name: str) -> Iterator[str]:
        """Yield the songs of a stored playlist; to be read to its end before the next command."""
        with self._translated():
            yield from answers.values(self._open.stream("listplaylist", (name,), SEARCH_TIMEOUT_S), "file")

    def count(self, expression: str) -> int:
        """Return how many songs of the library match a filter expression."""
        return self._number(self._search("count", expression), "songs")

    def find(self, expression: str, start: int, end: int) -> tuple[str, ...]:
        """Return the matching songs from `start` to before `end`."""
        return tuple(answers.values(self._search("find", expression, "window", f"{start}:{end}"), "file"))

    def find_records(self, expression: str, start: int, end: int) -> tuple[dict[str, str], ...]:
        """Return the matching songs with all of their tags, from `start` to before `end`."""
        return tuple(answers.records(self._search("find", expression, "window", f"{start}:{end}"), "file"))

    def database_version(self) -> str:
        """Return when the library was updated last, in seconds since 1970; empty where MPD does not say."""
        try:
            return next(answers.values(self._ask("stats"), "db_update"), "")
        except CommandRefusedError:
            return ""

    def music_directory(self) -> str:
        """Return the music folder; empty where MPD does not say: it does to clients on its local socket."""
        try:
            return next(answers.values(self._ask("config"), "music_directory"), "")
        except CommandRefusedError:
            return ""

    def has_song(self, uri: str) -> bool:
        """Return whether MPD could add this song now: in its library, or an address that it can open."""
        scheme, colon, _ = uri.partition(":")
        if colon and scheme.lower() in self._url_schemes():
            return True
        if "://" in uri:
            return False
        try:
            return any(True for _ in answers.values(self._search("lsinfo", uri), "file"))
        except CommandRefusedError as error:
            return error.code not in (AckCode.NO_EXIST, AckCode.PERMISSION, AckCode.ARG)

    def _url_schemes(self) -> frozenset[str]:
        if self._schemes is None:
            handlers = answers.values(self._ask("urlhandlers"), "handler")
            self._schemes = frozenset(handler.rstrip(":/").lower() for handler in handlers)
        return self._schemes

    def stickers(self, uri: str) -> dict[str, str]:
        """Return the stickers at a song."""
        return answers.stickers(self._ask("sticker", "list", "song", uri))

    def set_sticker(self, uri: str, name: str, value: str) -> None:
        """Set one sticker at a song."""
        self._ask("sticker", "set", "song", uri, name, value)

    # Other clients

    def channels(self) -> tuple[str, ...]:
        """Return the channels that have subscribers."""
        return tuple(answers.values(self._ask("channels"), "channel"))

    def subscribe(self, channel: str) -> None:
        """Subscribe to a channel for as long as the connection lasts."""
        self._ask("subscribe", channel)

    def unsubscribe(self, channel: str) -> None:
        """Leave a channel."""
        self._ask("unsubscribe", channel)

    def send_message(self, channel: str, text: str) -> None:
        """Send a message to all subscribers of a channel."""
        self._ask("sendmessage", channel, text)

    def read_messages(self) -> tuple[tuple[str, str], ...]:
        """Return the messages that came on our channels, each with its channel."""
        return answers.messages(self._ask("readmessages"))

    # Waiting and ending

    def wait(self, subsystems: Sequence[str], other: HasFileno, timeout_s: float) -> set[str]:
        """Sleep until MPD reports a change in `subsystems`, `other` is readable, or the time is over.

        Once a minute the connection is tried meanwhile: a peer that lost its power does not hang up.

        Returns:
            The subsystems that changed, as MPD's manual names them under `idle`.

        Raises:
            MpdGoneError: The connection was lost.
        """
        with self._translated():
            while True:
                beat_s = min(timeout_s, HEARTBEAT_S)
                changed = self._idle(subsystems if self._idle_understands_names else (), other, beat_s)
                timeout_s -= beat_s
                if changed or timeout_s <= 0 or is_readable(other):
                    return changed

    def _idle(self, subsystems: Sequence[str], other: HasFileno, timeout_s: float) -> set[str]:
        self._open.send("idle", subsystems)
        if not self._open.wait_readable(other, timeout_s):
            self._open.send("noidle")
        try:
            return set(answers.values(self._open.receive(TIMEOUT_S), "changed"))
        except CommandRefusedError:
            if not subsystems:
                raise
            self._idle_understands_names = False  # an old server, or one that is not MPD: it names all
            return set()

    def close(self) -> None:
        """Hang up; more than once does no harm."""
        if self._wire:
            self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _open(self) -> MpdWire:
        assert self._wire, "the constructor connects or raises"
        return self._wire

    def _ask(self, command: str, *arguments: object) -> list[str]:
        with self._translated():
            return self._open.request(command, arguments, TIMEOUT_S)

    def _search(self, command: str, *arguments: object) -> list[str]:
        with self._translated():
            return self._open.request(command, arguments, SEARCH_TIMEOUT_S)

    def _number(self, lines: Iterable[str], key: str) -> int:
        with self._translated():
            return int(next(answers.values(lines, key), 0))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the errors of the wire, of the system and of answers that cannot be read into ours."""
        try:
            yield
        except (OSError, ClosedError, ProtocolError, KeyError, ValueError, StopIteration) as error:
            self.close()
            reason = _reason(error)
            raise MpdGoneError(
                f"MPD at {self._address} {reason}", dropped=isinstance(error, (ClosedError, ConnectionError))
            ) from error


def format_address(settings: MpdConfig) -> str:
    """Return where MPD is, as a user would write it."""
    return settings.host if settings.host[0] in "/@" else f"{settings.host}:{settings.port}"


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "does not answer in time"
        case ClosedError() | ConnectionResetError() | BrokenPipeError():
            return "closed the connection"
        case OSError(strerror=str(text)):
            return f"cannot be reached: {text}"
        case OSError():
            return f"cannot be reached: {error}"
        case ProtocolError():
            return f"does not speak MPD's protocol: {error}"
        case _:
            return f"does not speak MPD's protocol: {error!r}"
