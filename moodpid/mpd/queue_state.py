"""What is remembered of the queue from look to look, and how our own doing changes it. Pure.

Time is monotonic seconds.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from moodpid.mood.emotion import Mood
from moodpid.mpd.protocol import PlayState, QueueSong
from moodpid.mpd.snapshot import Snapshot

REQUEST_EXPIRES_S = 60.0
"""A jump or a start that could not be made within this time is dropped: no user expects it any more."""


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
        outdated: It was chosen before "More like this", or further on the way that `lift` begins again, and
            goes once the new songs are in the queue.
    """

    id: int
    uri: str
    mood: Mood
    source: str
    pos: int = -1
    started: bool = False
    outdated: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """MPD stopped or paused because of an error, not because a user did.

    Attributes:
        error: MPD's own text.
        state: Stopped or paused.
        retry_at_s: When playing is tried again.
    """

    error: str
    state: PlayState
    retry_at_s: float


@dataclass(frozen=True, slots=True)
class QueueState:
    """What is remembered from look to look.

    Attributes:
        own_songs: Our songs in the queue, in the order we added them.
        last: The last snapshot, with our own writing since then worked in; None after (re)connecting.
        user_requests: Songs in sight that a user just added or moved in front of ours, and the one that
            played when hands off ended early: they have their turn before more of ours.
        hands_off_until_s: Until then the player belongs to the user who took over.
        hands_off_why: What that user did.
        before_additions: Length of the queue and id of the current song before that user added songs; where
            both are so again, an announcement is over, and with it the hands off.
        silent_before: Nothing played before that user took over: no music follows an announcement.
        stopped_by_user: A user stopped the music, so that not even autoplay may start it.
        failure: Why MPD does not play though nobody stopped it; None if it plays, or for another reason.
        failures: Errors in a row since a song was heard; growing pauses follow from it.
        error: MPD's error at the last look, which outlives the connection.
        played: The song that played when the connection was lost, None if none did.
        played_until_s: When that song was to end; infinity for a stream.
        length: Songs in the queue when the connection was lost.
        mood: The mood of the request that was seen last.
        jump_until_s: Until then a change of mood is heard at once; later it would cut another song short.
        start_until_s: Until then music is to start: a user asked us to take over, or we stopped MPD only to
            go on with another song; and nothing plays yet.
        sounded_s: When the current song last gave sound, as far as is known, or began.
        plays_since_s: When the current song began to play without a break; a seek backwards begins again.
        plays_from_s: How many seconds of the song had been played then.
        interrupted: We cut a song short, and ours has not been heard yet: if MPD cannot play it, the music
            is brought back even without autoplay.
        silent_streams: Streams of ours in a row that were left since they gave no sound.
    """

    own_songs: tuple[OwnSong, ...] = ()
    last: Snapshot | None = None
    user_requests: frozenset[int] = frozenset()
    hands_off_until_s: float = -math.inf
    hands_off_why: str = ""
    before_additions: tuple[int, int] | None = None
    silent_before: bool = False
    stopped_by_user: bool = False
    failure: Failure | None = None
    failures: int = 0
    error: str = ""
    played: QueueSong | None = None
    played_until_s: float = -math.inf
    length: int = 0
    mood: Mood | None = None
    jump_until_s: float = -math.inf
    start_until_s: float = -math.inf
    sounded_s: float = math.inf
    plays_since_s: float = math.inf
    plays_from_s: float = 0.0
    interrupted: bool = False
    silent_streams: int = 0

    def silent_s(self, now_s: float) -> float:
        """Return for how many seconds the current song has given no sound, though MPD plays it."""
        return max(0.0, now_s - self.sounded_s)

    def plays_for_s(self, now: Snapshot) -> float:
        """Return for how many seconds the current song has been heard without a break.

        The elapsed seconds alone are not enough: the song may have gone on in the middle, and MPD counts what
        an output took before it failed. Nor is the time alone: an output may hang.
        """
        return max(0.0, min(now.at_s - self.plays_since_s, now.elapsed_s - self.plays_from_s))

    def without_hands_off(self) -> "QueueState":
        """Return the memory with the hands off ended."""
        return replace(
            self, hands_off_until_s=-math.inf, hands_off_why="", before_additions=None, silent_before=False
        )

    def own_song(self, song_id: int) -> OwnSong | None:
        """Return our song with this id, None if it is not ours."""
        return next((song for song in self.own_songs if song.id == song_id), None)

    def own_current(self, now: Snapshot) -> OwnSong | None:
        """Return the current song, None if it is not ours."""
        return self.own_song(now.song.id) if now.song else None

    def with_waiting_outdated(self) -> "QueueState":
        """Return the memory with our waiting songs marked as outdated."""
        own = (song if song.started else replace(song, outdated=True) for song in self.own_songs)
        return replace(self, own_songs=tuple(own))

    @property
    def previous(self) -> QueueSong | None:
        """The song that was current at the last look, or played when the connection was lost."""
        return self.last.song if self.last else self.played


