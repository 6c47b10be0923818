"""The loop: look, feel, decide, speak, say that we are alive; and what it does when told to."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from threading import Event
from typing import Protocol

from moodpid.host.systemd import ServiceManager
from moodpid.mailbox import Inbox
from moodpid.mood.filter import MoodFilter, MoodState
from moodpid.mood.observation import Observation
from moodpid.mood.policy import Decision, MoodEvent, Policy, Wish
from moodpid.state import (
    CameraState,
    CameraStatus,
    PlayerChanged,
    PlayerState,
    PlayerStatus,
    Present,
    Request,
    SetEnabled,
)

log = logging.getLogger(__name__)

_FAREWELL_S = 1.5  # for each of player and home to end; together with a frame it stays below 5 s


class Eye(Protocol):
    """Looks at the room."""

    @property
    def state(self) -> CameraState:
        """What the camera is doing."""

    def idle_s(self) -> float:
        """How long the loop may rest before the next look, in seconds."""

    def look(self) -> Observation | None:
        """The next observation, None while there is nothing to look through."""

    def watch(self, on: bool) -> None:
        """Open or close the camera."""

    def close(self) -> None:
        """Give the camera back."""


class Player(Protocol):
    """Has a thread of its own that carries wishes out."""

    def start(self) -> None:
        """Begin."""

    def wish(self, wish: Wish) -> None:
        """Replace the wish by this one."""

    def enable(self, on: bool) -> None:
        """Carry wishes out, or leave the player alone."""

    def stop(self) -> None:
        """Ask it to end; returns at once."""

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; False if it has not come in time."""


class Home(Protocol):
    """Tells the home how things are."""

    def start(self) -> None:
        """Begin."""

    def tell(self, present: Present, events: Sequence[MoodEvent]) -> None:
        """Pass on what is new in the present state, and these events; never waits."""

    def stop(self) -> None:
        """Begin to say good-bye; returns at once."""

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; False if it has not come in time."""


@dataclass
class Daemon:
    """Everything together, driven by one thread.

    Attributes:
        eye, feel, policy: From looks to decisions.
        player, home: Where decisions go; None where the configuration leaves one out.
        inbox: What others ask of the loop.
        service: The service manager.
        stop: Set by the signal handler.
        clock: Monotonic seconds.
    """

    eye: Eye
    feel: MoodFilter
    policy: Policy
    player: Player | None
    home: Home | None
    inbox: Inbox[Request]
    service: ServiceManager
    stop: Event
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        status = PlayerStatus.UNREACHABLE if self.player else PlayerStatus.DISABLED
        self._present = Present(enabled=True, camera=self.eye.state, player=PlayerState(status))

    def run(self) -> None:
        """Turn until asked to stop.

        Raises:
            CameraError: The camera is gone for good.
        """
        try:
            for part in (self.player, self.home):
                if part:
                    part.start()
            while not self.stop.is_set():
                self._turn()
        finally:
            self._leave()

    def _turn(self) -> None:
        for request in self.inbox.drain(self.eye.idle_s()):
            self._obey(request)
        look = self.eye.look()
        mood = self.feel.update(look) if look else self._present.mood
        decision = self.policy.decide(mood) if look and mood else Decision(None, ())
        self._speak(replace(self._present, camera=self.eye.state, mood=mood), decision)
        self.service.turned(self.clock(), status_line(self._present))

    def _obey(self, request: Request) -> None:
        match request:
            case SetEnabled(on):
                log.info("watching is switched %s", "on" if on else "off")
                self.eye.watch(on)
                if self.player:
                    self.player.enable(on)
                self._present = replace(self._present, enabled=on)
            case PlayerChanged(player):
                self._present = replace(self._present, player=player)

    def _speak(self, present: Present, decision: Decision) -> None:
        if present.camera != self._present.camera:
            _log_camera(present.camera)
        self._present = present
        if decision.wish and present.mood:
            _log_mood(present.mood, decision.wish)
            if self.player:
                self.player.wish(decision.wish)
        if self.home:
            self.home.tell(present, decision.events)

    def _leave(self) -> None:
        """Tell all to stop, then wait for each; whoever does not end is named and left behind."""
        self.service.stopping()
        outside = [(name, part) for name, part in (("MPD", self.player), ("MQTT", self.home)) if part]
        for _, part in outside:
            part.stop()
        self.eye.close()
        for name, part in outside:
            if not part.join(_FAREWELL_S):
                log.warning("the %s connection did not end in time; leaving without it", name)


def status_line(present: Present) -> str:
    """Mood and music in one line for people, as `systemctl status` shows it."""
    player = present.player
    plays = player.title if player.status is PlayerStatus.PLAY else f"player: {player.status}"
    if player.status is PlayerStatus.PLAY and player.artist:
        plays = f"{player.artist} - {player.title}"
    if present.camera.status is not CameraStatus.WATCHING:
        return f"camera: {present.camera.status}; {plays}"
    return f"{present.mood.mood if present.mood else 'looking'}; {plays}"


def _log_camera(camera: CameraState) -> None:
    level = logging.WARNING if camera.status is CameraStatus.LOST else logging.INFO
    text = f"camera {camera.status}: {camera.message}" if camera.message else f"camera {camera.status}"
    log.log(level, "%s", text, extra={"MOODPID_CAMERA": str(camera.status)})


def _log_mood(state: MoodState, wish: Wish) -> None:
    log.info(
        "the mood is %s (%d %%, %d faces)%s",
        state.mood,
        round(100 * state.confidence),
        state.faces,
        f"; music from {', '.join(wish.playlists)}" if wish.playlists else "",
        extra={"MOODPID_MOOD": str(state.mood), "MOODPID_CONFIDENCE": f"{state.confidence:.2f}"},
    )
