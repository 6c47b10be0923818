"""Silence though MPD plays: a source that sends nothing, or an output that takes nothing. Pure."""

from moodpid.mpd.protocol import PlayState
from moodpid.mpd.queue_state import QueueState
from moodpid.mpd.snapshot import Snapshot
from moodpid.mpd.streams import ENDLESS_S, SILENT_S, is_address


def why_silent(queue_state: QueueState, now: Snapshot) -> str:
    """Return why nothing has been heard for a while though MPD plays; empty if that is not so.

    A station may be slow to open, which is no fault of an output: then MPD has not opened the stream.
    """
    if hangs(queue_state, now):
        source = "its song's source" if now.duration_s is not None else "the stream"
        return f"MPD plays, but no sound leaves it: an output or {source} hangs"
    silent_s = queue_state.silent_s(now.at_s)
    if now.duration_s is None and (silent_s >= ENDLESS_S or _is_still_silent(queue_state, now)):
        return "the stream gives no sound"
    return "the song gives no sound: MPD cannot open it yet" if silent_s >= SILENT_S else ""


def _is_still_silent(queue_state: QueueState, now: Snapshot) -> bool:
    """Return whether a silent stream of ours was left for another one that has given no sound so far."""
    is_stream = now.song is not None and is_address(now.song.uri)
    waits = now.state is PlayState.PLAY and now.elapsed_s == 0.0
    is_ours = queue_state.own_current(now) is not None
    return is_stream and is_ours and waits and queue_state.silent_streams > 0


def hangs(queue_state: QueueState, now: Snapshot) -> bool:
    """Return whether MPD has opened the current song, but has been stuck in it for a while.

    MPD counts what its outputs take. Where one of them opens and takes nothing, it shows neither an error nor
    a pause, and may answer no client any more once it is to leave the song or to pause.
    """
    return now.state is PlayState.PLAY and now.opened and queue_state.silent_s(now.at_s) >= SILENT_S
