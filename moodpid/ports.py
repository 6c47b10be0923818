"""What the loop knows of its neighbours: an eye that looks, a player and a home that hear what follows."""

from collections.abc import Sequence
from typing import Protocol

from moodpid.config import Strategy
from moodpid.mood.observation import Observation
from moodpid.mood.policy import MoodEvent, MusicRequest
from moodpid.state import AppState, CameraState


class ObservationSource(Protocol):
    """Looks at the room."""

    @property
    def state(self) -> CameraState:
        """What the camera is doing."""

    @property
    def picture(self) -> bytes | None:
        """The last look as JPEG, None where nobody asked for it."""

    def idle_s(self) -> float:
        """How long the loop may rest before the next look, in seconds."""

    def next_observation(self) -> Observation | None:
        """The next observation, None while there is nothing to look through.

        Raises:
            CameraError: There will never be one again.
            StopRequested: The loop is to end, and nothing is waited for any more.
        """

    def set_enabled(self, on: bool) -> None:
        """Open or close the camera."""

    def set_rate(self, fps: float) -> None:
        """Look this often a second from the next look on, as far as the camera goes."""

    def close(self) -> None:
        """Give the camera back."""


class MusicPlayer(Protocol):
    """Has a thread of its own that carries wishes out."""

    def start(self) -> None:
        """Begin."""

    def request(self, request: MusicRequest) -> None:
        """Replace the wish by this one."""

    def set_enabled(self, on: bool) -> None:
        """Carry wishes out, or leave the player alone."""

    def set_strategy(self, strategy: Strategy) -> None:
        """Where the music leads."""

    def skip(self) -> None:
        """Go on to the next song, if one plays."""

    def reject_song(self) -> None:
        """Remember that the song that plays does not fit, and go on to the next."""

    def stop(self) -> None:
        """Ask it to end; returns at once."""

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; False if it has not come in time."""


class StatePublisher(Protocol):
    """Publishes the state, on a thread of its own."""

    @property
    def name(self) -> str:
        """What log lines call it, such as `MQTT connection`."""

    def start(self) -> None:
        """Begin."""

    def publish(self, present: AppState, events: Sequence[MoodEvent]) -> None:
        """Pass on what is new in the present state, and these events; never waits."""

    def stop(self) -> None:
        """Begin to say good-bye; returns at once."""

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; False if it has not come in time."""
