"""What is remembered from look to look: our songs, the last snapshot, and what persons and MPD did since.

Pure; time is monotonic seconds.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from moodpid.mood.emotion import Mood
from moodpid.mpd.protocol import PlayState, QueueSong
from moodpid.mpd.snapshot import Snapshot
from moodpid.mpd.takeover import failed, requests, skipped, stopped_by_user, takeover, track_ended

RETRY_S = (2.0, 5.0, 10.0, 20.0, 30.0)
"""Pauses before playing is tried again after MPD met an error; the last one repeats."""
_SOUND_S = 5.0  # a song that got this far plays


@dataclass(frozen=True, slots=True)
class OwnSong:
    """A song that we put into the queue.

    Attributes:
        id: MPD's name for its place in the queue.
        uri: The file.
        mood: The mood it was chosen for.
        source: The list it was taken from.
        pos: Where in the queue it was seen last.
        started: It was the current song at some time.
    """

    id: int
    uri: str
    mood: Mood
    source: str
    pos: int = -1
    started: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """MPD stopped or paused because of an error, not because a person did.

    Attributes:
        error: MPD's own text.
        retry_at_s: When playing is tried again.
    """

    error: str
    retry_at_s: float


@dataclass(frozen=True, slots=True)
class QueueState:
    """What is remembered from look to look.

    Attributes:
        own_songs: Our songs in the queue, in the order we added them.
        last: The last snapshot, with our own writing since then worked in; None after (re)connecting.
        user_requests: Songs that a person put in after our own: they have their turn before more of ours.
        hands_off_until_s: Until then the player belongs to the person who took over.
        hands_off_why: What that person did.
        stopped_by_user: A person stopped the music, so that not even autoplay may start it.
        failure: Why MPD does not play though nobody stopped it; None if it plays, or for another reason.
        failures: Errors in a row since a song was heard; growing pauses follow from it.
        error: MPD's error at the last look, which outlives the connection.
        played: The song that played when the connection was lost, None if none did.
        mood: The mood of the request that was seen last.
        jump: The change of mood is to be heard at once.
        asked_to_start: A person asked us to take over, and nothing plays yet.
    """

    own_songs: tuple[OwnSong, ...] = ()
    last: Snapshot | None = None
    user_requests: frozenset[int] = frozenset()
    hands_off_until_s: float = -math.inf
    hands_off_why: str = ""
    stopped_by_user: bool = False
    failure: Failure | None = None
    failures: int = 0
    error: str = ""
    played: QueueSong | None = None
    mood: Mood | None = None
    jump: bool = False
    asked_to_start: bool = False

    @property
    def previous(self) -> QueueSong | None:
        """The song that was current at the last look, or played when the connection was lost."""
        return self.last.song if self.last else self.played


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since the last snapshot.

    Attributes:
        queue_state: With the snapshot taken in.
        finished: The song that is no longer the current one, with how much of it was heard, from 0 to 1;
            None if the song is the same, or if it cannot be known.
        skipped: A person left it before its end.
        broken: Files of ours that MPD could not play.
    """

    queue_state: QueueState
    finished: tuple[QueueSong, float] | None = None
    skipped: bool = False
    broken: tuple[str, ...] = ()


def detect_changes(queue_state: QueueState, now: Snapshot, hands_off_s: float) -> Changes:
    """Compare `now` with the last look: songs of ours that started or went, errors, and a person's hand."""
    last = queue_state.last
    # The first look of a connection has nothing to be compared with but what outlived the last one
    before = last or replace(now, song=None, error=queue_state.error)
    fault = failed(before, now)
    own = tuple(_seen(song, now) for song in queue_state.own_songs if song.id in now.own_songs)
    broken = _broken(own, before, now) if fault else ()
    if broken:
        own = tuple(replace(song, started=song.started or song.uri in broken) for song in own)
    stopped = now.state is not PlayState.PLAY and (
        queue_state.stopped_by_user
        or (stopped_by_user(last, now) if last else _stopped_while_away(queue_state, now, fault=fault))
    )
    known = replace(
        queue_state,
        own_songs=own,
        user_requests=queue_state.user_requests & {song.id for song in now.window},
        last=now,
        stopped_by_user=stopped,
        error=now.error,
        played=None,
    )
    known = _with_failure(known, now, fault=fault and not stopped)
    if last is None:
        return Changes(known, broken=broken)
    ids = {song.id for song in queue_state.own_songs}
    why = takeover(last, now, ids, {song.id for song in queue_state.own_songs if song.started})
    if why and not now.other_leader:  # what the other moodpid does is no person's doing
        known = replace(
            known,
            user_requests=known.user_requests | requests(last, now, ids),
            hands_off_until_s=now.at_s + hands_off_s,
            hands_off_why=why,
            jump=False,
            asked_to_start=False,
        )
    return Changes(known, track_ended(last, now), skipped(last, now), broken)


