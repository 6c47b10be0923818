"""What the main loop is asked for and informed of: plain frozen types."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, TypeAlias

from moodpid.state import PlayerState, Settings

Value: TypeAlias = bool | float | str | None


@dataclass(frozen=True, slots=True)
class ChangeSetting:
    """Request: set the field of `Settings` that has this name; name and value are valid."""

    name: str
    value: Value

    def applied(self, settings: Settings) -> Settings:
        """Return the settings after this change."""
        changes: dict[str, Any] = {self.name: self.value}
        return replace(settings, **changes)


class Button(StrEnum):
    """What can be requested once."""

    SKIP = "skip"
    REJECT_SONG = "misfit"
    TAKE_OVER = "take_over"
    LIKE = "like"
    FORGET_ROOM = "forget_room"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class PressButton:
    """Request: do this once."""

    button: Button


@dataclass(frozen=True, slots=True)
class SenseReport:
    """Request: take in a reading of a sense of the configuration.

    Attributes:
        name: The sense.
        evidence: Logarithms of likelihoods, in the order of `Emotion`.
        weight: From 0 to 1, a share of the sense's own weight.
    """

    name: str
    evidence: tuple[float, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class PlayerChanged:
    """News from the MPD worker."""

    player: PlayerState


@dataclass(frozen=True, slots=True)
class TrackSkipped:
    """News from the MPD worker: a user left one of its songs early, in another client or by a button."""


Request: TypeAlias = ChangeSetting | PressButton | SenseReport | PlayerChanged | TrackSkipped
Post: TypeAlias = Callable[[Request], bool]
