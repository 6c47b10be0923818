"""Detect what users and MPD did since the last look: compare the snapshot with what is remembered.

Pure; time is monotonic seconds.
"""

import math
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from moodpid.mpd.hands_off import ENDING_S, is_brief, plays_announcement
from moodpid.mpd.protocol import PlayState, QueueSong
from moodpid.mpd.queue_state import Failure, OwnSong, QueueState
from moodpid.mpd.snapshot import Snapshot
from moodpid.mpd.takeover import (
    LATE_S,
    REQUESTS,
    failed,
    is_same_song,
    left_for_new,
    may_have_ended,
    moved_up,
    requests,
    skipped,
    stopped_by_user,
    takeover,
    track_ended,
)

RETRY_S = (2.0, 5.0, 10.0, 20.0, 30.0)
"""Pauses before playing is tried again after MPD met an error; the last one repeats."""
SOUND_S = 5.0  # a song of which so much was heard plays
_SHORTEST_SONG_S = 30.0  # hardly a song that is played in a row is shorter
_ONE_ACTION_S = 5.0  # a client that clears, adds and plays does so within this time


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since the last snapshot.

    Attributes:
        queue_state: With the snapshot taken in.
        finished: The song that is no longer the current one, with how much of it was heard, from 0 to 1;
            None if the song is the same, or if it cannot be known.
        skipped: A user left it before its end.
        broken: Files of ours that MPD could not play.
    """

    queue_state: QueueState
    finished: tuple[QueueSong, float] | None = None
    skipped: bool = False
    broken: tuple[str, ...] = ()


def detect_changes(queue_state: QueueState, now: Snapshot, hands_off_s: float) -> Changes:
    """Compare `now` with the last look: songs of ours that started or went, errors, and a user's hand."""
    last = queue_state.last
    # The first look of a connection has nothing to be compared with but what outlived the last one
    before = last or replace(now, song=None, error=queue_state.error)
    fault = failed(before, now)
    own = tuple(_seen(song, now) for song in queue_state.own_songs if song.id in now.own_songs)
    broken = _broken(own, before, now) if fault else ()
    if broken:
        own = tuple(replace(song, started=song.started or song.uri in broken) for song in own)
    stopped = _is_stopped_by_user(queue_state, now, fault=fault)
    since_s, from_s = _playing_began(queue_state, now)
    known = replace(
        queue_state,
        own_songs=own,
        user_requests=_open_requests(queue_state, now),
        last=now,
        stopped_by_user=stopped,
        error=now.error,
        played=None,
        start_until_s=-math.inf if now.state is PlayState.PLAY else queue_state.start_until_s,
        sounded_s=_sounded_s(queue_state, now),
        plays_since_s=since_s,
        plays_from_s=from_s,
    )
    known = _with_failure(known, now, fault=fault and not stopped)
    if last is None:
        return Changes(known, broken=broken)
    if not now.other_leader:
        known = _with_moved_songs(known, queue_state, last)
    if _is_announcement_over(queue_state, now):
        known = known.without_hands_off()
    elif not now.other_leader:  # what the other moodpid does is no user's doing
        known = _with_takeover(known, queue_state, last, hands_off_s)
    stays_stopped = queue_state.stopped_by_user and known.silent_before and plays_announcement(known, now)
    if stays_stopped and now.at_s < known.hands_off_until_s:
        known = replace(known, stopped_by_user=True)
    ids = {song.id for song in queue_state.own_songs}
    if not may_have_ended(last, now) and left_for_new(last, now, ids, known.user_requests):
        return Changes(known, broken=broken)
    return Changes(known, track_ended(last, now), skipped(last, now), broken)


