"""What the guest remembers from turn to turn: what is its own, what it saw last, and what persons did since.

Pure; time is monotonic seconds.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from moodpid.mood.emotion import Mood
from moodpid.mpd.snapshot import PlayState, QueueSong, Snapshot
from moodpid.mpd.takeover import cleared, may_have_ended, requests, skipped, takeover, track_ended


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
class QueueState:
    """What we must know from turn to turn.

    Attributes:
        own_songs: Our songs in the queue, in the order we added them.
        last: The last snapshot, with our own writing since then worked in; None after (re)connecting.
        user_requests: Songs that a person put in after our own: they have their turn before more of ours.
        hands_off_until_s: Until then the player belongs to the person who took over.
        hands_off_why: What that person did.
        stopped_by_user: A person stopped the music, so that not even autoplay may start it.
        played: It played when the connection was lost; if it does not now, a person stopped it.
        mood: The mood of the wish that was seen last.
        jump: The change of mood is to be heard at once.
    """

    own_songs: tuple[OwnSong, ...] = ()
    last: Snapshot | None = None
    user_requests: frozenset[int] = frozenset()
    hands_off_until_s: float = -math.inf
    hands_off_why: str = ""
    stopped_by_user: bool = False
    played: bool = False
    mood: Mood | None = None
    jump: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What happened since the last snapshot.

    Attributes:
        queue_state: With the snapshot taken in.
        finished: The song that is no longer the current one, with how much of it was heard, from 0 to 1;
            None if the song is the same, or nobody can say.
        skipped: Somebody left it before its end.
    """

    queue_state: QueueState
    finished: tuple[QueueSong, float] | None = None
    skipped: bool = False


def detect_changes(queue_state: QueueState, now: Snapshot, hands_off_s: float) -> Changes:
    """Compare `now` with what we left behind: songs of ours that began or went, and a person's hand."""
    ours = tuple(_with_position(song, now) for song in queue_state.own_songs if song.id in now.own_songs)
    ids = {song.id for song in queue_state.own_songs}
    known = replace(
        queue_state,
        own_songs=ours,
        user_requests=queue_state.user_requests & {song.id for song in now.window},
        last=now,
    )
    if queue_state.last is None:
        stopped = _is_stopped_midway(now) or (queue_state.played and now.state is PlayState.STOP)
        return Changes(replace(known, stopped_by_user=queue_state.stopped_by_user or stopped, played=False))
    held = now.state is not PlayState.PLAY and (
        queue_state.stopped_by_user or _stopped_by_user(queue_state.last, now)
    )
    known = replace(known, stopped_by_user=held)
    why = takeover(queue_state.last, now, ids, {song.id for song in queue_state.own_songs if song.started})
    if why and not now.other_leader:  # what the other moodpid does is no person's doing
        known = replace(
            known,
            user_requests=known.user_requests | requests(queue_state.last, now, ids),
            hands_off_until_s=now.at_s + hands_off_s,
            hands_off_why=why,
            jump=False,
        )
    return Changes(known, track_ended(queue_state.last, now), skipped(queue_state.last, now))


def _with_position(song: OwnSong, now: Snapshot) -> OwnSong:
    current = now.song is not None and now.song.id == song.id
    return replace(song, pos=now.own_songs[song.id].pos, started=song.started or current)


def _is_stopped_midway(now: Snapshot) -> bool:
    """Paused, or stopped with a song in hand: MPD keeps none at the end of the queue, so a person did it."""
    in_hand = now.state is PlayState.STOP and now.song is not None and not now.error
    return in_hand or now.state is PlayState.PAUSE


def _stopped_by_user(last: Snapshot, now: Snapshot) -> bool:
    if now.state is PlayState.PAUSE or now.error:
        return not now.error
    played_out = now.song is None and last.next_id is None and may_have_ended(last, now)
    return cleared(last, now) or (last.state is PlayState.PLAY and not played_out)


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
        # Which song MPD goes on with now, only the next snapshot can say
        last = replace(last, length=length, next_id=None, own_change=True)
    return replace(
        queue_state,
        own_songs=tuple(song for song in queue_state.own_songs if song.id not in removed) + added,
        last=last,
        jump=queue_state.jump and not played,
    )


def restore_after_reconnect(
    queue_state: QueueState, queue: tuple[QueueSong, ...] | None, *, restarted: bool
) -> QueueState:
    """What is still true after a connection was lost.

    Args:
        queue_state: From before.
        queue: None if our ids hold. Where they do not: the songs that MPD has at our songs' positions now; if
            each of ours is in its place, they are ours again, else they count as a person's from now on.
        restarted: MPD started anew: that it does not play is nobody's doing.
    """
    played = queue_state.played or (queue_state.last is not None and queue_state.last.state is PlayState.PLAY)
    queue_state = replace(queue_state, last=None, jump=False, played=played and not restarted)
    if queue is None:
        return queue_state
    there = {song.pos: song for song in queue}
    same = all(song.pos in there and there[song.pos].uri == song.uri for song in queue_state.own_songs)
    ours = tuple(replace(song, id=there[song.pos].id) for song in queue_state.own_songs) if same else ()
    return replace(queue_state, own_songs=ours, user_requests=frozenset())
