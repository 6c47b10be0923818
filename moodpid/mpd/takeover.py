"""Tell a user's hand from MPD's own doing: what changed between two snapshots, and who did it. Pure.

MPD keeps the current song when a user stops it, and has none once the queue ran out. An error explains
what follows it directly, and nothing else: it stays in the status until the next play command.
"""

import math
import re
from collections.abc import Set as AbstractSet
from enum import StrEnum

from moodpid.mpd.protocol import PlayState, QueueSong
from moodpid.mpd.snapshot import LOOKUPS, Snapshot

REQUESTS = 5  # so many songs of a user have their turn before ours; more are a new background
# What MPD reports of a seek that it refused, with which the song plays on
_SEEK_ERROR = re.compile(r"not seekable|to seek$", re.IGNORECASE)
LATE_S = 2.0  # a song may change this much before its time: rounding, and MPD's own look ahead


class Takeover(StrEnum):
    """What a user did who took over the player, as log and `player` show it."""

    ADDED = "a user added songs"
    INTERRUPTED = "a user added songs, and plays one of them"
    CHOSE = "a user chose another song"
    CLEARED = "a user cleared the queue"
    REMOVED = "a user removed songs of ours"
    WENT_BACK = "a user went back to another song"


def takeover(
    last: Snapshot, now: Snapshot, own: AbstractSet[int], started: AbstractSet[int]
) -> Takeover | None:
    """Return what a user did; None if nobody took over.

    Args:
        last: The snapshot before, with our own writing worked in.
        now: The present one.
        own: The ids of our songs before.
        started: Those of them that had started.
    """
    changed = not is_same_song(last, now)
    if cleared(last, now):
        return Takeover.CLEARED
    jumped = now.song is not None and changed and not _natural(last, now, own - started)
    if now.length > last.length or (last.song is None and requests(last, now, own)):
        plays_it = jumped and last.song and _id(now.song) in requests(last, now, own)
        return Takeover.INTERRUPTED if plays_it else Takeover.ADDED
    removed = own - now.own_songs.keys() - now.unknown
    if removed and not (_consumes(last, now) and changed and _may_go_on(last, now)):
        return Takeover.REMOVED
    if now.song is None or not jumped:
        return None
    if last.song and now.song.pos < last.song.pos:
        return Takeover.WENT_BACK
    return Takeover.CHOSE


def cleared(last: Snapshot, now: Snapshot) -> bool:
    """Return whether a user emptied the queue; with consume, the last song may also have ended in it."""
    played_out = _consumes(last, now) and last.length == 1 and may_have_ended(last, now)
    dropped = bool(now.unknown) and all(song.id in now.unknown for song in last.window[:LOOKUPS])
    return now.length == 0 and last.length > 0 and not played_out and not dropped


def stopped_by_user(last: Snapshot, now: Snapshot) -> bool:
    """Return whether it was a user who ended or interrupted the music since the last look."""
    if cleared(last, now):
        return True
    if now.state in (PlayState.PLAY, last.state) or failed(last, now):
        return False
    if last.song and last.song.id in now.unknown:
        return False  # MPD took the song out itself, and stops where nothing follows
    if now.state is PlayState.PAUSE or now.song is not None:
        return True
    # The queue ran out, unless the song that played was taken out of it before its end
    return not now.previous_kept and not (_consumes(last, now) and may_have_ended(last, now))


def failed(last: Snapshot, now: Snapshot) -> bool:
    """Return whether MPD met an error since the last look that keeps it from playing."""
    if not now.error or _SEEK_ERROR.search(now.error):
        return False
    if now.state is PlayState.PAUSE and "decode" in now.error.lower():
        return False  # it goes on to the next song; MPD pauses where an output fails
    # Seen in between: the song has failed, and MPD has not yet gone on
    falling = last.song is not None and last.elapsed_s < 1.0 and last.song.uri in last.error
    # Nobody pauses what is stopped: a user played it again, and the same error came again
    again = last.state is PlayState.STOP and now.state is PlayState.PAUSE
    return now.error != last.error or again or (falling and last.state is PlayState.PLAY)


def _may_go_on(last: Snapshot, now: Snapshot) -> bool:
    """Return whether songs may have left by consume: as one ended, or as the player went to one in sight."""
    in_sight = {song.id for song in last.window}
    return may_have_ended(last, now) or _id(now.song) in in_sight


def _consumes(last: Snapshot, now: Snapshot) -> bool:
    """Return whether songs leave the queue as they end; `oneshot` is over when one has."""
    return last.consume or now.consume


def is_same_song(last: Snapshot, now: Snapshot) -> bool:
    """Return whether the current song is the one of before, wherever in the queue it stands by now."""
    return _id(last.song) == _id(now.song)


def _id(song: QueueSong | None) -> int | None:
    return song.id if song else None


