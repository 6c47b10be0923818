"""How a guest behaves: what MPD shows, what is wished and what we remember become MPD commands.

Pure. A turn of the worker notices what happened (`moodpid.mpd.tracking.notice`), plans here what to do about
it and why, and remembers what was done (`moodpid.mpd.tracking.wrote`). Time is monotonic seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from moodpid.config import MpdConfig, TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import TRANSIENT_MOODS
from moodpid.mpd.snapshot import PlayState, QueueSong, Snapshot
from moodpid.mpd.tracking import OwnSong, QueueState

QUEUE_AHEAD = 2  # songs of ours that wait: a change of mood is felt soon, and MPD can crossfade
PRIORITY = 10  # in random mode songs with a priority come first; below 255, a person may outbid us
_SEEK_BEFORE_S = 2.0  # MPD prepares the next song this long before it fades over


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a song of ours out of the queue."""

    id: int
    why: str


@dataclass(frozen=True, slots=True)
class Prioritize:
    """Give a song of ours `PRIORITY`, so that random mode comes to it next."""

    id: int
    why: str


@dataclass(frozen=True, slots=True)
class Play:
    """Go to a song of ours; `fade` softens the end of the song that plays."""

    id: int
    fade: bool
    why: str


@dataclass(frozen=True, slots=True)
class Seek:
    """Go to a place in the current song, in seconds, from which MPD crossfades into ours by itself."""

    at_s: float
    why: str


Command: TypeAlias = Remove | Prioritize | Play | Seek


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now.

    Attributes:
        commands: In this order, after songs were added: what waits goes only when the new is there, so that
            the music never runs out in between.
        songs_to_add: How many songs of ours to add.
        offset: The first goes this many places behind the current song, the others behind it; None: at the
            end of the queue.
        why: Why songs are added.
        hold_reason: Why we hold back, empty if we do not.
        queue_state: What to remember.
    """

    queue_state: QueueState
    commands: tuple[Command, ...] = ()
    songs_to_add: int = 0
    offset: int | None = None
    why: str = ""
    hold_reason: str = ""

    @property
    def idle(self) -> bool:
        """Nothing is to be done."""
        return not self.commands and self.songs_to_add == 0


@dataclass(frozen=True, slots=True)
class QueueRules:
    """What the configuration says about manners; see `moodpid.config.MpdConfig`."""

    change: TransitionMode = TransitionMode.NEXT
    autoplay: bool = False
    hands_off_s: float = 900.0

    @classmethod
    def of(cls, settings: MpdConfig) -> "QueueRules":
        """The rules in `settings`."""
        return cls(settings.change, settings.autoplay, settings.hands_off_s)


def plan(queue_state: QueueState, now: Snapshot, request: MusicRequest | None, rules: QueueRules) -> Plan:
    """What to do about `wish` now; `memory` is what noticing the same snapshot gave."""
    queue_state = _update_jump(queue_state, now, request, rules)
    if message := _hold_reason(queue_state, now):
        return Plan(replace(queue_state, jump=False), hold_reason=message)  # coming back is always gentle
    if request is None or not request.playlists:
        return Plan(queue_state)
    if (
        now.song is None
        and now.length > 0
        and not queue_state.own_songs
        and not _may_start(queue_state, now, rules)
    ):
        return Plan(queue_state)  # there is no place to wait at until somebody presses play
    ahead = _waiting_songs(queue_state, now, request, rules)
    commands = [
        *_remove_stale(queue_state, now, ahead, request),
        *_prioritize(now, ahead),
        *_start_or_jump(queue_state, now, ahead, rules),
    ]
    room = max(0, QUEUE_AHEAD - len(ahead))
    gone = {command.id for command in commands if isinstance(command, Remove)}
    return Plan(
        queue_state,
        tuple(commands),
        room,
        _offset(queue_state, now, gone, ahead, rules),
        f"{request.mood} has {len(ahead)} of {QUEUE_AHEAD} songs waiting",
    )


def _update_jump(
    queue_state: QueueState, now: Snapshot, request: MusicRequest | None, rules: QueueRules
) -> QueueState:
    """Whether a change of mood is still to be heard at once: never a person's choice cut short later."""
    if request is None or not request.playlists:
        return replace(queue_state, mood=request.mood if request else None, jump=False)
    if request.mood is not queue_state.mood:
        queue_state = replace(queue_state, mood=request.mood, jump=_interrupts(request.mood, rules))
    current = _current(queue_state, now)
    if current and current.mood is request.mood:
        return replace(queue_state, jump=False)
    if now.state is not PlayState.PLAY and current is None:
        return replace(queue_state, jump=False)  # whoever starts it again wants to hear it
    return queue_state


