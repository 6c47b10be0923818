"""What this room asks of MPD: its answers as types, its commands as methods, its refusals as errors. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Protocol

from moodpid.errors import ExitCode, MoodpidError
from moodpid.text import EMPTY, CleanText, clean

# Without these the service can do nothing; the optional ones cost only what stands beside them
REQUIRED_COMMANDS = (
    *("status", "playlistinfo", "playlistid", "listplaylist", "idle"),
    *("addid", "deleteid", "playid"),
)
OPTIONAL_COMMANDS: Mapping[str, str] = {
    "prioid": "in random mode our songs do not come next",
    "setvol": "no fade before a song that is cut short",
    "sticker": "nothing is learned of which songs are liked (sticker_file in mpd.conf, permission admin)",
    "subscribe": "two instances of moodpid at one MPD do not notice each other",
    "find": "lists cannot be filters or folders",
}


class AckCode(IntEnum):
    """The error codes that decide what happens next; MPD's `src/protocol/Ack.hxx` has the others."""

    UNNAMED = 0  # Mopidy's code for what it does not implement
    ARG = 2
    PASSWORD = 3
    PERMISSION = 4
    UNKNOWN = 5
    NO_EXIST = 50
    PLAYLIST_MAX = 51
    SYSTEM = 52
    PLAYER_SYNC = 55
    EXIST = 56


class MpdGoneError(MoodpidError):
    """MPD is not there, went away, or fell silent; it may come back.

    Attributes:
        dropped: MPD closed an open connection in the middle of its answer.
    """

    exit_code = ExitCode.SOME_FAILED

    def __init__(self, message: str, *, dropped: bool = False) -> None:
        super().__init__(message)
        self.dropped = dropped


class MpdDeniedError(MoodpidError):
    """MPD is there but denies the work: a wrong password, a missing permission or partition.

    Attributes:
        remedy: The command that mends it; empty: another password.
    """

    exit_code = ExitCode.SOME_FAILED

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy


class CommandRefusedError(MoodpidError):
    """MPD refused one command; the connection is as good as before.

    Attributes:
        code: The number in MPD's answer, see `AckCode`; unknown numbers stay as they are.
        reason: MPD's own text.
    """

    exit_code = ExitCode.SOME_FAILED

    def __init__(self, code: int, command: str, reason: str) -> None:
        self.code = code
        self.reason = clean(reason)
        super().__init__(f"{self.reason or f'error {code}'} ({clean(command)})")

    @property
    def missing(self) -> bool:
        """Whether what the command named does not exist."""
        return self.code == AckCode.NO_EXIST


class PlayState(StrEnum):
    """MPD's own three states."""

    PLAY = "play"
    PAUSE = "pause"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Status:
    """The answer to `status`, as MPD's manual describes it.

    Attributes:
        state: Whether it plays.
        length: Songs in the queue.
        queue_version: Changes with every change of the queue.
        song_pos, song_id: The current song; None when nothing was begun, and after the end of the queue.
        next_id: The song that MPD itself goes on with, None if there is none.
        elapsed_s: Seconds of the current song that were played.
        duration_s: Its length in seconds, None if MPD does not know (a stream).
        opened: MPD has opened it: it knows the format of its samples, or has played some.
        random, repeat, single, consume: The modes; `oneshot` counts as on.
        crossfade_s: Length of MPD's crossfade in seconds, 0 for none.
        volume: From 0 to 100, None without a mixer.
        error: What MPD reports as wrong with playing, empty if nothing; it stays until the next play command.
        updating: The library is being updated.
    """

    state: PlayState = PlayState.STOP
    length: int = 0
    queue_version: str = ""
    song_pos: int | None = None
    song_id: int | None = None
    next_id: int | None = None
    elapsed_s: float = 0.0
    duration_s: float | None = None
    opened: bool = False
    random: bool = False
    repeat: bool = False
    single: bool = False
    consume: bool = False
    crossfade_s: float = 0.0
    volume: int | None = None
    error: str = ""
    updating: bool = False


