"""Where our songs stand: which of them wait, which are of no more use, and where the next one goes. Pure."""

from collections.abc import Iterable

from moodpid.config import TransitionMode
from moodpid.mood.policy import MusicRequest
from moodpid.mpd.commands import PRIORITY, REQUEST_PRIORITY, Command, Prioritize, Remove
from moodpid.mpd.protocol import QueueSong
from moodpid.mpd.queue_state import OwnSong, QueueState
from moodpid.mpd.snapshot import Snapshot


def waiting_songs(
    queue_state: QueueState, now: Snapshot, request: MusicRequest, change: TransitionMode
) -> tuple[OwnSong, ...]:
    """Return our songs for this request that will be heard soon, in the order of the queue."""
    waiting = {
        song.id: song
        for song in queue_state.own_songs
        if not song.started and not song.outdated and song.mood is request.mood
    }
    if now.random or change is TransitionMode.QUEUE or now.song is None:
        start = -1 if now.random or now.repeat or now.song is None else now.song.pos
        return tuple(sorted((song for song in waiting.values() if song.pos > start), key=lambda s: s.pos))
    near = _following(now, waiting.keys() | queue_state.user_requests)
    return tuple(waiting[song.id] for song in near if song.id in waiting)


def _following(now: Snapshot, passable: Iterable[int]) -> tuple[QueueSong, ...]:
    """Return the songs right behind the current one, as long as they are in `passable`."""
    passable = set(passable)
    behind: list[QueueSong] = []
    for song in now.window:
        if now.song and song.pos <= now.song.pos:
            continue
        if song.id not in passable:
            break
        behind.append(song)
    return tuple(behind)


def remove_stale(
    queue_state: QueueState, now: Snapshot, ahead: tuple[OwnSong, ...], request: MusicRequest
) -> list[Command]:
    """Return what takes out our songs that are of no more use; the last one played stays, for "previous"."""
    current = queue_state.own_current(now)
    begun = [song for song in queue_state.own_songs if song.started and song is not current]
    played: list[Command] = [Remove(song.id, "played") for song in begun[:-1]]
    stale: list[Command] = [
        Remove(song.id, _why_stale(song, request))
        for song in queue_state.own_songs
        if not song.started and song not in ahead and song is not current
    ]
    return played + stale


def _why_stale(song: OwnSong, request: MusicRequest) -> str:
    if song.outdated:
        return "chosen before"
    return f"chosen for {song.mood}" if song.mood is not request.mood else "out of sight"


def prioritize(queue_state: QueueState, now: Snapshot, ahead: tuple[OwnSong, ...]) -> list[Command]:
    """Return what makes random mode come next to songs that a user asked for, and then to ours.

    Where a user set a priority it stays. MPD takes a song's priority back when the song begins.
    """
    if not now.random:
        return []
    asked_for = [
        Prioritize(song.id, REQUEST_PRIORITY, "a user asked for it, and random is on")
        for song in now.window
        if song.id in queue_state.user_requests and song.id != (now.song and now.song.id) and song.prio == 0
    ]
    waiting = [song.id for song in ahead if now.own_songs[song.id].prio == 0]
    return [*asked_for, *(Prioritize(song_id, PRIORITY, "random is on") for song_id in waiting)]


def offset_of_next(
    queue_state: QueueState, now: Snapshot, gone: set[int], ahead: tuple[OwnSong, ...], change: TransitionMode
) -> int | None:
    """Return where the next song of ours goes; see `Plan.offset`."""
    if change is TransitionMode.QUEUE or now.song is None:
        return None
    keep = {song.id for song in ahead} | queue_state.user_requests
    places = [place for place, song in enumerate(_following(now, keep | gone), start=1) if song.id in keep]
    return max(places, default=0)
