"""The loop: look, feel, decide, speak, say that we are alive; and what it does when told to."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from threading import Event

from moodpid.channels import RequestQueue
from moodpid.config import Strategy
from moodpid.errors import RestartRequested, StopRequested
from moodpid.metrics import Cooling, Gauge
from moodpid.mood.filter import MoodFilter, MoodState, threshold_for
from moodpid.mood.override import overridden
from moodpid.mood.policy import Decision, EventType, MoodEvent, Policy, Wish
from moodpid.ports import Eye, Home, Player
from moodpid.state import (
    Adjust,
    Button,
    CameraState,
    CameraStatus,
    PlayerChanged,
    PlayerState,
    PlayerStatus,
    Present,
    Press,
    Request,
    Settings,
    TrackSkipped,
)
from moodpid.system.sd_notify import ServiceManager

log = logging.getLogger(__name__)

_FAREWELL_S = 2.0  # for camera, player and home together
# After the last turn began: what it waited for in vain is taken off the farewell, to be gone in 5 s
_GONE_S = 4.0
_AT_LEAST_S = 0.2  # for each, however long the others took


@dataclass
class Daemon:
    """Everything together, driven by one thread.

    Attributes:
        eye, feel, policy: From looks to decisions.
        player, home: Where decisions go; None where the configuration leaves one out.
        inbox: What others ask of the loop.
        service: The service manager.
        stop: Set by the signal handler.
        settings: What the parts were made with.
        kept: What the home set before the last restart.
        keep: Makes settings outlive a restart; whether that is done, or to be tried again in the next turn.
        gauge: Measures how the machine does.
        clock: Monotonic seconds.
    """

    eye: Eye
    feel: MoodFilter
    policy: Policy
    player: Player | None
    home: Home | None
    inbox: RequestQueue[Request]
    service: ServiceManager
    stop: Event
    settings: Settings = field(default_factory=Settings)
    kept: Settings | None = None
    keep: Callable[[Settings], bool] = lambda _settings: True
    gauge: Gauge = field(default_factory=Gauge)
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        status = PlayerStatus.UNREACHABLE if self.player else PlayerStatus.DISABLED
        self._present = Present(self.eye.state, PlayerState(status), settings=self.settings)
        self._override_since_s = 0.0
        self._events: list[MoodEvent] = []
        self._cooling = Cooling()
        self._unkept = False
        self._turned_s = time.monotonic()

    def run(self) -> None:
        """Turn until asked to stop.

        Raises:
            CameraError: The camera is gone for good.
            RestartRequested: Somebody pressed the button.
        """
        try:
            for part in (self.player, self.home):
                if part:
                    part.start()
            if self.kept:
                self._adopt(self.kept)
            while not self.stop.is_set():
                self._turn()
        except StopRequested:
            self._turned_s = time.monotonic()  # the farewell does not pay for what was waited for before
        finally:
            self._leave()

    def _turn(self) -> None:
        self._turned_s = time.monotonic()
        for request in self.inbox.drain(self.eye.idle_s()):
            self._obey(request)
        if self._unkept:
            self._keep()
        look = self.eye.look()
        felt = self.feel.update(look) if look else self._present.felt
        mood = overridden(felt, self._present.settings.override, self._override_since_s)
        decision = self.policy.decide(mood, felt)
        vitals = self.gauge.read(look.at_s if look else None, self.clock())
        self._keep_cool(vitals.temperature_c)
        seen = replace(self._present, camera=self.eye.state, picture=self.eye.picture, felt=felt)
        self._speak(replace(seen, mood=mood, vitals=vitals), decision)
        self.service.turned(self.clock(), status_line(self._present))

    def _obey(self, request: Request) -> None:
        match request:
            case Adjust():
                new = request.applied(self._present.settings)
                if new != self._present.settings:
                    self._adopt(new)
                    self._keep()
            case Press(Button.SKIP | Button.MISFIT as button):
                self._skip(button)
            case Press(Button.RESTART):
                raise RestartRequested("restart requested over MQTT")
            case PlayerChanged(player):
                self._present = replace(self._present, player=player)
            case TrackSkipped():
                self._tell_skip()

    def _keep(self) -> None:
        self._unkept = not self.keep(self._present.settings)

    def _skip(self, button: Button) -> None:
        """On to the next song, if one plays; one that does not fit is also remembered."""
        if self.player and self._present.player.status is PlayerStatus.PLAY:
            if button is Button.MISFIT:
                self.player.misfit()
            else:
                self.player.skip()
            self._tell_skip()

    def _tell_skip(self) -> None:
        mood = self._present.mood.mood if self._present.mood else None
        self._events.append(MoodEvent(EventType.TRACK_SKIPPED, mood, mood))

    def _adopt(self, new: Settings) -> None:
        """Make the parts follow the settings where they differ from the present ones."""
        old = self._present.settings
        for name in (f.name for f in fields(new) if getattr(new, f.name) != getattr(old, f.name)):
            log.info("%s is set to %s", name, getattr(new, name))
        if new.enabled != old.enabled:
            self.eye.watch(new.enabled)
        if self.player and _drives(new) != _drives(old):
            self.player.enable(_drives(new))
        if new.strategy != old.strategy:
            self.policy.lifts = new.strategy == Strategy.LIFT
            if self.player:
                self.player.strategy(Strategy(new.strategy))
        if new.override is not old.override:
            self._override_since_s = self.clock()
        # Each alone: the home has the sensitivity in whole per cents, the configuration its threshold exactly
        if new.sensitivity != old.sensitivity:
            self.feel.adjust(threshold=threshold_for(new.sensitivity))
        if new.dwell_s != old.dwell_s:
            self.feel.adjust(dwell_s=new.dwell_s)
        if new.looks_hz != old.looks_hz:
            self.eye.pace(new.looks_hz * self._cooling.share)
        self._present = replace(self._present, settings=new)

    def _keep_cool(self, temperature_c: float | None) -> None:
        if self._cooling.update(temperature_c):
            looks_hz = self._present.settings.looks_hz * self._cooling.share
            level = logging.WARNING if self._cooling.share < 1 else logging.INFO
            log.log(level, "the processor is at %.0f °C: %.1f looks a second", temperature_c, looks_hz)
            self.eye.pace(looks_hz)

    def _speak(self, present: Present, decision: Decision) -> None:
        if present.camera != self._present.camera:
            _log_camera(present.camera)
        self._present = present
        if decision.wish and present.mood:
            _log_mood(present.mood, decision.wish)
            if self.player:
                self.player.wish(decision.wish)
        if self.home:
            self.home.tell(present, (*self._events, *decision.events))
        self._events.clear()

    def _leave(self) -> None:
        """Tell all to stop, then wait for each; whoever does not end is named and left behind."""
        self.service.stopping()
        outside = [(name, part) for name, part in (("MPD", self.player), ("MQTT", self.home)) if part]
        for _, part in outside:
            part.stop()
        until_s = min(time.monotonic() + _FAREWELL_S, self._turned_s + _GONE_S)
        self.eye.close()
        for name, part in outside:
            if not part.join(max(_AT_LEAST_S, until_s - time.monotonic())):
                log.warning("the %s connection did not end in time; leaving without it", name)


def _drives(settings: Settings) -> bool:
    """Whether the mood may choose the music: one that was asked for needs nobody to watch."""
    return settings.drive_music and (settings.enabled or settings.override is not None)


_CAMERA = "camera: "


def status_line(present: Present) -> str:
    """Mood and music in one line for people, as `systemctl status` shows it."""
    player = present.player
    plays = player.title if player.status is PlayerStatus.PLAY else f"player: {player.status}"
    if player.status is PlayerStatus.PLAY and player.artist:
        plays = f"{player.artist} - {player.title}"
    camera = present.camera
    if camera.status is CameraStatus.LOST and camera.message:
        return f"{_CAMERA}{camera.status}: {camera.message}; {plays}"
    if camera.status is not CameraStatus.WATCHING:
        return f"{_CAMERA}{camera.status}; {plays}"
    return f"{present.mood.mood if present.mood else 'looking'}; {plays}"


def camera_in(line: str) -> CameraState:
    """The camera in what `status_line` told, its message up to the first semicolon; watching if none is told.

    For `moodpid doctor`, which opens no camera beside a service that runs.
    """
    told = line.partition("; ")[0]
    status, _, message = told.removeprefix(_CAMERA).partition(": ")
    if not told.startswith(_CAMERA) or status not in set(CameraStatus):
        return CameraState(CameraStatus.WATCHING)
    return CameraState(CameraStatus(status), message)


def _log_camera(camera: CameraState) -> None:
    level = logging.WARNING if camera.status is CameraStatus.LOST else logging.INFO
    text = f"camera {camera.status}: {camera.message}" if camera.message else f"camera {camera.status}"
    log.log(level, "%s", text, extra={"MOODPID_CAMERA": str(camera.status)})


def _log_mood(state: MoodState, wish: Wish) -> None:
    log.info(
        "the mood is %s (%d %%, %s)%s",
        state.mood,
        round(100 * state.confidence),
        "1 face" if state.faces == 1 else f"{state.faces} faces",
        f"; music from {wish}" if wish.playlists else "",
        extra={"MOODPID_MOOD": str(state.mood), "MOODPID_CONFIDENCE": f"{state.confidence:.2f}"},
    )
