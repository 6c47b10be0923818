"""The commands that change what MPD does: the planner chooses them, the reconcile loop sends them. Pure."""

from dataclasses import dataclass
from typing import TypeAlias

PRIORITY = 10  # in random mode songs with a priority come first; below 255, a user may outbid us
REQUEST_PRIORITY = PRIORITY + 1  # of songs that a user asked for


@dataclass(frozen=True, slots=True)
class Remove:
    """Take a song of ours out of the queue."""

    id: int
    why: str


@dataclass(frozen=True, slots=True)
class Prioritize:
    """Give a song a priority, so that random mode comes to it next."""

    id: int
    priority: int
    why: str


@dataclass(frozen=True, slots=True)
class Play:
    """Go to a song of ours; `fade` softens the end of the song that plays."""

    id: int
    fade: bool
    why: str


@dataclass(frozen=True, slots=True)
class Seek:
    """Go to a place in the current song from which MPD crossfades into ours by itself.

    Attributes:
        at_s: The place, in seconds.
        id: Our song, to be played at once where the current one cannot seek.
        why: In words.
    """

    at_s: float
    id: int
    why: str


@dataclass(frozen=True, slots=True)
class Resume:
    """End a pause that MPD made itself, because of an error."""

    why: str


@dataclass(frozen=True, slots=True)
class ClearError:
    """Clear an error that MPD shows though it plays, so that the same one is noticed again."""

    why: str


Command: TypeAlias = Remove | Prioritize | Play | Seek | Resume | ClearError
