"""Builds the parts that the configuration describes: the only module that names concrete ones.

Heavy parts are imported where they are built, so that `moodpid check` starts in a blink.
"""

import logging
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from moodpid.channels import RequestQueue, SharedValue
from moodpid.config import Config, PriorSource, Strategy
from moodpid.errors import ConfigError
from moodpid.mood.mood_filter import FilterSettings, MoodFilter, sensitivity_for
from moodpid.mood.policy import Policy
from moodpid.mood.room import ClassifierProfile, RoomModel, RoomState, prior_from
from moodpid.mood.senses import Sense
from moodpid.ports import MusicPlayer, StatePublisher
from moodpid.requests import Request
from moodpid.state import Settings, ViewLevel
from moodpid.state_files import ROOM_FILE, library_path, state_file
from moodpid.system.credentials import read_secret
from moodpid.system.json_file import JsonFile, runtime_folder, state_folder

if TYPE_CHECKING:
    from moodpid.library.reader import LibraryReader
    from moodpid.settings.fields import Capabilities
    from moodpid.settings.room_store import RoomStore
    from moodpid.settings.store import SettingsStore
    from moodpid.vision.live_view import LiveView
    from moodpid.vision.pipeline import FacePipeline
    from moodpid.vision.sources import LiveSource

log = logging.getLogger(__name__)

DATA = Path(__file__).parent / "data"
BUNDLED_MODEL = DATA / "emotion.tflite"


def build_pipeline(config: Config, *, stills: bool = False) -> tuple["FacePipeline", ClassifierProfile]:
    """Return detector and classifier joined, and what the filter must know of the classifier.

    Args:
        config: Names the model and the cascade.
        stills: For unrelated pictures instead of a camera's frames.

    Raises:
        ModelError, CascadeError: One of them is unusable.
    """
    from moodpid.vision.classifier import TfliteClassifier
    from moodpid.vision.detectors import build_detector
    from moodpid.vision.model_trial import try_model
    from moodpid.vision.pipeline import FacePipeline

    if config.vision.model:
        try_model(Path(config.vision.model))
    classifier = TfliteClassifier(Path(config.vision.model) if config.vision.model else BUNDLED_MODEL)
    return FacePipeline(build_detector(config.vision, stills=stills), classifier), classifier.profile


def build_policy(config: Config) -> Policy:
    """Return the policy: which music to request in each mood."""
    player = config.player
    return Policy(player.names, player.targets, lifts=player.strategy is Strategy.LIFT)


def build_source(
    config: Config,
    pipeline: "FacePipeline",
    stopping: Callable[[], bool],
    view_level: SharedValue[ViewLevel],
) -> "LiveSource":
    """Return the observation source; it opens its camera with the first observation.

    Args:
        config: Names the camera.
        pipeline: Makes observations of frames.
        stopping: Whether the service was asked to stop.
        view_level: How much of each frame the open pages want.

    Raises:
        ConfigError: The program for this kind of camera is not installed.
    """
    from moodpid.vision.annotate import FrameAnnotator
    from moodpid.vision.cameras.registry import camera_opener
    from moodpid.vision.sources import MIN_FPS, LiveSource

    annotator = FrameAnnotator() if config.mqtt.enabled and config.mqtt.picture else None
    view = _live_view(config, view_level) if config.web.enabled else None
    source = LiveSource(camera_opener(config.camera, stopping), pipeline, annotator, live_view=view)
    if config.camera.fps < MIN_FPS:
        source.set_rate(config.camera.fps)
    return source


def _live_view(config: Config, level: SharedValue[ViewLevel]) -> "LiveView":
    from moodpid.vision.aim import AimAdvisor
    from moodpid.vision.live_view import LiveView

    vision = config.vision
    return LiveView(
        level.get, lambda: AimAdvisor(vision.min_face_px, vision.cascade), picture=config.web.picture
    )


def build_player(config: Config, requests: RequestQueue[Request]) -> MusicPlayer:
    """Return the MPD worker, not yet started."""
    from moodpid.mpd.worker import MpdWorker

    folder = runtime_folder()
    file = JsonFile(folder / "player.json" if folder else None)
    return MpdWorker(
        config.player,
        requests.post,
        password=mpd_password(config),
        file=file,
        reader=library_reader(),
    )


def build_publishers(
    config: Config, requests: RequestQueue[Request], view_level: SharedValue[ViewLevel]
) -> tuple[StatePublisher, ...]:
    """Return the publishers that the configuration switches on, not yet started.

    Raises:
        ConfigError: One of them cannot be used as it is configured.
    """
    mqtt = (_mqtt_publisher(config, requests),) if config.mqtt.enabled else ()
    page = (_web_publisher(config, requests, view_level),) if config.web.enabled else ()
    return (*mqtt, *page, *_camera_light(config))


def _camera_light(config: Config) -> tuple[StatePublisher, ...]:
    if config.camera.led_pin < 0:
        return ()
    from moodpid.camera_light import CameraLight, open_led

    return (CameraLight(open_led(config.camera.led_pin)),)


