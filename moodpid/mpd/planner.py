"""Decide which commands MPD gets, from what it shows, what is requested and what is remembered.

Pure. One look of the worker detects what happened (`change_detection.detect_changes`), plans here what to do
about it and why, and remembers what was done (`record_own_changes`). Time is monotonic seconds.
"""

import math
from dataclasses import dataclass, replace

from moodpid.config import MpdConfig, TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import TRANSIENT_MOODS
from moodpid.mpd.change_detection import RETRY_S, SOUND_S
from moodpid.mpd.commands import ClearError, Command, Play, Remove, Resume, Seek
from moodpid.mpd.hands_off import end_hands_off_early, hands_off_end_s
from moodpid.mpd.placement import offset_of_next, prioritize, remove_stale, waiting_songs
from moodpid.mpd.protocol import PlayState
from moodpid.mpd.queue_state import REQUEST_EXPIRES_S, OwnSong, QueueState
from moodpid.mpd.silence import hangs
from moodpid.mpd.snapshot import Snapshot
from moodpid.mpd.streams import ENDLESS_S, SILENT_S, after_stream, may_be_endless, why_stream_is_left

QUEUE_AHEAD = 2  # songs of ours that wait: a change of mood is felt soon, and MPD can crossfade
_SEEK_BEFORE_S = 2.0  # MPD prepares the next song this long before it fades over
_CLOSE_S = 1.0  # MPD's own count of the seconds may be so much behind ours
OVERDUE_S = 5.0  # MPD may be late by so much with the news of a song's end


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now.

    Attributes:
        commands: In this order, after songs were added: what waits goes only when the new is there, so that
            the music never runs out in between.
        songs_to_add: How many songs of ours to add.
        offset: How many songs stand between the current one and the first of them; None: they go to the end
            of the queue.
        why: Why songs are added.
        hold_reason: Why nothing is done about the music, empty if that is not so.
        look_again_s: When a look is due though nothing happens, in monotonic seconds.
        deferred: Whether nothing is added because MPD fades over to the next song, or hangs in this one.
        queue_state: What to remember.
    """

    queue_state: QueueState
    commands: tuple[Command, ...] = ()
    songs_to_add: int = 0
    offset: int | None = None
    why: str = ""
    hold_reason: str = ""
    look_again_s: float = math.inf
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class QueueRules:
    """What the configuration sets of it; see `moodpid.config.MpdConfig`."""

    change: TransitionMode = TransitionMode.NEXT
    autoplay: bool = False
    hands_off_s: float = 900.0

    @classmethod
    def of(cls, settings: MpdConfig) -> "QueueRules":
        """Return the rules in `settings`."""
        return cls(settings.change, settings.autoplay, settings.hands_off_s)


def plan(queue_state: QueueState, now: Snapshot, request: MusicRequest | None, rules: QueueRules) -> Plan:
    """Return what to do about `request` now; `queue_state` has taken the snapshot in."""
    if request and request.playlists:
        queue_state = end_hands_off_early(queue_state, now)
    queue_state = _update_jump(queue_state, now, request, rules)
    look_again_s = _look_again_s(queue_state, now, rules)
    clear_error = _clear_old_error(now)
    if message := _hold_reason(queue_state, now):
        # Coming back is always gentle
        queue_state = replace(queue_state, jump_until_s=-math.inf, start_until_s=-math.inf)
        return Plan(queue_state, clear_error, hold_reason=message, look_again_s=look_again_s)
    if request and not request.playlists:
        # A request to start without music must not start any hours later
        queue_state = replace(queue_state, start_until_s=-math.inf)
    if request is None or not request.playlists or _has_no_place(queue_state, now, rules):
        return Plan(queue_state, clear_error, look_again_s=look_again_s)
    if _fades_over(now) or _hangs_in_song(queue_state, now):
        return Plan(queue_state, clear_error, look_again_s=look_again_s, deferred=True)
    ahead = waiting_songs(queue_state, now, request, rules.change)
    commands = [
        *remove_stale(queue_state, now, ahead, request),
        *prioritize(queue_state, now, ahead),
        *clear_error,
        *_start_or_jump(queue_state, now, ahead, request, rules),
    ]
    gone = {command.id for command in commands if isinstance(command, Remove)}
    return Plan(
        queue_state,
        tuple(commands),
        max(0, QUEUE_AHEAD - len(ahead)),
        offset_of_next(queue_state, now, gone, ahead, rules.change),
        f"{request.mood} has {len(ahead)} of {QUEUE_AHEAD} songs waiting",
        look_again_s=look_again_s,
    )


def _fades_over(now: Snapshot) -> bool:
    """Return whether MPD fades over to the next song, or is about to: what follows is heard already.

    MPD reports the end of the song, and then it is planned again.
    """
    if now.state is not PlayState.PLAY or now.next_id is None or not now.crossfade_s or not now.duration_s:
        return False
    left_s = now.duration_s - now.elapsed_s
    # A song that plays on after its end has another length than MPD believes
    return -_SEEK_BEFORE_S <= left_s <= now.crossfade_s + _SEEK_BEFORE_S


def _hangs_in_song(queue_state: QueueState, now: Snapshot) -> bool:
    """Return whether MPD hangs in a song that has an end.

    It may answer no client any more if it is to leave that song, or to go on with another one after it.
    """
    return now.duration_s is not None and hangs(queue_state, now)


def _clear_old_error(now: Snapshot) -> tuple[Command, ...]:
    """Return the command that clears an error which MPD still shows while it plays.

    Until it is cleared, the same error would not be noticed again. It is cleared during hands off, too, but
    not while another instance drives this MPD, which clears it.
    """
    if not now.error or now.state is not PlayState.PLAY or now.other_leader:
        return ()
    # The current song has just failed, and MPD has not gone on to the next one yet
    still_failing = now.song is not None and now.song.uri in now.error and now.elapsed_s < SOUND_S
    return () if still_failing else (ClearError(now.error),)


def _has_no_place(queue_state: QueueState, now: Snapshot, rules: QueueRules) -> bool:
    """Return whether there is no song to wait behind, until a user presses play."""
    idle = now.song is None and now.length > 0 and not queue_state.own_songs
    return idle and not _may_start(queue_state, now, rules)


def _update_jump(
    queue_state: QueueState, now: Snapshot, request: MusicRequest | None, rules: QueueRules
) -> QueueState:
    """Return the memory with whether a change of mood is still to be heard at once.

    It is never heard later, when it would cut a user's choice short.
    """
    if request is None or not request.playlists:
        mood = request.mood if request else queue_state.mood
        return replace(queue_state, mood=mood, jump_until_s=-math.inf)
    if request.mood is not queue_state.mood:
        # Songs that a user has asked for have their turn first
        asked_for = any(song.id in queue_state.user_requests for song in now.window)
        jumps = _interrupts(request.mood, rules) and not asked_for
        until_s = now.at_s + REQUEST_EXPIRES_S if jumps else -math.inf
        queue_state = replace(queue_state, mood=request.mood, jump_until_s=until_s)
    current = queue_state.own_current(now)
    if current and current.mood is request.mood:
        return replace(queue_state, jump_until_s=-math.inf)
    if now.state is not PlayState.PLAY:
        # A user who starts it again wants to hear it
        return replace(queue_state, jump_until_s=-math.inf)
    return queue_state


def _interrupts(mood: Mood, rules: QueueRules) -> bool:
    """Return whether a song is cut short for this mood; surprise and fear are over in seconds."""
    return rules.change is TransitionMode.NOW and mood not in TRANSIENT_MOODS


def _hold_reason(queue_state: QueueState, now: Snapshot) -> str:
    if now.other_leader:
        return "another moodpid drives this MPD: standing down"
    if now.at_s < queue_state.hands_off_until_s:
        return f"{queue_state.hands_off_why}: moodpid keeps its hands off"
    if now.single:
        return "single is on: playback ends after this song, so nothing of ours can follow"
    if now.repeat and now.length == 1 and queue_state.own_current(now) is None:
        return "one song is repeated: standing down"
    return ""


def _may_start(queue_state: QueueState, now: Snapshot, rules: QueueRules) -> bool:
    """Return whether playback may be started: a user asked for it, or no user ended it."""
    if now.state is PlayState.PLAY or queue_state.stopped_by_user:
        return False
    if now.at_s < queue_state.start_until_s:
        return True
    if queue_state.failure:
        return _retries(queue_state, rules) and now.at_s >= queue_state.failure.retry_at_s
    return rules.autoplay and now.state is PlayState.STOP and now.song is None


def _retries(queue_state: QueueState, rules: QueueRules) -> bool:
    """Return whether playing is tried again after an error: by autoplay, or because we ended the music."""
    return rules.autoplay or queue_state.interrupted


def _look_again_s(queue_state: QueueState, now: Snapshot, rules: QueueRules) -> float:
    """Return when MPD is to be looked at though it has no news."""
    end_s = hands_off_end_s(queue_state, now)
    due_s = _music_due_s(queue_state, now, rules)
    return min(end_s, due_s) if end_s > now.at_s else due_s


def _music_due_s(queue_state: QueueState, now: Snapshot, rules: QueueRules) -> float:
    """Return when a failure, silence or the end of a song is to be looked at."""
    if queue_state.failure and _retries(queue_state, rules):
        due_s = queue_state.failure.retry_at_s
        return due_s if due_s > now.at_s else now.at_s + RETRY_S[-1]
    if now.state is PlayState.PLAY and (queue_state.failures or queue_state.interrupted):
        return now.at_s + max(_CLOSE_S, SOUND_S - queue_state.plays_for_s(now))
    if now.state is not PlayState.PLAY:
        return math.inf
    if may_be_endless(queue_state, now) and now.elapsed_s < ENDLESS_S:
        return now.at_s + ENDLESS_S - now.elapsed_s
    silent_s = queue_state.silent_s(now.at_s)
    silent_at_s = now.at_s + (SILENT_S - silent_s if silent_s < SILENT_S else SILENT_S)
    if now.duration_s is None:
        return silent_at_s
    # MPD reports the end of a song; where it does not, the connection is dead
    return min(silent_at_s, now.at_s + max(0.0, now.duration_s - now.elapsed_s) + OVERDUE_S)


def _start_or_jump(
    queue_state: QueueState,
    now: Snapshot,
    ahead: tuple[OwnSong, ...],
    request: MusicRequest,
    rules: QueueRules,
) -> list[Command]:
    starts, asked_for = _may_start(queue_state, now, rules), now.at_s < queue_state.start_until_s
    if starts and now.state is PlayState.PAUSE and not asked_for:
        return [Resume("MPD paused because of an error")]
    if not ahead or (now.state is not PlayState.PLAY and not starts):
        return []
    first = next((song for song in ahead if song.id == now.next_id), ahead[0])
    if starts:
        return [Play(first.id, fade=False, why="asked for" if asked_for else "autoplay")]
    if now.at_s < queue_state.jump_until_s:
        return _jump(now, first)
    if why := why_stream_is_left(queue_state, now, request):
        after = after_stream(queue_state, now, ahead)
        return [] if after is None else [Play(after, fade=True, why=why)]
    return []


def _jump(now: Snapshot, first: OwnSong) -> list[Command]:
    """Return what makes `first` heard at once, by MPD's own crossfade where one is set."""
    why = f"the mood is {first.mood} now"
    lead_s = now.crossfade_s + _SEEK_BEFORE_S
    if now.crossfade_s and now.next_id == first.id and now.duration_s:
        left_s = now.duration_s - now.elapsed_s
        return [Seek(now.duration_s - lead_s, first.id, why)] if left_s > lead_s + 1.0 else []
    return [Play(first.id, fade=True, why=why)]
