"""Streams among our songs: they never end by themselves, and may go silent. Pure; monotonic seconds."""

from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import TRANSIENT_MOODS
from moodpid.mpd.protocol import PlayState
from moodpid.mpd.queue_state import QueueState
from moodpid.mpd.snapshot import Snapshot

ENDLESS_S = 5.0  # a song whose length is still unknown after so many seconds is a stream
SILENT_S = 30.0  # a stream of ours that gives no sound for so long is left for the next song


def may_be_endless(queue_state: QueueState, now: Snapshot) -> bool:
    """Return whether a song of ours plays whose end MPD does not know."""
    plays = now.state is PlayState.PLAY and now.duration_s is None
    return plays and queue_state.own_current(now) is not None


def is_silent_stream(queue_state: QueueState, now: Snapshot) -> bool:
    """Return whether a stream of ours plays, but has given no sound for a while."""
    return may_be_endless(queue_state, now) and queue_state.silent_s(now.at_s) >= SILENT_S


def why_stream_is_left(queue_state: QueueState, now: Snapshot, request: MusicRequest) -> str:
    """Return why a stream of ours is to be left, which never ends by itself; empty if it is not."""
    current = queue_state.own_current(now)
    if current is None or not may_be_endless(queue_state, now):
        return ""
    if is_silent_stream(queue_state, now):
        return "the stream gives no sound"
    changed = current.mood is not request.mood and request.mood not in TRANSIENT_MOODS
    if changed and max(queue_state.silent_s(now.at_s), now.elapsed_s) >= ENDLESS_S:
        return f"the mood is {request.mood}, and a stream has no end"
    return ""
