"""The composition root: the only module that names concrete parts and puts them together.

Heavy parts are imported where they are built, so that `moodpid check` starts in a blink.
"""

import contextlib
import logging
import signal
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from moodpid.channels import RequestQueue
from moodpid.config import CameraSource, Config, Strategy
from moodpid.daemon import Daemon
from moodpid.errors import ConfigError, PictureError, RecordingEnded
from moodpid.mood.emotion import Mood
from moodpid.mood.filter import FilterSettings, MoodFilter, sensitivity_for
from moodpid.mood.policy import Policy
from moodpid.ports import MusicPlayer, StatePublisher
from moodpid.replay import ReplayReport
from moodpid.state import Finding, Request, Settings
from moodpid.system.credentials import read_secret
from moodpid.system.json_file import JsonFile, runtime_folder, state_folder
from moodpid.system.sd_notify import ServiceManager, service_manager

if TYPE_CHECKING:
    from moodpid.settings.fields import Capabilities
    from moodpid.settings.store import SettingsStore
    from moodpid.vision.pipeline import ClassifiedFace, FacePipeline
    from moodpid.vision.sources import LiveSource
    from moodpid.vision.types import Camera

log = logging.getLogger(__name__)

BUNDLED_MODEL = Path(__file__).parent / "data" / "emotion.tflite"


def run(config: Config) -> None:
    """The service, until it is asked to stop or a recording is over.

    Raises:
        MoodpidError: Something is unusable or gone for good; its class knows the exit code.
    """
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    requests: RequestQueue[Request] = RequestQueue()
    observer, prior = build_pipeline(config)
    settings = default_settings(config)
    store = build_settings_store(config, settings)
    daemon = Daemon(
        build_source(config, observer, stop.is_set),
        MoodFilter(filter_settings(config, prior)),
        build_policy(config),
        build_player(config, requests) if config.player.enabled else None,
        build_publisher(config, requests) if config.mqtt.enabled else None,
        requests,
        service_manager(),
        stop,
        settings=settings,
        restored_settings=store.load()
        if config.mqtt.enabled
        else None,  # what nobody can set, nobody could undo
        save_settings=store.save,
    )
    try:
        daemon.run()
    except RecordingEnded as end:
        log.info("%s", end)


def replay(
    path: Path | None, config: Config, report: ReplayReport, on_fault: Callable[[PictureError], None]
) -> None:
    """A recording through the very loop of `run`, as fast as it goes, and nothing sent.

    Args:
        path: A folder of pictures or a video; None for the bundled recording.
        config: Its `camera.fps` is the rate of looks.
        report: Hears what was seen, felt and would have been played.
        on_fault: Told of everything in the recording that cannot be read.

    Raises:
        MoodpidError: The model, or the recording as a whole, is unusable.
    """
    from moodpid.vision.cameras import recording
    from moodpid.vision.sources import ReplaySource

    observer, prior = build_pipeline(config)
    daemon = Daemon(
        ReplaySource(recording.frames(path, config.camera.fps, on_fault), observer),
        MoodFilter(filter_settings(config, prior)),
        build_policy(config),
        report,
        report,
        RequestQueue(),
        ServiceManager(lambda _message: None),
        Event(),
    )
    with contextlib.suppress(RecordingEnded):
        daemon.run()


def classify(
    files: Iterable[Path], config: Config
) -> Iterator[tuple[Path, "tuple[ClassifiedFace, ...] | PictureError"]]:
    """The faces in each picture, or what is wrong with it.

    Raises:
        MoodpidError: The model is unusable.
    """
    from moodpid.vision.image_files import read_grey
    from moodpid.vision.types import Frame

    observer, _ = build_pipeline(config, stills=True)
    for file in files:
        try:
            yield file, observer.analyze(Frame(read_grey(file), 0.0))
        except PictureError as error:
            yield file, error


def build_pipeline(config: Config, *, stills: bool = False) -> tuple["FacePipeline", tuple[float, ...]]:
    """Detector and classifier, joined, and the prior of the classifier's training.

    Args:
        config: Names the model and the cascade.
        stills: For pictures that have nothing to do with each other, instead of a camera's.

    Raises:
        ModelError, CascadeError: One of them is unusable.
    """
    from moodpid.vision.classifier import TfliteClassifier
    from moodpid.vision.haar import HaarDetector, StillDetector
    from moodpid.vision.pipeline import FacePipeline

    classifier = TfliteClassifier(Path(config.vision.model) if config.vision.model else BUNDLED_MODEL)
    detector = (StillDetector if stills else HaarDetector)(config.vision.min_face_px, config.vision.cascade)
    return FacePipeline(detector, classifier), classifier.prior


def build_policy(config: Config) -> Policy:
    """What to wish for in each mood, by the lists and the strategy of the configuration."""
    player = config.player
    return Policy(player.names, player.targets, lifts=player.strategy is Strategy.LIFT)


def build_source(config: Config, observer: "FacePipeline", stopping: Callable[[], bool]) -> "LiveSource":
    """The eye of the service; it opens its camera with the first look, and says then what is wrong with it.

    Args:
        config: Names the camera.
        observer: Makes observations of its frames.
        stopping: Whether the service was asked to stop.

    Raises:
        ConfigError: The program for this kind of camera is not installed.
    """
    from moodpid.vision.annotate import FrameAnnotator
    from moodpid.vision.sources import LiveSource

    picture = config.mqtt.enabled and config.mqtt.picture
    return LiveSource(camera_opener(config, stopping), observer, FrameAnnotator() if picture else None)