def _interrupts(mood: Mood, rules: QueueRules) -> bool:
    """Surprise and fear are over in seconds: no song is cut short for them."""
    return rules.change is TransitionMode.NOW and mood not in TRANSIENT_MOODS


def _current(queue_state: QueueState, now: Snapshot) -> OwnSong | None:
    """The current song, if it is ours."""
    return next((song for song in queue_state.own_songs if now.song and song.id == now.song.id), None)


def _hold_reason(queue_state: QueueState, now: Snapshot) -> str:
    if now.other_leader:
        return "another moodpid drives this MPD: standing down"
    if now.at_s < queue_state.hands_off_until_s:
        return f"{queue_state.hands_off_why}: hands off"
    if now.single:
        return "single is on: playback ends after this song, so nothing of ours can follow"
    if now.repeat and now.length == 1 and _current(queue_state, now) is None:
        return "one song is repeated: standing down"
    return ""


def _may_start(queue_state: QueueState, now: Snapshot, rules: QueueRules) -> bool:
    return (
        rules.autoplay
        and now.state is PlayState.STOP
        and now.song is None
        and not queue_state.stopped_by_user
    )


def _waiting_songs(
    queue_state: QueueState, now: Snapshot, request: MusicRequest, rules: QueueRules
) -> tuple[OwnSong, ...]:
    """Our songs for this wish that will be heard soon, in the order of the queue."""
    waiting = {
        song.id: song for song in queue_state.own_songs if not song.started and song.mood is request.mood
    }
    if now.random or rules.change is TransitionMode.QUEUE or now.song is None:
        start = -1 if now.random or now.repeat or now.song is None else now.song.pos
        return tuple(sorted((song for song in waiting.values() if song.pos > start), key=lambda s: s.pos))
    near = _following(now, waiting.keys() | queue_state.user_requests)
    return tuple(waiting[song.id] for song in near if song.id in waiting)


def _following(now: Snapshot, passable: Iterable[int]) -> tuple[QueueSong, ...]:
    """The songs right behind the current one, as long as they are in `passable`."""
    passable = set(passable)
    behind: list[QueueSong] = []
    for song in now.window:
        if now.song and song.pos <= now.song.pos:
            continue
        if song.id not in passable:
            break
        behind.append(song)
    return tuple(behind)


def _remove_stale(
    queue_state: QueueState, now: Snapshot, ahead: tuple[OwnSong, ...], request: MusicRequest
) -> list[Command]:
    """Take out what is ours and no longer of use; the song before stays, for who presses "previous"."""
    current = _current(queue_state, now)
    begun = [song for song in queue_state.own_songs if song.started and song is not current]
    played: list[Command] = [Remove(song.id, "played") for song in begun[:-1]]
    stale: list[Command] = [
        Remove(song.id, f"chosen for {song.mood}" if song.mood is not request.mood else "out of sight")
        for song in queue_state.own_songs
        if not song.started and song not in ahead and song is not current
    ]
    return played + stale


def _prioritize(now: Snapshot, ahead: tuple[OwnSong, ...]) -> list[Command]:
    if not now.random:
        return []
    return [Prioritize(song.id, "random is on") for song in ahead if now.own_songs[song.id].prio == 0]


def _start_or_jump(
    queue_state: QueueState, now: Snapshot, ahead: tuple[OwnSong, ...], rules: QueueRules
) -> list[Command]:
    if not ahead:
        return []
    first = next((song for song in ahead if song.id == now.next_id), ahead[0])
    if _may_start(queue_state, now, rules):
        return [Play(first.id, fade=False, why="autoplay")]
    if not queue_state.jump or now.state is not PlayState.PLAY:
        return []
    why = f"the mood is {first.mood} now"
    lead_s = now.crossfade_s + _SEEK_BEFORE_S
    if now.crossfade_s and now.next_id == first.id and now.duration_s:
        left_s = now.duration_s - now.elapsed_s
        return [Seek(now.duration_s - lead_s, why)] if left_s > lead_s + 1.0 else []
    return [Play(first.id, fade=True, why=why)]


def _offset(
    queue_state: QueueState, now: Snapshot, gone: set[int], ahead: tuple[OwnSong, ...], rules: QueueRules
) -> int | None:
    """Where the next song of ours goes; see `Plan.after`."""
    if rules.change is TransitionMode.QUEUE or now.song is None:
        return None
    keep = {song.id for song in ahead} | queue_state.user_requests
    places = [place for place, song in enumerate(_following(now, keep | gone), start=1) if song.id in keep]
    return max(places, default=0)
