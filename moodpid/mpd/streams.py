"""Streams among our songs: they never end by themselves, and may go silent. Pure; monotonic seconds."""

from collections.abc import Sequence
from dataclasses import replace

from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import TRANSIENT_MOODS
from moodpid.mpd.protocol import PlayState
from moodpid.mpd.queue_state import REQUEST_EXPIRES_S, OwnSong, QueueState
from moodpid.mpd.snapshot import Snapshot

ENDLESS_S = 5.0  # a song whose length is still unknown after so many seconds is a stream
SILENT_S = 30.0  # a stream of ours that gives no sound for so long is left for the next song

RECONNECT_S = (SILENT_S, 60.0, 120.0, 300.0)
"""So long a stream may be silent before the same address is tried again; the last one repeats."""


def may_be_endless(queue_state: QueueState, now: Snapshot) -> bool:
    """Return whether a song of ours plays whose end MPD does not know."""
    plays = now.state is PlayState.PLAY and now.duration_s is None
    return plays and queue_state.own_current(now) is not None


def is_silent_stream(queue_state: QueueState, now: Snapshot) -> bool:
    """Return whether a stream of ours plays, but has given no sound for a while."""
    return may_be_endless(queue_state, now) and queue_state.silent_s(now.at_s) >= SILENT_S


def after_stream(queue_state: QueueState, now: Snapshot, ahead: Sequence[OwnSong]) -> int | None:
    """Return the id of the song to go to when a stream of ours is left; None: none yet.

    Another address is likelier to give sound than one that was just silent. Where only this one waits it is
    connected to again, ever more seldom.

    Args:
        queue_state: What is remembered.
        now: The present snapshot, with the stream as the current song.
        ahead: Our songs that wait, in the order of the queue.
    """
    if now.next_id in queue_state.user_requests:
        return now.next_id
    silent_s = queue_state.silent_s(now.at_s)
    pause_s = RECONNECT_S[min(queue_state.silent_streams, len(RECONNECT_S) - 1)]
    again = silent_s < ENDLESS_S or silent_s >= pause_s
    others = [song.id for song in ahead if now.song is None or song.uri != now.song.uri]
    ids = others or [song.id for song in ahead if again]
    return now.next_id if now.next_id in ids else next(iter(ids), None)


def must_stop_first(queue_state: QueueState, song_id: int) -> bool:
    """Return whether MPD is to be stopped before it is to play a song of its queue.

    Else it answers no client until that song is open, which is never where a station accepts the connection
    and sends nothing.
    """
    last = queue_state.last
    if last is None or last.state is PlayState.STOP:
        return False
    song = queue_state.own_song(song_id) or next((song for song in last.window if song.id == song_id), None)
    return is_silent_stream(queue_state, last) or (song is not None and is_address(song.uri))


def record_own_stop(queue_state: QueueState) -> QueueState:
    """Remember that we stop MPD for a moment, only to play another song.

    If the connection or we are gone before that song is started, it is started later.
    """
    last = queue_state.last
    if last is None:
        return queue_state
    return replace(
        queue_state,
        last=replace(last, state=PlayState.STOP, elapsed_s=0.0, next_id=None, own_change=True),
        start_until_s=last.at_s + REQUEST_EXPIRES_S,
        interrupted=queue_state.interrupted or last.state is PlayState.PLAY,
        silent_streams=queue_state.silent_streams + is_silent_stream(queue_state, last),
    )


def is_address(uri: str) -> bool:
    """Return whether a song comes from an address, and not from the library."""
    return "://" in uri


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
