"""The tables of the configuration file as frozen structs; every default stands here."""

from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from moodpid.config.values import (
    MAX_TEXT,
    NO_PIN,
    AnalyseWhen,
    CameraSource,
    DetectorKind,
    FilePath,
    Host,
    Identifier,
    Name,
    OptionalName,
    OptionalTopic,
    Port,
    Positive,
    Seconds,
    Sound,
    Strategy,
    TopicPart,
    TransitionMode,
)
from moodpid.mood.emotion import Emotion, Mood


class _Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file."""


class DeviceConfig(_Table, frozen=True):
    """The id and name of this moodpid in the home."""

    id: Identifier = "moodpid"
    name: Name = "moodpid"


class CameraConfig(_Table, frozen=True):
    """The camera: its source, size, rate and rotation.

    Attributes:
        backlight: Expose for faces before a window.
        led_pin: The GPIO pin of an LED that is on while the camera watches, in Broadcom's numbers; -1: none.
    """

    source: CameraSource = CameraSource.PICAMERA2
    device: Annotated[int, Meta(ge=0, le=1_000_000)] = 0
    path: FilePath = ""
    loop: bool = False
    width: Annotated[int, Meta(ge=160, le=4096)] = 640
    height: Annotated[int, Meta(ge=120, le=4096)] = 480
    fps: Annotated[float, Meta(ge=1, le=30)] = 4.0
    rotation: Literal[0, 90, 180, 270] = 0
    hflip: bool = False
    vflip: bool = False
    backlight: bool = False
    led_pin: Annotated[int, Meta(ge=NO_PIN, le=27)] = NO_PIN


class VisionConfig(_Table, frozen=True):
    """The face detector and the emotion model; empty paths mean the files that come along.

    `ignore_pictures` leaves out a face that has not moved for minutes: a poster, a photograph, a still. It is
    for the detector `haar`; `yunet` cannot tell.
    """

    detector: DetectorKind = DetectorKind.HAAR
    detector_model: FilePath = ""
    min_face_px: Annotated[int, Meta(ge=24, le=4096)] = 64
    ignore_pictures: bool = True
    model: FilePath = ""
    cascade: FilePath = ""

    def __post_init__(self) -> None:
        if self.detector is DetectorKind.YUNET and not self.detector_model:
            raise ValueError('detector = "yunet" needs detector_model, the path of its .onnx file')


class PriorSource(StrEnum):
    """Where the frequencies of moods come from."""

    LEARNED = "learned"
    HOME = "home"
    TRAINING = "training"


Share = Annotated[float, Meta(gt=0, le=1)]


class MoodConfig(_Table, frozen=True):
    """How observations are smoothed into a mood; see `moodpid.mood.mood_filter.FilterSettings`.

    `prior` is how often moods are in this room: as learned here, as in an average home, as in the
    classifier's training, or by a table of shares.
    """

    prior: PriorSource | dict[Emotion, Share] = PriorSource.LEARNED
    smoothing_s: Positive = 2.5
    change_every_s: Positive = 60.0
    threshold: Annotated[float, Meta(ge=0.5, lt=1)] = 0.6
    dwell_s: Annotated[float, Meta(ge=0, le=600)] = 8.0
    somebody_after_s: Positive = 1.0
    nobody_after_s: Positive = 10.0
    memory_s: Positive = 120.0


SENSE_NAME = "[a-z0-9][a-z0-9_-]{0,30}"
MAX_SENSES = 16
SenseName = Annotated[str, Meta(pattern=f"^{SENSE_NAME}$")]


class SenseConfig(_Table, frozen=True):
    """How far another sense than the camera is trusted, and how long a reading of it holds."""

    weight: Annotated[float, Meta(gt=0, le=1)] = 0.5
    expires_s: Annotated[float, Meta(gt=0, le=86400)] = 60.0


class SongSource(_Table, frozen=True):
    """A source of songs: a playlist, filter or folder, what music sounds like, or both together.

    `weight` is its share against the others' weights.
    """

    playlist: OptionalName = ""
    filter: OptionalName = ""
    folder: OptionalName = ""
    sounds: Sound | None = None
    weight: Positive = 1.0

    def __post_init__(self) -> None:
        lists = sum(map(bool, (self.playlist, self.filter, self.folder)))
        if lists > 1 or (not lists and not self.sounds):
            raise ValueError("an entry has one of playlist, filter and folder, or sounds, or both")
        if self.filter and not (self.filter.startswith("(") and self.filter.endswith(")")):
            raise ValueError("a filter is an expression in parentheses, such as '(genre == \"Jazz\")'")

    @property
    def name(self) -> str:
        """Return its name for people: of a playlist the name, a filter as it is, a folder with a slash."""
        place = self.playlist or self.filter or (f"{self.folder.rstrip('/')}/" if self.folder else "")
        if not self.sounds:
            return place
        return f"{place} that sounds {self.sounds}" if place else f"songs that sound {self.sounds}"


# Towards calm and cheerful, by way of calm: one song does not turn anger into joy
_LIFT: dict[Mood, Mood] = {
    Mood.ANGRY: Mood.NEUTRAL,
    Mood.DISGUST: Mood.NEUTRAL,
    Mood.FEAR: Mood.NEUTRAL,
    Mood.SAD: Mood.NEUTRAL,
    Mood.SURPRISE: Mood.HAPPY,
    Mood.NEUTRAL: Mood.HAPPY,
    Mood.HAPPY: Mood.HAPPY,
}


class MpdConfig(_Table, frozen=True):
    """The MPD server, and what it plays in each mood."""

    enabled: bool = True
    host: Host = "localhost"
    port: Port = 6600
    password_file: FilePath = ""
    change: TransitionMode = TransitionMode.NEXT
    autoplay: bool = False
    hands_off_s: Seconds = 900.0
    partition: OptionalName = ""
    strategy: Strategy = Strategy.MATCH
    no_repeat_h: Seconds = 2.0
    lift: dict[Mood, Mood] = field(default_factory=_LIFT.copy)
    playlists: dict[Mood, tuple[Name | SongSource, ...]] = {}

    @property
    def lists(self) -> dict[Mood, tuple[SongSource, ...]]:
        """Return the playlists with every entry in its long form.

        Without any entry each mood has songs that sound like it; an empty room leaves the player as it is.
        """
        if not any(self.playlists.values()):
            moods = [mood for mood in Mood if mood is not Mood.NOBODY]
            return {mood: (SongSource(sounds=Sound(mood.value)),) for mood in moods}
        return {
            mood: tuple(SongSource(playlist=entry) if isinstance(entry, str) else entry for entry in entries)
            for mood, entries in self.playlists.items()
        }

    @property
    def names(self) -> dict[Mood, tuple[str, ...]]:
        """Return the names of each mood's playlists."""
        return {mood: tuple(entry.name for entry in entries) for mood, entries in self.lists.items()}

    @property
    def targets(self) -> dict[Mood, Mood]:
        """Return where `lift` leads from each mood; the file's table overrides the defaults."""
        return {**_LIFT, **self.lift}

    @property
    def active_targets(self) -> dict[Mood, Mood]:
        """Where the music leads by the strategy of the file; empty: it matches the mood."""
        return self.targets if self.strategy is Strategy.LIFT else {}