@dataclass(frozen=True, slots=True)
class QueueSong:
    """A song in the queue.

    Attributes:
        id: MPD's name for this place in the queue; it moves with the song and ends with it.
        pos: Position in the queue, from 0.
        uri: The file below the music folder, or the address of a stream; bytes that are no UTF-8 are escaped
            as `surrogateescape` has it, so that MPD gets them back as they were.
        title: Its title, or the last part of `uri`, for people to read.
        artist: Its artist, empty if unknown.
        prio: Its priority in random mode, from 0 to 255.
    """

    id: int
    pos: int
    uri: str
    title: CleanText = EMPTY
    artist: CleanText = EMPTY
    prio: int = 0


@dataclass(frozen=True, slots=True)
class Output:
    """One of MPD's audio outputs.

    Attributes:
        number: As the protocol counts them, from 0.
        name, plugin: As in mpd.conf.
        enabled: It is switched on.
    """

    number: int
    name: str
    plugin: str = ""
    enabled: bool = False


class Mpd(Protocol):
    """What the rest of this room asks of MPD: an `MpdConnection`, or a fake.

    Every method raises `MpdGoneError` if the connection was lost, and `CommandRefusedError` if MPD refused,
    unless it is documented otherwise.
    """

    @property
    def commands(self) -> frozenset[str]:
        """The commands that MPD allows."""

    def version_at_least(self, version: tuple[int, ...]) -> bool:
        """Return whether MPD speaks at least this version of the protocol."""

    def status(self) -> Status:
        """Return what MPD is doing."""

    def uptime_s(self) -> float:
        """Return for how many seconds MPD has run, 0 where it does not report it."""

    def queue(self, start: int, end: int) -> tuple[QueueSong, ...]:
        """Return the songs of the queue from `start` to before `end`; none where it is shorter by now."""

    def queue_song(self, song_id: int) -> QueueSong | None:
        """Return the song with this id, None if the queue has none."""

    def add(self, uri: str, offset: int | None) -> int:
        """Put a song into the queue, and return its id.

        Args:
            uri: The song.
            offset: How many songs are to stand between the current one and this; None: at the end.
        """

    def delete(self, song_id: int) -> None:
        """Take a song out of the queue."""

    def prioritize(self, song_id: int, priority: int) -> None:
        """Set a song's priority in random mode, from 0 to 255."""

    def play(self, song_id: int) -> None:
        """Play a song of the queue."""

    def stop(self) -> None:
        """Stop; MPD keeps the current song."""

    def resume(self) -> None:
        """End a pause; the error that MPD shows is cleared before."""

    def clear_error(self) -> None:
        """Clear the error that the status shows."""

    def seek(self, at_s: float) -> None:
        """Go to a place in the current song, in seconds."""

    def next(self) -> None:
        """Go on to the next song."""

    def set_volume(self, volume: int) -> None:
        """Set the volume, from 0 to 100."""

    def playlist_length(self, name: str) -> int:
        """Return how many songs a stored playlist has; from protocol 0.24 on."""

    def playlist_window(self, name: str, start: int, end: int) -> tuple[str, ...]:
        """Return the songs of a stored playlist from `start` to before `end`; from protocol 0.24 on."""

    def playlist(self, name: str) -> Iterator[str]:
        """Yield the songs of a stored playlist; to be read to its end before the next command."""

    def count(self, expression: str) -> int:
        """Return how many songs of the library match a filter expression."""

    def find(self, expression: str, start: int, end: int) -> tuple[str, ...]:
        """Return the matching songs from `start` to before `end`."""

    def has_song(self, uri: str) -> bool:
        """Return whether MPD could add this song now, as far as it can tell without adding it."""

    def stickers(self, uri: str) -> dict[str, str]:
        """Return the stickers at a song."""

    def songs_with_sticker(self, name: str) -> dict[str, str]:
        """Return the value of a sticker at each song that has it."""

    def set_sticker(self, uri: str, name: str, value: str) -> None:
        """Set one sticker at a song."""

    def outputs(self) -> tuple[Output, ...]:
        """Return the audio outputs."""

    def channels(self) -> tuple[str, ...]:
        """Return the channels that have subscribers."""

    def subscribe(self, channel: str) -> None:
        """Subscribe to a channel for as long as the connection lasts."""

    def unsubscribe(self, channel: str) -> None:
        """Leave a channel."""

    def send_message(self, channel: str, text: str) -> None:
        """Send a message to all subscribers of a channel."""

    def read_messages(self) -> tuple[tuple[str, str], ...]:
        """Return the messages that came on our channels, each with its channel."""
