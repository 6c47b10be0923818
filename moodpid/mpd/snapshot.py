"""MPD at one moment: its status, a window of the queue, and which of our songs are still there.

Pure: the connection is an argument.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from moodpid.mpd.protocol import CommandRefusedError, Mpd, PlayState, QueueSong, Status

WINDOW = 16  # songs of the queue that are read, from the one that plays on: never the whole queue
_TRIES = 3  # the queue may change between two answers; if it never rests, its next event brings another look
LOOKUPS = 6  # songs that are looked up in the library because they left the queue


@dataclass(frozen=True, slots=True)
class Snapshot:
    """MPD at one moment.

    Attributes:
        at_s: When, in monotonic seconds.
        state: Whether it plays.
        length: How many songs the queue holds.
        song: The current song; None when nothing was begun, and after the end of the queue.
        next_id: The song that MPD itself would go on with, None if there is none.
        elapsed_s: Seconds of the current song that were played.
        duration_s: How long it is in seconds, None if MPD does not know (a stream).
        opened: MPD has opened it.
        random: Songs come in random order.
        repeat: The queue starts again after its end.
        single: Playback stops (or the song repeats) after this song; `oneshot` counts.
        consume: Songs leave the queue after playing; `oneshot` counts.
        crossfade_s: Length of MPD's crossfade in seconds, 0 for none.
        error: What MPD reports as wrong with playing, empty if nothing; it stays until the next play command.
        window: Up to `WINDOW` songs of the queue from the current one on, in order.
        own_songs: Those of the songs that we added that are still in the queue, by id.
        previous_kept: The song that was current at the last look is still in the queue.
        unknown: Ids of songs that left the queue because MPD's library no longer has them.
        other_leader: Another moodpid is connected and was there first.
        own_change: We wrote to MPD after this was read.
    """

    at_s: float
    state: PlayState
    length: int
    song: QueueSong | None = None
    next_id: int | None = None
    elapsed_s: float = 0.0
    duration_s: float | None = None
    opened: bool = False
    random: bool = False
    repeat: bool = False
    single: bool = False
    consume: bool = False
    crossfade_s: float = 0.0
    error: str = ""
    window: tuple[QueueSong, ...] = ()
    own_songs: Mapping[int, QueueSong] = field(default_factory=dict)
    previous_kept: bool = False
    unknown: frozenset[int] = frozenset()
    other_leader: bool = False
    own_change: bool = False


class _Placed(Protocol):
    """What is known of a song of ours: enough to find it again."""

    @property
    def id(self) -> int:
        """MPD's id."""

    @property
    def uri(self) -> str:
        """The file."""


class _PlacedAt(_Placed, Protocol):
    """Where a song of ours was seen last."""

    @property
    def pos(self) -> int:
        """Its position in the queue."""


class _Known(Protocol):
    """What is remembered of the queue, see `moodpid.mpd.queue_state.QueueState`."""

    @property
    def own_songs(self) -> Iterable[_Placed]:
        """Our songs, as they were seen last."""

    @property
    def last(self) -> Snapshot | None:
        """The snapshot before, None for the first of a connection."""

    @property
    def previous(self) -> QueueSong | None:
        """The song that was current before, also on another connection."""


def take_snapshot(link: Mpd, known: _Known, at_s: float, *, other_leader: bool = False) -> Snapshot:
    """Return what MPD shows now, and which of our songs are still in its queue.

    The first status alone decides which song is current: MPD may take seconds to answer it while a song ends,
    and its answer about the current song afterwards would be of another moment. The second status shows only
    whether the queue is still the one that was read.

    Args:
        link: To MPD.
        known: What is remembered of the queue.
        at_s: The time, in monotonic seconds.
        other_leader: Another moodpid drives this MPD.

    Raises:
        MpdGoneError: The connection was lost.
    """
    status, window = _read_window(link)
    seen = {song.id: song for song in window}
    own_songs = {
        one.id: song
        for one in known.own_songs
        if (song := seen.get(one.id) or link.queue_song(one.id)) and song.uri == one.uri
    }
    previous_kept = _previous_kept(link, seen, known.previous)
    vanished = _vanished(known, own_songs, kept=previous_kept, emptied=status.length == 0)
    return Snapshot(
        **_common(status),
        at_s=at_s,
        song=seen.get(status.song_id) if status.song_id is not None else None,
        window=window,
        own_songs=own_songs,
        previous_kept=previous_kept,
        unknown=frozenset(song_id for song_id, uri in vanished if not _has_song(link, uri)),
        other_leader=other_leader,
    )


def _read_window(link: Mpd) -> tuple[Status, tuple[QueueSong, ...]]:
    """Return a status, and the songs from its current one on, of one version of the queue if it rests."""
    for _ in range(_TRIES):
        status = link.status()
        start = status.song_pos or 0
        window = link.queue(start, start + WINDOW) if status.length else ()
        if link.status().queue_version == status.queue_version:
            break
    return status, window


def _vanished(
    known: _Known, there: Mapping[int, QueueSong], *, kept: bool, emptied: bool
) -> list[tuple[int, str]]:
    """Return ids and files of songs that left the queue: a few, to be looked up in the library."""
    gone = {one.id: one.uri for one in known.own_songs if one.id not in there}
    if known.previous and not kept:
        gone[known.previous.id] = known.previous.uri
    if known.last and emptied:
        gone |= {song.id: song.uri for song in known.last.window[:LOOKUPS]}
    return list(gone.items())[-LOOKUPS:]


def _common(status: Status) -> dict[str, Any]:
    """Return what a status and a snapshot have in common, by name."""
    names = (
        *("state", "length", "next_id", "elapsed_s", "duration_s", "random", "repeat", "single", "consume"),
        *("crossfade_s", "error", "opened"),
    )
    return {name: getattr(status, name) for name in names}


def _previous_kept(link: Mpd, seen: Mapping[int, QueueSong], previous: QueueSong | None) -> bool:
    if previous is None:
        return False
    song = seen.get(previous.id) or link.queue_song(previous.id)
    return song is not None and song.uri == previous.uri


def _has_song(link: Mpd, uri: str) -> bool:
    try:
        return link.has_song(uri)
    except CommandRefusedError:
        return True


def songs_without_ids(
    link: Mpd, own: Sequence[_PlacedAt], previous: QueueSong | None, *, restarted: bool
) -> tuple[QueueSong, ...] | None:
    """Return what stands at the positions of our songs, if MPD has other ids now; None if it has not.

    An MPD that ran for a moment only may restart unnoticed; then no id of ours is left, and each of our songs
    is in its place. Where they are not, and the song that played has its id, a user took ours out.

    Raises:
        MpdGoneError: The connection was lost.
    """
    if not restarted and (not own or any(_has_id(link, one) for one in own)):
        return None
    queue = tuple(song for one in own for song in link.queue(one.pos, one.pos + 1))
    in_place = [song.uri for song in queue] == [one.uri for one in own]
    return None if not restarted and not in_place and previous and _has_id(link, previous) else queue


def _has_id(link: Mpd, one: _Placed) -> bool:
    song = link.queue_song(one.id)
    return song is not None and song.uri == one.uri
