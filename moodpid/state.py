"""What the daemon knows: camera, player, mood and settings, as plain frozen types for every room."""

from dataclasses import dataclass
from enum import StrEnum

from moodpid.mood.emotion import Mood
from moodpid.mood.filter import MoodState


class CameraStatus(StrEnum):
    """What the camera is doing."""

    STARTING = "starting"
    WATCHING = "watching"
    DARK = "dark"
    LOST = "lost"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class CameraState:
    """The camera; `message` says in one line what is wrong, and is empty when nothing is."""

    status: CameraStatus
    message: str = ""


class PlayerStatus(StrEnum):
    """What the player is doing: MPD's own three states, and two in which we cannot know or may not act."""

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
class Settings:
    """What the home may set, and what outlives a restart.

    Attributes:
        enabled: Watch, or keep the camera closed and leave the player alone.
        drive_music: Let the mood choose the music, or leave MPD alone.
        strategy: Where the music leads, a value of `moodpid.config.Strategy`.
        override: The mood that is told and played whatever the faces show, None for what they show.
        dwell_s: A mood lasts at least this long.
        sensitivity: From 0 to 100: how readily the mood follows the faces.
        fps: Looks a second.
    """

    enabled: bool = True
    drive_music: bool = True
    strategy: str = "match"
    override: Mood | None = None
    dwell_s: float = 8.0
    sensitivity: float = 60.0
    fps: float = 4.0


@dataclass(frozen=True, slots=True)
class Metrics:
    """How the machine does its work; None is what is not known.

    Attributes:
        latency_s: From a picture to what followed from it.
        fps: Looks a second, measured.
        temperature_c: Of the processor.
    """

    latency_s: float | None = None
    fps: float | None = None
    temperature_c: float | None = None


@dataclass(frozen=True, slots=True)
class AppState:
    """All that the home may know at this moment.

    Attributes:
        camera, player: What they are doing.
        picture: The last look as JPEG, only where the configuration wants it told.
        mood: What the room feels like, or is to feel like; None until the first look.
        observed_mood: What the faces alone say, None until the first look.
        settings: What the home has set.
        metrics: How the machine does.
    """

    camera: CameraState
    player: PlayerState
    mood: MoodState | None = None
    observed_mood: MoodState | None = None
    settings: Settings = Settings()
    metrics: Metrics = Metrics()
    picture: bytes | None = None


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