def _with_takeover(known: QueueState, before: QueueState, last: Snapshot, hands_off_s: float) -> QueueState:
    """Return what is known of the last snapshot with hands off, if a user took over since the one before."""
    now = known.last
    assert now
    ids = {song.id for song in before.own_songs}
    why = takeover(last, now, ids, {song.id for song in before.own_songs if song.started})
    if not why:
        return known
    return replace(
        known,
        user_requests=_next_requests(known.user_requests | requests(last, now, ids), now),
        hands_off_until_s=now.at_s + hands_off_s,
        hands_off_why=why,
        before_additions=_before_additions(before, last, now),
        silent_before=_was_silent(before, last, now, hands_off_s),
        jump_until_s=-math.inf,
        start_until_s=-math.inf,
        interrupted=False,
    )


def _with_moved_songs(known: QueueState, before: QueueState, last: Snapshot) -> QueueState:
    """Return what is known with the songs that a user moved in front of ours: they have their turn first."""
    now = known.last
    assert now
    ids = {song.id for song in before.own_songs}
    moved = moved_up(last, now, ids, {song.id for song in before.own_songs if not song.started})
    if not moved:
        return known
    open_requests = _next_requests(known.user_requests | moved, now)
    return replace(known, user_requests=open_requests, jump_until_s=-math.inf)


def _was_silent(before: QueueState, last: Snapshot, now: Snapshot, hands_off_s: float) -> bool:
    """Return whether nothing played before a user took over, but for an announcement."""
    if now.at_s - (before.hands_off_until_s - hands_off_s) < _ONE_ACTION_S:
        return before.silent_before
    return last.state is not PlayState.PLAY or (before.silent_before and is_brief(last))


def _open_requests(queue_state: QueueState, now: Snapshot) -> frozenset[int]:
    """Return which songs in sight still have their turn before ours, or have it now."""
    last = queue_state.last and queue_state.last.song
    over = {last.id} if last and now.song and last.id != now.song.id else set()
    return queue_state.user_requests & {song.id for song in now.window} - over


def _next_requests(ids: AbstractSet[int], now: Snapshot) -> frozenset[int]:
    """Return which of these songs have their turn before ours: the current one, and the first behind it."""
    start = now.song.pos if now.song else 0  # where nothing plays, the first song will
    waiting = [song.id for song in now.window if song.id in ids and song.pos > start][:REQUESTS]
    return frozenset(waiting) | {song.id for song in now.window if song.id in ids and song.pos <= start}


def _sounded_s(queue_state: QueueState, now: Snapshot) -> float:
    """Return when the current song was last known to give sound, or began; now if none plays."""
    last = queue_state.last
    if last is None or now.state is not PlayState.PLAY:
        return now.at_s
    stands = last.state is now.state and is_same_song(last, now) and last.elapsed_s == now.elapsed_s
    return queue_state.sounded_s if stands else now.at_s


def _playing_began(queue_state: QueueState, now: Snapshot) -> tuple[float, float]:
    """Return since when, and from which second on, the current song has played without a break."""
    last = queue_state.last
    goes_on = last is not None and last.state is now.state is PlayState.PLAY and is_same_song(last, now)
    if goes_on and now.elapsed_s >= queue_state.plays_from_s:
        return queue_state.plays_since_s, queue_state.plays_from_s
    return now.at_s, now.elapsed_s


def _is_stopped_by_user(queue_state: QueueState, now: Snapshot, *, fault: bool) -> bool:
    last = queue_state.last
    if now.state is PlayState.PLAY:
        return False
    if last is None:
        return queue_state.stopped_by_user or _stopped_while_away(queue_state, now, fault=fault)
    # What ends a user's stop, though nothing plays: that user pressed play, and MPD met an error
    in_vain = fault and last.state is not PlayState.PLAY and now.length > 0
    # A song longer than an announcement was heard: that user wants music again
    heard = last.state is PlayState.PLAY and last.elapsed_s + now.at_s - last.at_s > ENDING_S
    stays_stopped = queue_state.stopped_by_user and not in_vain and not heard
    return stays_stopped or stopped_by_user(last, now)


