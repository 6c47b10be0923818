"""Describe the player for people: what plays, and in one line why the mood's music does not."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import replace

from moodpid.mpd.picker import Pick
from moodpid.mpd.planner import Plan
from moodpid.mpd.protocol import PlayState
from moodpid.mpd.queue_state import QueueState
from moodpid.mpd.silence import hangs, why_silent
from moodpid.mpd.snapshot import Snapshot
from moodpid.state import PlayerState, PlayerStatus
from moodpid.text import EMPTY, MAX_ERROR_CHARS, clean

log = logging.getLogger(__name__)

_CLOCK_STEP_S = 30.0  # by so much the wall clock has not just drifted


class PlayerReport:
    """Makes `PlayerState`s.

    Args:
        autoplay: As in the configuration.
        clock: Monotonic seconds.
        wall_clock: Seconds since 1970.
    """

    def __init__(
        self, *, autoplay: bool, clock: Callable[[], float], wall_clock: Callable[[], float]
    ) -> None:
        self._autoplay = autoplay
        self._clock = clock
        self._wall_clock = wall_clock
        self._until = (-math.inf, -math.inf)  # monotonic, and the same moment by the clock

    def state(
        self, now: Snapshot, plan: Plan, queue_state: QueueState, problem: str, *, wanted: bool
    ) -> PlayerState:
        """Return what the player does.

        Args:
            now: The last snapshot.
            plan: What was decided about it.
            queue_state: What is remembered.
            problem: Why no song could be added, empty if that is not so.
            wanted: The mood asks for music.
        """
        own = [song for song in queue_state.own_songs if song.id in now.own_songs]
        latest = own[-1] if own else None
        return PlayerState(
            PlayerStatus(now.state.value),
            title=now.song.title if now.song else EMPTY,
            artist=now.song.artist if now.song else EMPTY,
            mood=latest.mood if latest else None,
            playlist=latest.source if latest else "",
            message=clean(self._message(now, plan, queue_state, problem, wanted=wanted), MAX_ERROR_CHARS),
        )

    def _message(
        self, now: Snapshot, plan: Plan, queue_state: QueueState, problem: str, *, wanted: bool
    ) -> str:
        if plan.hold_reason:
            held = self._why_held(now, plan, queue_state)
            return f"{why_silent(queue_state, now)}; {held}" if hangs(queue_state, now) else held
        if queue_state.failure:
            retries = self._autoplay or queue_state.interrupted
            then = "trying again" if retries else "press play to try again"
            return f"MPD cannot play: {queue_state.failure.error}; {then}"
        if why := why_silent(queue_state, now):
            return why
        if problem or not wanted or now.state is PlayState.PLAY:
            return problem
        return self._why_not_playing(now, queue_state)

    def _why_held(self, now: Snapshot, plan: Plan, queue_state: QueueState) -> str:
        until_s = queue_state.hands_off_until_s
        if now.at_s >= until_s or now.other_leader:
            return plan.hold_reason
        return f"{plan.hold_reason} until {self._time_of_day(until_s)}, or until Take over now"

    def _why_not_playing(self, now: Snapshot, queue_state: QueueState) -> str:
        if now.state is PlayState.PAUSE:
            return "paused: press play, and the mood's music follows"
        if queue_state.stopped_by_user:
            return "stopped by a user: press play, and the mood's music follows"
        return "" if self._autoplay else "stopped: press play, and the mood's music follows"

    def _time_of_day(self, at_s: float) -> str:
        by_clock_s = self._wall_clock() + at_s - self._clock()
        # The message must not change with each look, but it must when the clock is set
        if self._until[0] != at_s or abs(by_clock_s - self._until[1]) > _CLOCK_STEP_S:
            self._until = (at_s, by_clock_s)
        return time.strftime("%H:%M", time.localtime(self._until[1]))


def with_next_song(state: PlayerState, now: Snapshot, picks: Mapping[int, Pick]) -> PlayerState:
    """Return `state` with the song that follows, and why it was chosen.

    Args:
        state: Without it.
        now: The last snapshot.
        picks: Why moodpid chose its songs, by their ids in the queue.
    """
    following = next((song for song in now.window if song.id == now.next_id), None)
    if following is None:
        return state
    pick = picks.get(following.id)
    return replace(state, next_title=following.title, why=clean(pick.why) if pick else EMPTY)


class HoldLog:
    """Logs when and why the music is held back, or cannot be heard; and when that is over."""

    def __init__(self) -> None:
        self._hold_reason = ""
        self._failing = False

    def update(self, now: Snapshot, hold_reason: str, queue_state: QueueState, message: str) -> None:
        """Log what is new.

        Args:
            now: The last snapshot.
            hold_reason: Why the plan does nothing, empty if that is not so.
            queue_state: What is remembered.
            message: The message in the player's state.
        """
        if hold_reason != self._hold_reason:
            self._hold_reason = hold_reason
            log.info("%s", message if hold_reason else "the mood chooses the music again")
        stuck = hangs(queue_state, now)
        if (queue_state.failure or stuck) and not self._failing:
            error = queue_state.failure and queue_state.failure.error
            log.warning("%s", f"MPD cannot play: {error}" if error else why_silent(queue_state, now))
            self._failing = True
        if self._failing and now.state is PlayState.PLAY and not (queue_state.failures or stuck):
            log.info("MPD plays again")
            self._failing = False
