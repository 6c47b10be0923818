"""Keep what must be known again after a restart of ours: read once, written whenever it changed.

In a folder that ends with the system's run, as systemd's runtime directory does, monotonic seconds hold on:
no step of the wall clock moves them.
"""

import math
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct

from moodpid.config import MpdConfig
from moodpid.mood.emotion import Mood
from moodpid.mpd.queue_state import REQUEST_EXPIRES_S, OwnSong, QueueState
from moodpid.mpd.session import format_address
from moodpid.mpd.wire import MAX_COMMAND_BYTES
from moodpid.system.json_file import JsonFile

# In monotonic seconds: a machine runs for less than 30,000 years
_Seconds: TypeAlias = Annotated[float, Meta(le=1e12)]
_SongId: TypeAlias = Annotated[int, Meta(ge=0, le=2**32)]
_Name: TypeAlias = Annotated[str, Meta(max_length=4096)]
_Uri: TypeAlias = Annotated[str, Meta(max_length=MAX_COMMAND_BYTES)]
_Bytes: TypeAlias = Annotated[str, Meta(max_length=2 * MAX_COMMAND_BYTES, pattern="^([0-9a-f]{2})*$")]
_Volume: TypeAlias = Annotated[int, Meta(ge=0, le=100)]


class _SavedSong(Struct, frozen=True):
    """A song of ours in the state file, with the keys of version 0.1.0 and `outdated`.

    A file name that is no UTF-8 stands in `bytes`, in hexadecimal digits.
    """

    id: _SongId
    uri: _Uri
    mood: Mood
    source: _Name
    pos: Annotated[int, Meta(ge=-1, le=2**32)]
    begun: bool
    bytes: _Bytes = ""
    outdated: bool = False


class _SavedFile(Struct, frozen=True):
    """The state file, with the keys of version 0.1.0, `outputs`, `mood`, `faded_to` and `start_until_s`."""

    mpd: Annotated[list[_Name], Meta(max_length=2)]
    booted_s: _Seconds
    owed: _Volume | None
    ours: Annotated[list[_SavedSong], Meta(max_length=1000)]
    guests: Annotated[list[_SongId], Meta(max_length=1000)]
    hands_off_until_s: _Seconds
    hands_off_why: Annotated[str, Meta(max_length=1000)]
    held: bool
    outputs: Annotated[list[_Name], Meta(max_length=100)] = []
    mood: Mood | None = None
    faded_to: Annotated[list[_Volume], Meta(max_length=3)] = []
    start_until_s: _Seconds = -math.inf


@dataclass(frozen=True, slots=True)
class SavedSession:
    """What outlives us.

    Attributes:
        queue_state: Own songs, user requests, hands off, a user's stop, the mood, and until when music is to
            start; not the last snapshot.
        booted_s: When MPD started, in monotonic seconds.
        volume_to_restore: The user's volume while a fade has turned it down, from 0 to 100; else None.
        partition_outputs: The outputs of our partition, by name; MPD forgets them when it ends.
        own_volumes: How far a fade came: what the mixer may report of our last step, from 0 to 100.
    """

    queue_state: QueueState = field(default_factory=QueueState)
    booted_s: float = -math.inf
    volume_to_restore: int | None = None
    partition_outputs: tuple[str, ...] = ()
    own_volumes: frozenset[int] = frozenset()


class SessionStore:
    """Keeps what is true of one MPD and one partition of it.

    Args:
        file: Where it is kept.
        settings: Which MPD it is, and how long a user may have it.
    """

    def __init__(self, file: JsonFile, settings: MpdConfig) -> None:
        self._file = file
        self._mpd = [format_address(settings), settings.partition]
        self._hands_off_s = settings.hands_off_s
        self._written: dict[str, Any] = {}

    def load(self, now_s: float) -> SavedSession:
        """Return what was kept; nothing if it is broken, of another MPD, or of the system's run before.

        Args:
            now_s: Monotonic.
        """
        saved = self._file.read(_SavedFile)
        if saved is None or saved.mpd != self._mpd:
            return SavedSession()
        kept = _restored(saved, now_s, self._hands_off_s)
        return kept if kept.booted_s <= now_s else SavedSession()

    def save(self, kept: SavedSession) -> None:
        """Write `kept`, if it is not what was written last; after a failure the next call tries again."""
        queue_state = kept.queue_state
        content = {
            "mpd": self._mpd,
            "booted_s": kept.booted_s,
            "owed": kept.volume_to_restore,
            "ours": [_song_entry(song) for song in queue_state.own_songs],
            "guests": sorted(queue_state.user_requests),
            "hands_off_until_s": queue_state.hands_off_until_s if queue_state.hands_off_why else 0.0,
            "hands_off_why": queue_state.hands_off_why,
            "held": queue_state.stopped_by_user,
        }
        if queue_state.start_until_s > -math.inf:
            content["start_until_s"] = queue_state.start_until_s
        if queue_state.mood:
            content["mood"] = queue_state.mood
        if kept.partition_outputs:
            content["outputs"] = list(kept.partition_outputs)
        if kept.own_volumes:
            content["faded_to"] = sorted(kept.own_volumes)
        if content != self._written and self._file.write(content):
            self._written = content


def _restored(saved: _SavedFile, now_s: float, hands_off_s: float) -> SavedSession:
    queue_state = QueueState(
        own_songs=tuple(_song(song) for song in saved.ours),
        user_requests=frozenset(saved.guests),
        hands_off_until_s=min(saved.hands_off_until_s, now_s + hands_off_s),
        hands_off_why=saved.hands_off_why,
        stopped_by_user=saved.held,
        mood=saved.mood,
        start_until_s=min(saved.start_until_s, now_s + REQUEST_EXPIRES_S),
    )
    outputs, own_volumes = tuple(saved.outputs), frozenset(saved.faded_to)
    return SavedSession(queue_state, saved.booted_s, saved.owed, outputs, own_volumes)


def _song_entry(song: OwnSong) -> dict[str, Any]:
    # The keys are those of version 0.1.0, whatever the fields are called
    raw = song.uri.encode("utf-8", "surrogateescape")
    text = raw.decode("utf-8", "replace")
    entry = {
        "id": song.id,
        "uri": text,
        "mood": song.mood,
        "source": song.source,
        "pos": song.pos,
        "begun": song.started,
    }
    if song.outdated:
        entry["outdated"] = True
    return entry if text == song.uri else entry | {"bytes": raw.hex()}


def _song(song: _SavedSong) -> OwnSong:
    uri = bytes.fromhex(song.bytes).decode("utf-8", "surrogateescape") if song.bytes else song.uri
    return OwnSong(song.id, uri, song.mood, song.source, song.pos, started=song.begun, outdated=song.outdated)