def _seen(song: OwnSong, now: Snapshot) -> OwnSong:
    current = now.song is not None and now.song.id == song.id
    return replace(song, pos=now.own_songs[song.id].pos, started=song.started or current)


def _broken(own: Iterable[OwnSong], before: Snapshot, now: Snapshot) -> tuple[str, ...]:
    """Return the files of ours that MPD passed over or stopped at because of its error.

    MPD goes through broken songs faster than anybody can look, and may end before or behind them.
    """
    if now.state is PlayState.PAUSE:
        return ()  # an output failed, no song
    if now.song is None:
        return tuple(song.uri for song in own)
    start = before.song.pos if before.song else -1
    end = now.song.pos + (now.state is PlayState.STOP)
    return tuple(
        song.uri for song in own if song.uri in now.error or (start <= song.pos < end and not song.started)
    )


def _stopped_while_away(queue_state: QueueState, now: Snapshot, *, fault: bool) -> bool:
    """Return whether a person must have stopped the music while there was no connection."""
    if fault:
        return False
    if now.state is PlayState.PAUSE or now.song is not None:
        return True
    if queue_state.played is None or queue_state.played.id in now.unknown:
        return False
    # The queue ran out, unless the song that played was taken out of it
    return not now.previous_kept and not (now.consume and now.length)


def _with_failure(queue_state: QueueState, now: Snapshot, *, fault: bool) -> QueueState:
    """Return the memory with what MPD's errors mean for the next try."""
    if now.state is PlayState.PLAY:
        heard = now.elapsed_s >= _SOUND_S
        return replace(queue_state, failure=None, failures=0 if heard else queue_state.failures)
    if queue_state.stopped_by_user:
        return replace(queue_state, failure=None)
    if not fault:
        return queue_state
    pause_s = RETRY_S[min(queue_state.failures, len(RETRY_S) - 1)]
    return replace(
        queue_state,
        failure=Failure(now.error, now.at_s + pause_s),
        failures=queue_state.failures + 1,
    )


def record_own_changes(
    queue_state: QueueState,
    added: tuple[OwnSong, ...] = (),
    removed: Iterable[int] = (),
    *,
    played: bool = False,
) -> QueueState:
    """Remember what was carried out, so that it is not taken for a person's doing."""
    removed = set(removed)
    last = queue_state.last
    if last and (added or removed or played):
        length = last.length + len(added) - len(removed)
        # Which song MPD goes on with now, only the next snapshot can say; and to play clears its error
        error = "" if played else last.error
        last = replace(last, length=length, next_id=None, error=error, own_change=True)
    return replace(
        queue_state,
        own_songs=tuple(song for song in queue_state.own_songs if song.id not in removed) + added,
        last=last,
        error="" if played else queue_state.error,
        jump=queue_state.jump and not played,
        asked_to_start=queue_state.asked_to_start and not played,
    )


def take_over(queue_state: QueueState) -> QueueState:
    """Return the memory after a person asked us to drive the music from now on."""
    return replace(
        queue_state,
        hands_off_until_s=-math.inf,
        hands_off_why="",
        stopped_by_user=False,
        asked_to_start=True,
    )


def restore_after_reconnect(
    queue_state: QueueState, queue: tuple[QueueSong, ...] | None, *, restarted: bool
) -> QueueState:
    """Return what is still true after a connection was lost.

    Args:
        queue_state: From before.
        queue: None if our ids hold. Where they do not: the songs that MPD has at our songs' positions now; if
            each of ours is in its place, they are ours again, else they count as a person's from now on.
        restarted: MPD started again since: that it does not play is nobody's doing.
    """
    last = queue_state.last
    played = last.song if last and last.state is PlayState.PLAY else queue_state.played
    queue_state = replace(
        queue_state,
        last=None,
        jump=False,
        played=None if restarted else played,
        error="" if restarted else queue_state.error,
    )
    if queue is None:
        return queue_state
    there = {song.pos: song for song in queue}
    same = all(song.pos in there and there[song.pos].uri == song.uri for song in queue_state.own_songs)
    own = tuple(replace(song, id=there[song.pos].id) for song in queue_state.own_songs) if same else ()
    return replace(queue_state, own_songs=own, user_requests=frozenset())