def _natural(last: Snapshot, now: Snapshot, waiting: AbstractSet[int]) -> bool:
    """Return whether MPD may have come to the current song by itself, by "next", or to please us."""
    assert now.song
    if now.song.id == last.next_id or now.song.id in waiting or failed(last, now) or last.own_change:
        return True
    if now.unknown & {_id(last.song), last.next_id}:
        return True  # MPD took songs out itself, and went on with what is left
    if last.song is None:
        return now.song.pos == 0 or now.random
    forward = now.song.pos > last.song.pos or now.random or now.repeat or _consumes(last, now)
    return forward and may_have_ended(last, now)


def may_have_ended(last: Snapshot, now: Snapshot) -> bool:
    """Return whether the song of `last` had time to play to its end since then."""
    if last.state is not PlayState.PLAY or last.duration_s is None:
        return False
    return last.elapsed_s + (now.at_s - last.at_s) >= last.duration_s - last.crossfade_s - LATE_S


def skipped(last: Snapshot, now: Snapshot) -> bool:
    """Return whether a user left the song of `last` before its end, by "next" or otherwise."""
    left = track_ended(last, now) is not None and last.state is not PlayState.STOP
    # MPD passes over what it cannot play, and what the other moodpid does is no user's doing
    dropped = _id(last.song) in now.unknown
    return left and not (dropped or failed(last, now) or now.other_leader or may_have_ended(last, now))


def requests(last: Snapshot, now: Snapshot, own: AbstractSet[int]) -> frozenset[int]:
    """Return the songs in sight that a user just put into the queue, perhaps in place of what was there.

    MPD's ids grow with each song that is added, until they begin again after some ten thousand. Songs of ours
    that are new are no measure: a user may add one while we do.
    """
    known = {song.id for song in last.window}
    replaced = last.song is not None and not now.previous_kept
    if last.song is None and now.window and now.window[0].pos == 0:  # both windows begin at the first song
        replaced = known.isdisjoint(song.id for song in now.window)
    if now.length <= last.length and not replaced:
        return frozenset()
    newest = _newest(last, own)
    return frozenset(song.id for song in now.window if song.id > newest and song.id not in own)


def moved_up(
    last: Snapshot, now: Snapshot, own: AbstractSet[int], waiting: AbstractSet[int]
) -> frozenset[int]:
    """Return the songs of users that a user moved in front of one of ours; none in random mode.

    What is added or taken out leaves the order of all other songs: where that is another, a user moved them.
    A song that was out of sight was moved, or added, if it stands between two that were in sight.

    Args:
        last: The snapshot before.
        now: The present one.
        own: The ids of our songs before.
        waiting: Those of them that had not started.
    """
    if now.random:
        return frozenset()
    places = {song.id: place for place, song in enumerate(last.window)}
    start = next((n for n, song in enumerate(now.window) if song.id in places), len(now.window))
    moved: set[int] = set()
    first = math.inf  # the place in the last window of the first of ours that waits behind
    for song in reversed(now.window[start:]):
        if song.id in waiting:
            first = min(first, places.get(song.id, math.inf))
        elif song.id not in own and first < places.get(song.id, math.inf):
            moved.add(song.id)
    return frozenset(moved)


def left_for_new(
    last: Snapshot, now: Snapshot, own: AbstractSet[int], user_requests: AbstractSet[int]
) -> bool:
    """Return whether a user left a song for another queue or a song just added: that says nothing against it.

    Args:
        last: The snapshot before, with our own writing worked in.
        now: The present one.
        own: The ids of our songs before.
        user_requests: Those of the songs in sight that users have added or moved in front of ours.
    """
    if now.song is None or last.song is None:
        return cleared(last, now) or bool(requests(last, now, own))
    if now.song.id in own:
        return False
    # What was added before the current song is not in sight until it plays
    added_before = now.song.pos < last.song.pos and now.song.id > _newest(last, own)
    return added_before or now.song.id in user_requests


def _newest(last: Snapshot, own: AbstractSet[int]) -> int:
    """Return the greatest id that was in sight, -1 if none was."""
    return max({song.id for song in last.window} | (own & last.own_songs.keys()), default=-1)


def track_ended(last: Snapshot, now: Snapshot) -> tuple[QueueSong, float] | None:
    """Return the song that was current before and is not now, and how much of it was heard, from 0 to 1.

    None where it cannot be known, and where we cut it short ourselves.
    """
    if last.song is None or last.own_change or last.duration_s is None or _id(last.song) == _id(now.song):
        return None
    since_s = now.at_s - (now.elapsed_s if now.song else 0.0) - last.at_s
    heard_s = last.elapsed_s + (max(0.0, since_s) if last.state is PlayState.PLAY else 0.0)
    return last.song, min(1.0, heard_s / last.duration_s) if last.duration_s else 1.0