class LibraryConfig(_Table, frozen=True):
    """The music folder, and when it is analysed; an empty path means the one that MPD has."""

    music: OptionalName = ""
    analyse: AnalyseWhen = AnalyseWhen.OFF


class Transport(StrEnum):
    """What carries MQTT."""

    TCP = "tcp"
    WEBSOCKETS = "websockets"


class MqttConfig(_Table, frozen=True):
    """The broker and the names of the topics; an empty discovery prefix means no Home Assistant."""

    enabled: bool = True
    host: Host = "localhost"
    port: Port | None = None
    username: OptionalName = ""
    password_file: FilePath = ""
    base_topic: TopicPart = "moodpid"
    picture: bool = False
    discovery_prefix: OptionalTopic = "homeassistant"
    transport: Transport = Transport.TCP
    path: Annotated[
        str,
        Meta(max_length=MAX_TEXT, pattern=r"^/[!-~]*\Z", description="a path of an address, such as /mqtt"),
    ] = "/mqtt"
    tls: bool = False
    tls_ca: FilePath = ""
    tls_certificate: FilePath = ""
    tls_key: FilePath = ""


class WebConfig(_Table, frozen=True):
    """The page: where it listens, and what it may show.

    Attributes:
        picture: Show the camera's picture to the people who are signed in.
        base_path: Below which path a reverse proxy passes requests on, such as `/mood`; empty for the root.
        public_url: Where people reach the page through a reverse proxy, without `base_path`.
    """

    enabled: bool = False
    host: Host = "127.0.0.1"
    port: Port = 8730
    picture: bool = False
    password_file: FilePath = ""
    base_path: Annotated[
        str,
        Meta(
            pattern=r"^(/[A-Za-z0-9._~-]+)*\Z",
            description='a path such as "/mood", without a slash at its end, or nothing',
        ),
    ] = ""
    public_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?)?\Z",
            description='scheme and name, such as "https://home.example", or nothing',
        ),
    ] = ""


class Config(_Table, frozen=True):
    """The whole file."""

    device: DeviceConfig = DeviceConfig()
    camera: CameraConfig = CameraConfig()
    vision: VisionConfig = VisionConfig()
    mood: MoodConfig = MoodConfig()
    senses: Annotated[dict[SenseName, SenseConfig], Meta(max_length=MAX_SENSES)] = {}
    player: MpdConfig = MpdConfig()
    library: LibraryConfig = LibraryConfig()
    mqtt: MqttConfig = MqttConfig()
    web: WebConfig = WebConfig()
