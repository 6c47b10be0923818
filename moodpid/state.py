"""What the daemon knows and is asked for, as plain frozen types that every room may name."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from moodpid.mood.emotion import Mood
from moodpid.mood.filter import MoodState


class CameraStatus(StrEnum):
    """What the camera is doing."""

    STARTING = "starting"
    WATCHING = "watching"
    LOST = "lost"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class CameraState:
    """The camera; `message` says in one line what is wrong, and is empty when nothing is."""

    status: CameraStatus
    message: str = ""


class PlayerStatus(StrEnum):
    """What the player is doing: MPD's own three states, and three in which we cannot know or may not act."""

    PLAY = "play"
    PAUSE = "pause"
    STOP = "stop"
    UNREACHABLE = "unreachable"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class PlayerState:
    """The player.

    Attributes:
        status: What it is doing.
        title: Title (or file name) of the song that plays, empty if none.
        artist: Its artist, empty if unknown.
        mood: The mood our songs in the queue were chosen for, None if none of ours is there.
        playlist: The stored playlist they came from, empty if none.
        message: One line on what is wrong or why we hold back, empty if all is well.
    """

    status: PlayerStatus
    title: str = ""
    artist: str = ""
    mood: Mood | None = None
    playlist: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Present:
    """All that the home may know at this moment; `mood` is None until the first look."""

    enabled: bool
    camera: CameraState
    player: PlayerState
    mood: MoodState | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What the doctor found about one part.

    Attributes:
        ok: Whether the part will do its work.
        subject: The part, such as `camera`.
        message: How it is, in one line.
        remedy: What to do about it, best a command; empty if all is well.
    """

    ok: bool
    subject: str
    message: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class SetEnabled:
    """Request: watch (True), or close the camera and leave the player alone (False)."""

    on: bool


@dataclass(frozen=True, slots=True)
class PlayerChanged:
    """News from the MPD worker."""

    player: PlayerState


Request: TypeAlias = SetEnabled | PlayerChanged
Post: TypeAlias = Callable[[Request], bool]
