"""The report of a replay: it stands in for player and home, and writes down what they would hear."""

from collections.abc import Callable, Sequence
from typing import Any

from moodpid.config import Strategy
from moodpid.mood.filter import MoodState
from moodpid.mood.policy import MoodEvent, MusicRequest
from moodpid.state import AppState

Emit = Callable[[dict[str, Any]], None]


class ReplayReport:
    """Makes one record of every change of mood, or of every look.

    Args:
        emit: Takes a record with the keys `at` (seconds of the recording), `mood`, `confidence` (0 to 1),
            `faces` and `play` (the playlists that would play and those they lead to, or None); each look also
            has `scores`.
        looks: Record every look.
    """

    name = "report"

    def __init__(self, emit: Emit, *, looks: bool = False) -> None:
        self._emit = emit
        self._observations = looks
        self._play: str | None = None
        self._changed = False

    def request(self, request: MusicRequest) -> None:
        """As the player: this is what it would play from here on."""
        self._play = str(request) or None
        self._changed = True

    def publish(self, present: AppState, _events: Sequence[MoodEvent]) -> None:
        """As the home: this is how things are after a look."""
        if present.mood and (self._observations or self._changed):
            self._changed = False
            self._emit(self._record(present.mood))

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
        """Nothing to begin: nothing is sent."""

    def set_enabled(self, on: bool) -> None:
        """Nobody switches a replay."""

    def set_strategy(self, strategy: Strategy) -> None:
        """Nobody switches a replay."""

    def skip(self) -> None:
        """Nobody skips in a replay."""

    def reject_song(self) -> None:
        """Nobody complains about a replay."""

    def stop(self) -> None:
        """Nothing to end."""

    def join(self, timeout_s: float) -> bool:  # noqa: ARG002 - there is no thread to wait for
        """Nothing to wait for."""
        return True