def record_own_changes(
    queue_state: QueueState,
    added: tuple[OwnSong, ...] = (),
    removed: Iterable[int] = (),
    *,
    played: bool = False,
    error_cleared: bool = False,
) -> QueueState:
    """Remember what was carried out, so that it is not taken for a user's doing."""
    removed = set(removed)
    last = queue_state.last
    error_cleared |= played
    if last and error_cleared:  # the same error is news when it comes again
        last = replace(last, error="")
    if last and (added or removed or played):
        # Only the next snapshot shows which song MPD goes on with
        length = last.length + len(added) - len(removed)
        last = replace(last, length=length, next_id=None, own_change=True)
    return replace(
        queue_state,
        own_songs=tuple(song for song in queue_state.own_songs if song.id not in removed) + added,
        last=last,
        error="" if error_cleared else queue_state.error,
        jump_until_s=-math.inf if played else queue_state.jump_until_s,
        start_until_s=-math.inf if played else queue_state.start_until_s,
        interrupted=queue_state.interrupted or (played and last is not None and last.state is PlayState.PLAY),
    )


def take_over(queue_state: QueueState, now_s: float) -> QueueState:
    """Return the memory after a user asked us to drive the music from now on."""
    return replace(
        queue_state.without_hands_off(), stopped_by_user=False, start_until_s=now_s + REQUEST_EXPIRES_S
    )


def restore_after_reconnect(
    queue_state: QueueState, queue: tuple[QueueSong, ...] | None, *, restarted: bool
) -> QueueState:
    """Return what is still true after a connection was lost.

    Args:
        queue_state: From before.
        queue: None if our ids hold. Where they do not: the songs that MPD has at our songs' positions now; if
            each of ours is in its place, they are ours again, else they count as a user's from now on.
        restarted: MPD started again since: that it does not play is no user's doing.
    """
    last = queue_state.last
    played, until_s = queue_state.played, queue_state.played_until_s
    if last and last.state is PlayState.PLAY:
        played, until_s = last.song, math.inf
        if last.duration_s is not None:
            until_s = last.at_s + last.duration_s - last.elapsed_s - last.crossfade_s
    queue_state = replace(
        queue_state,
        last=None,
        jump_until_s=-math.inf,
        interrupted=False,
        played=None if restarted else played,
        played_until_s=-math.inf if restarted else until_s,
        length=0 if restarted else (last.length if last else queue_state.length),
        error="" if restarted else queue_state.error,
    )
    if queue is None:
        return queue_state
    there = {song.pos: song for song in queue}
    same = all(song.pos in there and there[song.pos].uri == song.uri for song in queue_state.own_songs)
    own = tuple(replace(song, id=there[song.pos].id) for song in queue_state.own_songs) if same else ()
    return replace(queue_state, own_songs=own, user_requests=frozenset())