def _before_additions(queue_state: QueueState, last: Snapshot, now: Snapshot) -> tuple[int, int] | None:
    """Return what is so again once an announcement is over: only songs were added, and ours are all there."""
    ours = all(song.id in now.own_songs for song in queue_state.own_songs)
    if queue_state.before_additions and last.at_s < queue_state.hands_off_until_s:
        return queue_state.before_additions if ours else None
    return (last.length, last.song.id) if ours and now.length > last.length and last.song else None


def _is_announcement_over(queue_state: QueueState, now: Snapshot) -> bool:
    """Return whether all that a user added is gone, ours are all there, and the song before is back."""
    if now.song is None or now.at_s >= queue_state.hands_off_until_s:
        return False
    ours = all(song.id in now.own_songs for song in queue_state.own_songs)
    return ours and queue_state.before_additions == (now.length, now.song.id)


def _seen(song: OwnSong, now: Snapshot) -> OwnSong:
    current = now.song is not None and now.song.id == song.id
    return replace(song, pos=now.own_songs[song.id].pos, started=song.started or current)


def _broken(own: Iterable[OwnSong], before: Snapshot, now: Snapshot) -> tuple[str, ...]:
    """Return the files of ours that MPD passed over or stopped at because of its error.

    MPD goes through broken songs faster than a snapshot can show, and may end before or behind them.
    """
    if now.state is PlayState.PAUSE:
        return ()  # an output failed, no song
    if now.song is None:
        return tuple(song.uri for song in own if song.uri in now.error or not song.started)
    start = before.song.pos if before.song else -1
    end = now.song.pos + (now.state is PlayState.STOP)
    return tuple(
        song.uri for song in own if song.uri in now.error or (start <= song.pos < end and not song.started)
    )


def _stopped_while_away(queue_state: QueueState, now: Snapshot, *, fault: bool) -> bool:
    """Return whether a user must have stopped the music while there was no connection."""
    played = queue_state.played
    # With consume, songs leave the queue as they are played: as many as there was time for
    others_s = max(0, queue_state.length - 1) * _SHORTEST_SONG_S
    played_out = played is not None and now.at_s >= queue_state.played_until_s + others_s - LATE_S
    consumed = now.consume and (now.length > 0 or played_out)
    if queue_state.length and not now.length and not now.unknown and not consumed:
        return True  # cleared
    expected = {song.id for song in queue_state.own_songs} | ({played.id} if played else set())
    there = now.own_songs.keys() | ({played.id} if played and now.previous_kept else set())
    if played and now.song is None and expected - there - now.unknown and not consumed:
        return True  # the music ended as songs were taken out: it did not run out
    still_failed = queue_state.failure is not None and queue_state.failure.state is now.state
    # MPD pauses where an output fails, and stops with a song in hand only where it cannot decode
    explained = fault and (now.state is PlayState.PAUSE or now.song is None or "decode" in now.error.lower())
    if explained or still_failed or now.at_s < queue_state.start_until_s:
        return False
    return now.state is PlayState.PAUSE or now.song is not None


def _with_failure(queue_state: QueueState, now: Snapshot, *, fault: bool) -> QueueState:
    """Return the memory with what MPD's errors mean for the next try."""
    if now.state is PlayState.PLAY:
        heard = queue_state.plays_for_s(now) >= SOUND_S
        return replace(
            queue_state,
            failure=None,
            failures=0 if heard else queue_state.failures,
            interrupted=queue_state.interrupted and not heard,
            silent_streams=0 if heard else queue_state.silent_streams,
        )
    if queue_state.stopped_by_user:
        return replace(queue_state, failure=None, interrupted=False)
    if not fault:
        failure = queue_state.failure
        if failure is None:
            return replace(queue_state, interrupted=False)
        return replace(queue_state, failure=replace(failure, state=now.state))
    pause_s = RETRY_S[min(queue_state.failures, len(RETRY_S) - 1)]
    return replace(
        queue_state,
        failure=Failure(now.error, now.state, now.at_s + pause_s),
        failures=queue_state.failures + 1,
    )
