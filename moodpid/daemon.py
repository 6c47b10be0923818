"""The main loop: observe, filter, decide, publish, send the watchdog's heartbeat; handle requests."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from threading import Event

from moodpid.channels import RequestQueue
from moodpid.config import Strategy
from moodpid.errors import CameraError, CameraStuckError, RecordingEnded, RestartRequested, StopRequested
from moodpid.loop_log import log_camera, log_mood
from moodpid.metrics import LoopMetrics, ThermalThrottle
from moodpid.mood.mood_filter import MoodFilter, threshold_for
from moodpid.mood.observation import Observation
from moodpid.mood.override import apply_override
from moodpid.mood.policy import Decision, EventType, MoodEvent, Policy
from moodpid.mood.room import RoomState
from moodpid.ports import MusicPlayer, ObservationSource, SaveRoom, StatePublisher
from moodpid.requests import (
    Button,
    ChangeSetting,
    PlayerChanged,
    PressButton,
    Request,
    SenseReport,
    TrackSkipped,
)
from moodpid.state import AppState, CameraStatus, PlayerState, PlayerStatus, Settings, without_stale_faces
from moodpid.status_line import format_status
from moodpid.system.sd_notify import ServiceManager

log = logging.getLogger(__name__)

_SHUTDOWN_S = 2.0  # for camera, player and publishers together
# From the start of the last step: a wait in that step shortens the shutdown, so that it ends in 5 s
_SHUTDOWN_DEADLINE_S = 4.0
_LONG_PAUSE_S = 300.0  # without an observation: who was there may have left
_LONG_DARK_S = 7200.0  # in the dark: who lies there and listens has had two hours of music
_MIN_JOIN_S = 0.2  # for each part, however long the others took


def _save_no_room(_state: RoomState, *, now: bool) -> bool:  # noqa: ARG001 - as SaveRoom has it
    return True


@dataclass
class Daemon:
    """All parts together, driven by one thread.

    Attributes:
        source, mood_filter, policy: From observations to decisions.
        player: Where music requests go, None where the configuration switches it off.
        publishers: Where the state goes after every step.
        requests: What publishers and the MPD worker ask of the loop.
        service: The service manager.
        stop: Set by the signal handler.
        settings: Those that the parts were built with.
        restored_settings: Those that users had set before the restart.
        save_settings: Saves settings over a restart; returns False to be retried at the next step.
        save_room: Saves what was learned of the room, by itself at most once an hour, or at once.
        metrics: Measures latency, rate and temperature.
        clock: Monotonic seconds.
    """

    source: ObservationSource
    mood_filter: MoodFilter
    policy: Policy
    player: MusicPlayer | None
    publishers: tuple[StatePublisher, ...]
    requests: RequestQueue[Request]
    service: ServiceManager
    stop: Event
    settings: Settings = field(default_factory=Settings)
    restored_settings: Settings | None = None
    save_settings: Callable[[Settings], bool] = lambda _settings: True
    save_room: SaveRoom = _save_no_room
    metrics: LoopMetrics = field(default_factory=LoopMetrics)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        status = PlayerStatus.UNREACHABLE if self.player else PlayerStatus.DISABLED
        self._state = AppState(self.source.state, PlayerState(status), settings=self.settings)
        self._override_since_s = 0.0
        self._events: list[MoodEvent] = []
        self._thermal = ThermalThrottle()
        self._unsaved = False
        self._step_started_s = time.monotonic()

    def run(self) -> None:
        """Run steps until asked to stop.

        Raises:
            CameraError: The camera is gone for good.
            RestartRequested: A restart was requested.
        """
        try:
            for _, part in self._threaded_parts():
                part.start()
            if self.restored_settings:
                self._apply_settings(self.restored_settings)
            self._publish_opening(first=True)
            while not self.stop.is_set():
                self._step()
        except StopRequested:
            self._step_started_s = time.monotonic()  # the wait before does not shorten the shutdown
        finally:
            self._shut_down()

    def _step(self) -> None:
        self._step_started_s = time.monotonic()
        for request in self.requests.drain(self.source.idle_s()):
            self._handle(request)
        self._save_if_changed()
        self._publish_opening()
        seen, sensed = self._next_observation(), self._senses_alone()
        observation = seen or sensed
        dark = self.source.state.status is CameraStatus.DARK
        if observation or dark:
            now_s = observation.at_s if observation else self.clock()
            self._reset_after_pause(now_s, _LONG_DARK_S if dark else _LONG_PAUSE_S)
        observed = self._state.observed_mood
        if observation:
            filtered = self.mood_filter.update(observation)
            observed = filtered if self.mood_filter.knows_room else None
        # Without one, too: what could not be written is tried again
        self.save_room(self.mood_filter.room.state, now=False)
        mood = apply_override(observed, self._state.settings.override, self._override_since_s)
        metrics = self.metrics.read(seen.at_s if seen else None, self.clock())
        self._throttle(metrics.temperature_c)
        known = self._knows_room(sensed)
        state = replace(self._state, observed_mood=observed, mood=mood, metrics=metrics, room_known=known)
        decision = self.policy.decide(mood, observed, known=state.mood_known)
        self._publish(self._with_camera(state), decision)
        self.service.heartbeat(self.clock(), format_status(self._state))

    def _with_camera(self, state: AppState) -> AppState:
        """Return the state with what the source shows."""
        source = self.source
        return replace(state, camera=source.state, picture=source.picture, view=source.view)

    def _next_observation(self) -> Observation | None:
        """Return what the camera sees; without it the service goes on as long as other senses report."""
        try:
            return self.source.next_observation()
        except (CameraStuckError, RecordingEnded):
            raise
        except CameraError:
            if not self.mood_filter.follows_senses(self.clock()):
                raise
            return None

    def _publish_opening(self, *, first: bool = False) -> None:
        """Publish that the camera is about to be opened, which may take seconds, with what was just set."""
        state, camera = self._state, self.source.state
        if camera.status is CameraStatus.STARTING and (first or state.camera.status is not camera.status):
            mood = apply_override(state.observed_mood, state.settings.override, self._override_since_s)
            known = self._knows_room(self._senses_alone())
            self._publish(replace(state, camera=camera, mood=mood, room_known=known), Decision(None, ()))

    def _knows_room(self, sensed: Observation | None) -> bool:
        watches = self.source.state.status is CameraStatus.WATCHING
        return (sensed is not None or watches) and self.mood_filter.knows_room

    def _senses_alone(self) -> Observation | None:
        """Return an observation without faces where other senses report while the camera sees nothing."""
        status = self.source.state.status
        blind = status in (CameraStatus.LOST, CameraStatus.DARK, CameraStatus.STARTING)
        dark = status is CameraStatus.DARK
        if blind and self.mood_filter.follows_senses(self.clock(), in_the_dark=dark):
            return Observation(self.clock(), ())
        return None

    def _handle(self, request: Request) -> None:
        match request:
            case ChangeSetting():
                new = request.applied(self._state.settings)
                if new != self._state.settings:
                    self._apply_settings(new)
                    self._unsaved = True  # written once, however many were changed at once
            case PressButton(Button.SKIP | Button.REJECT_SONG | Button.TAKE_OVER | Button.LIKE as button):
                self._press_button(button)
            case PressButton(Button.RESTART):
                raise RestartRequested("restart requested by a user")
            case PressButton(Button.FORGET_ROOM):
                self.mood_filter.room.forget()
                written = self.save_room(self.mood_filter.room.state, now=True)
                until = "" if written else ", until a restart: the file is written as soon as it can be"
                log.info("what was learned of the room is forgotten%s", until)
            case SenseReport(name, evidence, weight):
                self.mood_filter.sense(name, evidence, weight, self.clock())
            case PlayerChanged(player):
                self._state = replace(self._state, player=player)
            case TrackSkipped():
                mood = self._state.mood.mood if self._state.mood else None
                self._events.append(MoodEvent(EventType.TRACK_SKIPPED, mood, mood))

    def _save_if_changed(self) -> None:
        if self._unsaved:
            self._unsaved = not self.save_settings(self._state.settings)

    def _press_button(self, button: Button) -> None:
        """Pass a button to the player, which reports any skip."""
        if self.player is None:
            return
        match button:
            case Button.SKIP:
                self.player.skip()
            case Button.REJECT_SONG:
                self.player.reject_song()
            case Button.TAKE_OVER:
                self.player.take_over()
            case Button.LIKE:
                self.player.like()

    def _apply_settings(self, new: Settings) -> None:
        """Apply the settings that differ from the present ones to the parts."""
        old = self._state.settings
        for name in (f.name for f in fields(new) if getattr(new, f.name) != getattr(old, f.name)):
            log.info("%s is set to %s", name, getattr(new, name))
        if new.enabled != old.enabled:
            self.source.set_enabled(new.enabled)
            if new.enabled:
                self._reset_after_pause(self.clock())
        if self.player and _drives_music(new) != _drives_music(old):
            self.player.set_enabled(_drives_music(new))
        if new.strategy != old.strategy:
            self.policy.lifts = new.strategy == Strategy.LIFT
        if new.override is not old.override:
            self._override_since_s = self.clock()
        # Only what changed: users see the sensitivity rounded, the configuration has the exact threshold
        if new.sensitivity != old.sensitivity:
            self.mood_filter.adjust(threshold=threshold_for(new.sensitivity))
        if new.dwell_s != old.dwell_s:
            self.mood_filter.adjust(dwell_s=new.dwell_s)
        if new.fps != old.fps:
            self.source.set_rate(self._thermal.rate_for(new.fps))
        self._state = replace(self._state, settings=new)

    def _reset_after_pause(self, now_s: float, limit_s: float = _LONG_PAUSE_S) -> None:
        """After a long pause without an observation, start with an empty room.

        Before the player is enabled: it would play for people who have left.
        """
        before = self._state.observed_mood
        if before is None or now_s - before.at_s < limit_s:
            return
        observed = self.mood_filter.reset(now_s)
        overridden = self._state.settings.override is not None
        self.policy.reset(music=not overridden)
        if not overridden:
            decision = self.policy.decide(observed, observed)
            if self.player and decision.request:
                self.player.request(decision.request)
            self._state = replace(self._state, mood=observed)
        self._state = replace(self._state, observed_mood=observed)

    def _throttle(self, temperature_c: float | None) -> None:
        if self._thermal.update(temperature_c):
            fps = self._thermal.rate_for(self._state.settings.fps)
            level = logging.WARNING if self._thermal.share < 1 else logging.INFO
            log.log(level, "the processor is at %.0f °C: %.1f observations per second", temperature_c, fps)
            self.source.set_rate(fps)

    def _publish(self, state: AppState, decision: Decision) -> None:
        if state.camera != self._state.camera:
            log_camera(state.camera)
        self._state = state = without_stale_faces(state)
        if decision.request and state.mood:
            log_mood(state.mood, decision.request if self.player else None, known=state.mood_known)
            if self.player:
                self.player.request(decision.request)
        for publisher in self.publishers:
            publisher.publish(state, (*self._events, *decision.events))
        self._events.clear()

    def _shut_down(self) -> None:
        """Stop all parts; log and abandon any that miss the deadline."""
        self.service.stopping()
        parts = self._threaded_parts()
        for _, part in parts:
            part.stop()
        until_s = min(time.monotonic() + _SHUTDOWN_S, self._step_started_s + _SHUTDOWN_DEADLINE_S)
        self.source.close()
        self._save_if_changed()
        self.save_room(self.mood_filter.room.state, now=True)
        for name, part in parts:
            if not part.join(max(_MIN_JOIN_S, until_s - time.monotonic())):
                log.warning("the %s did not end in time; leaving without it", name)

    def _threaded_parts(self) -> list[tuple[str, MusicPlayer | StatePublisher]]:
        """Return all parts with a thread, by what log lines call them, in the order of their start."""
        publishers = [(publisher.name, publisher) for publisher in self.publishers]
        return [("MPD connection", self.player), *publishers] if self.player else [*publishers]


def _drives_music(settings: Settings) -> bool:
    """Return whether the mood chooses the music; an override needs no camera."""
    return settings.drive_music and (settings.enabled or settings.override is not None)