def camera_opener(config: Config, stopping: Callable[[], bool] = lambda: False) -> Callable[[], "Camera"]:
    """How to open the camera that is configured, the right way up.

    Args:
        config: Names the camera.
        stopping: Whether we were asked to stop, so that the camera is not waited for any more.

    Returns:
        Opens it; raises CameraError, StopRequested, or ConfigError for a recording that cannot be played.

    Raises:
        ConfigError: The program for this kind of camera is not installed.
    """
    from moodpid.vision.cameras.rotated import RotatedCamera
    from moodpid.vision.cameras.time_limited import TimeLimitedCamera

    camera, opener = config.camera, _source_opener(config)
    if not (camera.rotation or camera.hflip or camera.vflip):
        return lambda: TimeLimitedCamera(opener, stopping)
    return lambda: RotatedCamera(
        TimeLimitedCamera(opener, stopping), camera.rotation, hflip=camera.hflip, vflip=camera.vflip
    )


def _source_opener(config: Config) -> Callable[[], "Camera"]:
    camera = config.camera
    size = camera.width, camera.height
    if camera.source is CameraSource.RECORDING:
        return lambda: _open_recording(config)
    if camera.source is CameraSource.WEBCAM:
        from moodpid.vision.cameras.webcam import Webcam

        return lambda: Webcam(camera.device, *size, camera.fps)
    try:
        from moodpid.vision.cameras.picamera import PiCamera
    except ImportError as error:
        raise ConfigError(
            f"[camera] source: picamera2 is not installed here ({error}); install python3-picamera2, or set "
            'source = "webcam"'
        ) from error
    return lambda: PiCamera(camera.device, *size, camera.fps, backlight=camera.backlight)


def _open_recording(config: Config) -> "Camera":
    from moodpid.vision.cameras import recording

    camera = config.camera
    path = Path(camera.path) if camera.path else None
    try:
        return recording.RecordingCamera(
            lambda: recording.frames(path, camera.fps, lambda fault: log.warning("%s", fault)),
            camera.fps,
            loop=camera.loop,
        )
    except PictureError as error:
        raise ConfigError(f"[camera] path: {error}") from error


def build_player(config: Config, requests: RequestQueue[Request]) -> MusicPlayer:
    """The MPD worker, not yet started."""
    from moodpid.mpd.worker import MpdWorker

    folder = runtime_folder()
    file = JsonFile(folder / "player.json" if folder else None)
    return MpdWorker(config.player, requests.post, mpd_password(config), file=file)


def build_publisher(config: Config, requests: RequestQueue[Request]) -> StatePublisher:
    """The MQTT publisher, not yet started."""
    from moodpid.mqtt.publisher import MqttPublisher

    return MqttPublisher(
        config.device,
        config.mqtt,
        requests.post,
        mqtt_password(config),
        capabilities(config),
        state_file("topics.json"),
    )


def build_settings_store(config: Config, settings: Settings) -> "SettingsStore":
    """Keeps what the home sets, where systemd gives us a place."""
    from moodpid.settings.store import SettingsStore

    if config.mqtt.enabled and state_folder() is None:
        log.info("what the home sets is not kept over a restart: no STATE_DIRECTORY")
    return SettingsStore(state_file("settings.json"), capabilities(config), settings)


def state_file(name: str) -> JsonFile:
    """A file that outlives a restart, where systemd gives us a place."""
    folder = state_folder()
    return JsonFile(folder / name if folder else None)


def capabilities(config: Config) -> "Capabilities":
    """What the home may set and press here."""
    from moodpid.settings.fields import Capabilities

    return Capabilities(config.player.enabled, config.camera.fps, config.mqtt.picture)


def default_settings(config: Config) -> Settings:
    """What the configuration says about things that the home may set."""
    mood = config.mood
    sensitivity = round(sensitivity_for(mood.threshold))
    return Settings(
        strategy=config.player.strategy,
        dwell_s=mood.dwell_s,
        sensitivity=sensitivity,
        fps=config.camera.fps,
    )


def playlists(config: Config, mood: Mood | None = None) -> tuple[str, bool]:
    """What each mood would play now, or the next songs of one; as text, and whether all lists are there.

    Raises:
        MoodpidError: MPD cannot be asked.
    """
    from moodpid.mpd import playlist_report

    if mood is None:
        moods = playlist_report.report(config.player, mpd_password(config))
        return playlist_report.as_text(moods), all(one.ok for one in moods)
    picks = playlist_report.dry_run(config.player, mood, mpd_password(config))
    return playlist_report.picks_as_text(picks) or f"{mood} leaves the player as it is", True


def forget(config: Config) -> list[Finding]:
    """Take this device out of the home for good; what came of it."""
    from moodpid.mqtt.forget import forget

    return forget(config.device, config.mqtt, mqtt_password(config))


def mpd_password(config: Config) -> str:
    """The password of MPD, empty for none; raises ConfigError if its file cannot be read."""
    return read_secret("mpd-password", config.player.password_file)


def mqtt_password(config: Config) -> str:
    """The password of the broker, empty for none; raises ConfigError if its file cannot be read."""
    return read_secret("mqtt-password", config.mqtt.password_file)


def filter_settings(config: Config, prior: tuple[float, ...]) -> FilterSettings:
    """The filter's settings: what the configuration says, and the prior that the model brings."""
    mood = config.mood
    return FilterSettings(
        smoothing_s=mood.smoothing_s,
        change_every_s=mood.change_every_s,
        threshold=mood.threshold,
        dwell_s=mood.dwell_s,
        somebody_after_s=mood.somebody_after_s,
        nobody_after_s=mood.nobody_after_s,
        memory_s=mood.memory_s,
        prior=prior,
    )