def _web_publisher(
    config: Config, requests: RequestQueue[Request], view_level: SharedValue[ViewLevel]
) -> StatePublisher:
    try:
        from moodpid.web.page import PageParts, build_page
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"[web] needs the Python module {error.name}: sudo apt install python3-aiohttp"
        ) from error
    from moodpid.page_backend import Backend
    from moodpid.settings.fields import setting_fields
    from moodpid.web.key_file import KEY_FILE, KeyFile

    folder = runtime_folder()
    parts = PageParts(
        setting_fields(capabilities(config)),
        requests.post,
        Backend(
            config,
            mpd_password(config),
            library=library_reader,
            make_pipeline=lambda: build_pipeline(config, stills=True)[0],
        ),
        view_level,
        KeyFile(JsonFile(folder / KEY_FILE if folder else None)),
        links=folder is not None,
        password=web_password(config),
        hostname=socket.gethostname(),
    )
    return build_page(config, parts)


def _mqtt_publisher(config: Config, requests: RequestQueue[Request]) -> StatePublisher:
    from moodpid.mqtt.publisher import build_publisher

    return build_publisher(
        config.device,
        config.mqtt,
        requests.post,
        mqtt_password(config),
        capabilities=capabilities(config),
        memory=state_file("topics.json"),
    )


def build_settings_store(config: Config, settings: Settings) -> "SettingsStore":
    """Return the store of the settings; it keeps them where systemd provides a state folder."""
    from moodpid.settings.store import SettingsStore

    if (config.mqtt.enabled or config.web.enabled) and state_folder() is None:
        remedy = "STATE_DIRECTORY=FOLDER moodpid run keeps them"
        log.info("settings are not kept over a restart: STATE_DIRECTORY is not set; %s", remedy)
    return SettingsStore(state_file("settings.json"), capabilities(config), settings)


def build_room_store(profile: ClassifierProfile) -> "RoomStore":
    """Return the store of what is learned of the room; it keeps it where systemd provides a state folder."""
    from moodpid.settings.room_store import RoomStore

    return RoomStore(state_file(ROOM_FILE), profile.model)


def library_reader() -> "LibraryReader":
    """Return the reader of the database about songs, which need not be there."""
    from moodpid.library.reader import LibraryReader

    return LibraryReader(library_path())


def capabilities(config: Config) -> "Capabilities":
    """Return what users may set and press here."""
    from moodpid.settings.fields import Capabilities

    return Capabilities(
        config.player.enabled,
        config.camera.fps,
        config.mqtt.picture,
        _page_url(config),
        tuple(config.senses),
    )


def _page_url(config: Config) -> str:
    """Return where other machines reach the page, empty if they cannot."""
    if not config.web.enabled:
        return ""
    from moodpid.web.listen_address import PageAddress

    address = PageAddress.of(config.web, socket.gethostname())
    return address.url if address.reachable else ""


def default_settings(config: Config) -> Settings:
    """Return the configuration's values of all settings."""
    return Settings(
        strategy=config.player.strategy,
        dwell_s=config.mood.dwell_s,
        sensitivity=round(sensitivity_for(config.mood.threshold)),
        fps=config.camera.fps,
    )


def mpd_password(config: Config) -> str:
    """Return the password of MPD, empty for none; raise ConfigError if its file cannot be read."""
    return read_secret("mpd-password", config.player.password_file)


def mqtt_password(config: Config) -> str:
    """Return the password of the broker, empty for none; raise ConfigError if its file cannot be read."""
    return read_secret("mqtt-password", config.mqtt.password_file)


def web_password(config: Config) -> str:
    """Return the password of the page, empty for none; raises ConfigError if its file cannot be read."""
    return read_secret("web-password", config.web.password_file)


def build_mood_filter(
    config: Config, profile: ClassifierProfile, learned: RoomState | None = None, *, room_known: bool = True
) -> MoodFilter:
    """Return the filter that turns observations into a mood.

    Args:
        config: Says how it weighs and waits, and where the frequencies of moods come from.
        profile: Of the classifier whose scores it reads.
        learned: What was learned of the room before.
        room_known: Whether the room is known to be empty at first.
    """
    senses = {name: Sense(sense.weight, sense.expires_s) for name, sense in config.senses.items()}
    settings, room = filter_settings(config, profile), build_room(config, profile, learned)
    return MoodFilter(settings, room, senses, room_known=room_known)


def build_room(config: Config, profile: ClassifierProfile, learned: RoomState | None = None) -> RoomModel:
    """Return how often moods are in the room; see `build_mood_filter`."""
    prior = config.mood.prior
    if prior is PriorSource.TRAINING:
        frequencies = profile.prior
    else:
        frequencies = prior_from({} if isinstance(prior, PriorSource) else prior)
    return RoomModel(frequencies, profile.mean_logs, learns=prior is PriorSource.LEARNED, state=learned)


def filter_settings(config: Config, profile: ClassifierProfile) -> FilterSettings:
    """Return the filter's settings: the configuration's, and the prior of the model's training."""
    mood = config.mood
    return FilterSettings(
        smoothing_s=mood.smoothing_s,
        change_every_s=mood.change_every_s,
        threshold=mood.threshold,
        dwell_s=mood.dwell_s,
        somebody_after_s=mood.somebody_after_s,
        nobody_after_s=mood.nobody_after_s,
        memory_s=mood.memory_s,
        prior=profile.prior,
    )
