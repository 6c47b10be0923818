"""End hands off early, where the music would run out though no user stopped it. Pure; monotonic seconds."""

import math
from dataclasses import replace

from moodpid.mpd.protocol import PlayState
from moodpid.mpd.queue_state import QueueState
from moodpid.mpd.snapshot import Snapshot
from moodpid.mpd.streams import ENDLESS_S
from moodpid.mpd.takeover import Takeover

ENDING_S = 30.0
"""So long before the end of the last song ours are put behind it."""
_SLACK_S = 1.0  # MPD's own count of the seconds may be behind ours
# After these a user still wants music; not after a clear
_KEEPS_PLAYING = frozenset(set(Takeover) - {Takeover.CLEARED})
_INTERRUPTIONS = frozenset({Takeover.CHOSE, Takeover.INTERRUPTED})


def hands_off_end_s(queue_state: QueueState, now: Snapshot) -> float:
    """Return when hands off are to end early, in monotonic seconds; infinity if they are not."""
    last_plays = now.state is PlayState.PLAY and now.next_id is None and not now.single
    if not last_plays or now.other_leader or now.at_s >= queue_state.hands_off_until_s:
        return math.inf
    if queue_state.hands_off_why not in _KEEPS_PLAYING:
        return math.inf
    if now.duration_s is None:  # a station does not run out; of a song that has just begun, look again
        return now.at_s + ENDLESS_S - now.elapsed_s if now.elapsed_s < ENDLESS_S else math.inf
    if plays_announcement(queue_state, now):
        return math.inf
    return now.at_s + max(0.0, now.duration_s - now.elapsed_s - now.crossfade_s - ENDING_S)


def plays_announcement(queue_state: QueueState, now: Snapshot) -> bool:
    """Return whether an announcement plays: a short song that a user added and went to.

    Where nothing played before, it may be the only song in the queue.
    """
    went_to = queue_state.before_additions is not None and queue_state.hands_off_why in _INTERRUPTIONS
    return (went_to or queue_state.silent_before) and is_brief(now)


def is_brief(now: Snapshot) -> bool:
    """Return whether the song that plays is of at most half a minute, as far as MPD knows already."""
    length_s = now.elapsed_s if now.duration_s is None else now.duration_s
    return now.state is PlayState.PLAY and length_s <= ENDING_S


def end_hands_off_early(queue_state: QueueState, now: Snapshot) -> QueueState:
    """Return the state without hands off if the music is about to run out; the song that plays is not cut."""
    if now.song is None or now.duration_s is None or hands_off_end_s(queue_state, now) > now.at_s + _SLACK_S:
        return queue_state
    return replace(queue_state.without_hands_off(), user_requests=queue_state.user_requests | {now.song.id})
