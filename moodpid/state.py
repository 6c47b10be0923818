"""What the daemon knows: camera, player, mood and settings, as plain frozen types for every room."""

from dataclasses import dataclass, replace
from enum import IntEnum, StrEnum

from moodpid.mood.emotion import UNIFORM, Affect, Emotion, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.text import EMPTY, CleanText


class CameraStatus(StrEnum):
    """The state of the camera."""

    STARTING = "starting"
    WATCHING = "watching"
    DARK = "dark"
    LOST = "lost"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class CameraState:
    """The camera; `message` is one line on what is wrong, empty if nothing is."""

    status: CameraStatus
    message: CleanText = EMPTY


class PlayerStatus(StrEnum):
    """The state of the player: MPD's own three, unreachable, and disabled."""

    PLAY = "play"
    PAUSE = "pause"
    STOP = "stop"
    UNREACHABLE = "unreachable"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class PlayerState:
    """The player.

    Attributes:
        status: Its state.
        title: Title (or file name) of the song that plays, empty if none.
        artist: Its artist, empty if unknown.
        mood: The mood that moodpid's songs in the queue were chosen for, None if there are none.
        playlist: The stored playlist they came from, empty if none.
        message: One line on what is wrong or what holds the music back, empty if nothing does.
        place: Where the song lies by its sound; None if it was not analysed.
        next_title: Title (or file name) of the song that follows, empty if none.
        why: Why moodpid chose the song that follows, empty if a user did.
    """

    status: PlayerStatus
    title: CleanText = EMPTY
    artist: CleanText = EMPTY
    mood: Mood | None = None
    playlist: str = ""
    message: CleanText = EMPTY
    place: Affect | None = None
    next_title: CleanText = EMPTY
    why: CleanText = EMPTY


@dataclass(frozen=True, slots=True)
class Settings:
    """What users may set, and what outlives a restart.

    Attributes:
        enabled: Watch, or keep the camera closed and leave the player alone.
        drive_music: Let the mood choose the music, or leave MPD alone.
        strategy: Where the music leads, a value of `moodpid.config.Strategy`.
        override: The mood that is published and played whatever the faces show, None for theirs.
        dwell_s: A mood lasts at least this long.
        sensitivity: How readily the mood follows the faces, from 0 to 100.
        fps: Observations per second.
    """

    enabled: bool = True
    drive_music: bool = True
    strategy: str = "match"
    override: Mood | None = None
    dwell_s: float = 8.0
    sensitivity: float = 80.0
    fps: float = 4.0


@dataclass(frozen=True, slots=True)
class Metrics:
    """Latency, rate and temperature; None is what is not known.

    Attributes:
        latency_s: From a frame to the decision on it.
        fps: Observations per second, measured.
        temperature_c: Of the processor.
    """

    latency_s: float | None = None
    fps: float | None = None
    temperature_c: float | None = None


class ViewLevel(IntEnum):
    """How much of each frame the watching pages want; each level includes those before it."""

    NOTHING = 0
    FACES = 1
    AIM = 2


class AimHint(StrEnum):
    """What keeps the camera from reading a face, and can be mended by moving, turning or lighting."""

    DARK = "dark"
    BACKLIT = "backlit"
    SMALL = "small"
    SIDE = "side"
    TILTED = "tilted"
    TURNED = "turned"


@dataclass(frozen=True, slots=True)
class FaceInView:
    """The outline of a face in the picture.

    Attributes:
        x, y: Its upper left corner, in shares of the picture's width and height.
        width, height: Its size, in shares of the picture's width and height.
        width_px: Its width in pixels of the camera.
        emotion: What it shows; None where it is seen for aiming only.
        confidence: The probability of `emotion`, from 0 to 1.
    """

    x: float
    y: float
    width: float
    height: float
    width_px: int
    emotion: Emotion | None = None
    confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class CameraView:
    """One frame, as far as a page may show it.

    Attributes:
        at_s: When it was taken, in monotonic seconds.
        width_px, height_px: The size of the camera's picture.
        faces: Their outlines, the largest first.
        hints: What would make the faces easier to read.
        turn_deg: By how much the picture must be turned clockwise for its faces to stand upright, 0 to 270.
        picture: The frame as JPEG; None where the configuration does not want it shown.
    """

    at_s: float
    width_px: int
    height_px: int
    faces: tuple[FaceInView, ...] = ()
    hints: tuple[AimHint, ...] = ()
    turn_deg: int = 0
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class AppState:
    """All that publishers may publish at this moment.

    Attributes:
        camera, player: Their states.
        picture: The last frame as JPEG, only where the configuration asks for it.
        view: The last observation for the pages that are open, None while none is.
        mood: The mood of the room, or its override; None until the first observation.
        observed_mood: The mood by the faces alone, None until the first observation.
        room_known: Whether the camera watches, or a sense reports in its place.
        settings: What users have set.
        metrics: Latency, rate and temperature.
    """

    camera: CameraState
    player: PlayerState
    mood: MoodState | None = None
    observed_mood: MoodState | None = None
    settings: Settings = Settings()
    metrics: Metrics = Metrics()
    picture: bytes | None = None
    view: CameraView | None = None
    room_known: bool = False

    @property
    def mood_known(self) -> bool:
        """Whether `mood` is of now: the room is known, or a user set the mood."""
        return self.room_known or self.settings.override is not None


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


def without_stale_faces(state: AppState) -> AppState:
    """Return the state; while the room is not known, a mood that a user set has no faces and even scores."""
    if state.mood is None or state.settings.override is None or state.room_known:
        return state
    return replace(state, mood=replace(state.mood, faces=0, scores=UNIFORM))
