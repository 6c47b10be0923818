"""End hands off early, where the music would run out though no user stopped it. Pure; monotonic seconds."""

import math
from dataclasses import replace

from moodpid.mpd.protocol import PlayState
from moodpid.mpd.queue_state import QueueState
from moodpid.mpd.snapshot import Snapshot
from moodpid.mpd.streams import ENDLESS_S, may_be_endless
from moodpid.mpd.takeover import Deed

ENDING_S = 30.0
"""So long before the end of the last song ours are put behind it."""
_SLACK_S = 1.0  # MPD's own count of the seconds may be behind ours
_WANTS_MUSIC = frozenset({Deed.ADDED, Deed.REMOVED, Deed.WENT_BACK, Deed.CHOSE})


def hands_off_end_s(queue_state: QueueState, now: Snapshot) -> float:
    """Return when hands off are to end early; infinity if that is not so."""
    last_plays = now.state is PlayState.PLAY and now.next_id is None and not now.single
    if not last_plays or now.other_leader or now.at_s >= queue_state.hands_off_until_s:
        return math.inf
    if queue_state.hands_off_why not in _WANTS_MUSIC or may_be_endless(queue_state, now):
        return math.inf
    left_s = ENDLESS_S - now.elapsed_s
    if now.duration_s is not None:
        left_s = now.duration_s - now.elapsed_s - now.crossfade_s - ENDING_S
    return now.at_s + max(0.0, left_s)


def without_silence(queue_state: QueueState, now: Snapshot) -> QueueState:
    """Return the memory without hands off if the music would soon run out; the song that plays is not cut."""
    if now.song is None or hands_off_end_s(queue_state, now) > now.at_s + _SLACK_S:
        return queue_state
    return replace(
        queue_state,
        user_requests=queue_state.user_requests | {now.song.id},
        hands_off_until_s=-math.inf,
        hands_off_why="",
        before_additions=None,
    )
