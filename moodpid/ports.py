"""What the main loop knows of its neighbours: an observation source, a player, and publishers."""

from collections.abc import Sequence
from typing import Protocol

from moodpid.mood.observation import Observation
from moodpid.mood.policy import MoodEvent, MusicRequest
from moodpid.mood.room import RoomState
from moodpid.state import AppState, CameraState, CameraView


class ObservationSource(Protocol):
    """The faces in the room, one observation at a time."""

    @property
    def state(self) -> CameraState:
        """The state of the camera."""

    @property
    def picture(self) -> bytes | None:
        """The last frame as JPEG; None unless it is asked for."""

    @property
    def view(self) -> CameraView | None:
        """The last frame for the pages that are open, None while none is."""

    def idle_s(self) -> float:
        """Return how long the loop may wait before the next observation, in seconds."""

    def next_observation(self) -> Observation | None:
        """Return the next observation; None while no camera is open.

        Raises:
            CameraError: The camera is gone for good.
            StopRequested: The loop was asked to stop.
        """

    def set_enabled(self, on: bool) -> None:
        """Open or close the camera."""

    def set_rate(self, fps: float) -> None:
        """Set the observations per second from the next one on, as far as the camera allows."""

    def close(self) -> None:
        """Close the camera."""


class MusicPlayer(Protocol):
    """The player, driven by a thread of its own."""

    def start(self) -> None:
        """Start its thread."""

    def request(self, request: MusicRequest) -> None:
        """Request this music in place of what was requested before."""

    def set_enabled(self, on: bool) -> None:
        """Drive the player, or leave it alone."""

    def skip(self) -> None:
        """Skip to the next song, if one plays."""

    def reject_song(self) -> None:
        """Record that the current song does not fit, and skip it."""

    def like(self) -> None:
        """Play songs that sound like the one that plays, until the mood changes."""

    def take_over(self) -> None:
        """End hands off, drive the player at once, and start the music if none plays."""

    def stop(self) -> None:
        """Ask it to stop; return at once."""

    def join(self, timeout_s: float) -> bool:
        """Wait for its thread to end; return False if it does not in time."""


class StatePublisher(Protocol):
    """Publishes the state, on a thread of its own."""

    @property
    def name(self) -> str:
        """What log lines call it, such as `MQTT connection`."""

    def start(self) -> None:
        """Start its thread."""

    def publish(self, state: AppState, events: Sequence[MoodEvent]) -> None:
        """Publish what changed in the state, and these events; never wait."""

    def stop(self) -> None:
        """Publish that the daemon goes offline; return at once."""

    def join(self, timeout_s: float) -> bool:
        """Wait for its thread to end; return False if it does not in time."""


class SaveRoom(Protocol):
    """Saves what was learned of the room."""

    def __call__(self, state: RoomState, /, *, now: bool) -> bool:
        """Save `state`, at once or when it is due; return False if it could not be written."""
