"""What is asked of the main loop, and the news that reach it: plain frozen types."""

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
        """The settings after this."""
        changes: dict[str, Any] = {self.name: self.value}
        return replace(settings, **changes)


class Button(StrEnum):
    """What can be asked for once."""

    SKIP = "skip"
    REJECT_SONG = "misfit"
    RESTART = "restart"


@dataclass(frozen=True, slots=True)
class PressButton:
    """Request: do this, once."""

    button: Button


@dataclass(frozen=True, slots=True)
class PlayerChanged:
    """News from the MPD worker."""

    player: PlayerState


@dataclass(frozen=True, slots=True)
class TrackSkipped:
    """News from the MPD worker: a person left a song of ours before its end, by other means than us."""


Request: TypeAlias = ChangeSetting | PressButton | PlayerChanged | TrackSkipped
Post: TypeAlias = Callable[[Request], bool]
