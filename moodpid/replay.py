"""The report of a replay: player and publisher in one, which record what they are sent."""

from collections.abc import Callable, Sequence
from typing import Any

from moodpid.mood.mood_filter import MoodState
from moodpid.mood.policy import MoodEvent, MusicRequest
from moodpid.state import AppState, CameraStatus

Emit = Callable[[dict[str, Any]], None]


class ReplayReport:
    """Makes one record of every change of mood, or of every observation.

    Args:
        emit: Takes a record with the keys `at` (seconds of the recording), `mood`, `confidence` (0 to 1),
            `faces` and `play` (the playlists that would play and those they lead to, or None); each
            observation also has `scores`.
        looks: Record every observation.
    """

    name = "report"

    def __init__(self, emit: Emit, *, looks: bool = False) -> None:
        self._emit = emit
        self._observations = looks
        self._play: str | None = None
        self._changed = False
        self._at_s: float | None = None  # of the look that was recorded last

    def request(self, request: MusicRequest) -> None:
        """Record the music that would play from here on."""
        self._play = str(request) or None
        self._changed = True

    def publish(self, state: AppState, _events: Sequence[MoodEvent]) -> None:
        """Record the state after an observation."""
        if state.mood is None:
            return
        # In the dark nothing is seen: the mood is that of a look before
        seen = state.camera.status is CameraStatus.WATCHING and state.mood.at_s != self._at_s
        if (self._observations and seen) or self._changed:
            self._changed, self._at_s = False, state.mood.at_s
            self._emit(self._record(state.mood))

    def _record(self, state: MoodState) -> dict[str, Any]:
        scores = (
            {"scores": {k: round(v, 3) for k, v in state.scores.as_dict().items()}}
            if self._observations
            else {}
        )
        return {
            "at": round(state.at_s, 2),
            "mood": str(state.mood),
            "confidence": round(state.confidence, 3),
            "faces": state.faces,
            "play": self._play,
            **scores,
        }

    def start(self) -> None:
        """Do nothing: a replay has no thread."""

    def set_enabled(self, on: bool) -> None:
        """Do nothing: a replay has no switches."""

    def skip(self) -> None:
        """Do nothing: a replay plays no song."""

    def reject_song(self) -> None:
        """Do nothing: a replay plays no song."""

    def like(self) -> None:
        """Do nothing: there is no song."""

    def take_over(self) -> None:
        """Do nothing: a replay plays no song."""

    def stop(self) -> None:
        """Do nothing: a replay has no thread."""

    def join(self, timeout_s: float) -> bool:  # noqa: ARG002 - there is no thread to wait for
        """Return True: there is no thread to wait for."""
        return True
