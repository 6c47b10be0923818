"""The use cases behind the verbs: run the service, replay a recording, classify pictures, and the rest."""

import contextlib
import logging
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from moodpid import state_files, wiring
from moodpid.channels import RequestQueue, SharedValue
from moodpid.config import Config
from moodpid.daemon import Daemon
from moodpid.errors import PageLinkError, PictureError, RecordingEnded, RestartRequested
from moodpid.mood.emotion import Mood
from moodpid.replay import ReplayReport
from moodpid.state import Finding, ViewLevel
from moodpid.system.json_file import JsonFile
from moodpid.system.sd_notify import ServiceManager, service_manager
from moodpid.system.signals import stop_on_signals
from moodpid.system.systemctl import read_unit

if TYPE_CHECKING:
    from moodpid.requests import Request
    from moodpid.vision.pipeline import ClassifiedFace

log = logging.getLogger(__name__)


def run(config: Config) -> None:
    """Run the service until it is asked to stop or a recording ends.

    Raises:
        MoodpidError: A part is unusable or gone for good, or a restart was requested; its class has the exit
            code.
    """
    signals = stop_on_signals()
    requests: RequestQueue[Request] = RequestQueue()
    view_level = SharedValue(ViewLevel.NOTHING)
    pipeline, profile = wiring.build_pipeline(config)
    settings = wiring.default_settings(config)
    store = wiring.build_settings_store(config, settings)
    room_store = wiring.build_room_store(profile)
    daemon = Daemon(
        wiring.build_source(config, pipeline, signals.event.is_set, view_level),
        wiring.build_mood_filter(config, profile, room_store.load(), room_known=False),
        wiring.build_policy(config),
        wiring.build_player(config, requests) if config.player.enabled else None,
        wiring.build_publishers(config, requests, view_level),
        requests,
        service_manager(),
        signals.event,
        settings=settings,
        restored_settings=store.load()
        if config.mqtt.enabled or config.web.enabled
        else None,  # without MQTT and the page nobody could undo them
        save_settings=store.save,
        save_room=room_store.save,
    )
    try:
        daemon.run()
    except RecordingEnded as end:
        log.info("%s", end)
    if signals.restart:
        raise RestartRequested("restart requested by SIGHUP")


def replay(
    path: Path | None, config: Config, report: ReplayReport, on_fault: Callable[[PictureError], None]
) -> None:
    """Run a recording through the loop of `run`, as fast as it goes; send nothing.

    Args:
        path: A folder of pictures or a video; None for the bundled recording.
        config: Its `camera.fps` is the rate of observations.
        report: Receives states, moods and the music that would be played.
        on_fault: Receives each fault of the recording.

    Raises:
        MoodpidError: The model, or the recording as a whole, is unusable.
    """
    from moodpid.vision.cameras import recording
    from moodpid.vision.sources import ReplaySource

    pipeline, profile = wiring.build_pipeline(config)
    source = ReplaySource(recording.frames(path, config.camera.fps, on_fault), pipeline)
    daemon = Daemon(
        source,
        wiring.build_mood_filter(config, profile),
        wiring.build_policy(config),
        report,
        (report,),
        RequestQueue(),
        ServiceManager(lambda _message: None),
        Event(),
        clock=lambda: source.at_s,
    )
    with contextlib.suppress(RecordingEnded):
        daemon.run()


def classify(
    files: Iterable[Path], config: Config
) -> Iterator[tuple[Path, "tuple[ClassifiedFace, ...] | PictureError"]]:
    """Yield the faces of each picture, or the error of one that cannot be read.

    Raises:
        MoodpidError: The model is unusable.
    """
    from moodpid.vision.image_files import read_grey
    from moodpid.vision.types import Frame

    pipeline, _ = wiring.build_pipeline(config, stills=True)
    for file in files:
        try:
            yield file, pipeline.analyze(Frame(read_grey(file), 0.0))
        except PictureError as error:
            yield file, error


def playlists(config: Config, mood: Mood | None = None) -> tuple[str, bool]:
    """Return, as text, what each mood would play, or the next songs of one; and whether all lists exist.

    Raises:
        MoodpidError: MPD does not answer.
    """
    from moodpid.mpd import playlist_report

    password = wiring.mpd_password(config)
    with wiring.library_reader() as reader:
        if mood is None:
            moods = playlist_report.report(config.player, password, reader)
            return playlist_report.as_text(moods), all(one.ok for one in moods)
        picks = playlist_report.dry_run(config.player, mood, password, reader=reader)
    return playlist_report.picks_as_text(picks) or f"{mood} leaves the player as it is", True


def forget(config: Config) -> list[Finding]:
    """Remove this device's retained messages from the broker; return the findings."""
    from moodpid.mqtt.forget import forget

    return forget(config.device, config.mqtt, wiring.mqtt_password(config))


def page_link(config: Config, folder: Path) -> str:
    """Return the address of the page; it signs in once where the page is protected.

    Args:
        config: Where the page is.
        folder: Where the service keeps its runtime files.

    Raises:
        PageLinkError: The page is switched off, or its key cannot be read.
    """
    from moodpid.web.key_file import KEY_FILE, stored_key
    from moodpid.web.listen_address import PageAddress
    from moodpid.web.login_link import one_time_link

    if not config.web.enabled:
        raise PageLinkError("the page is switched off: set enabled = true in [web] and restart the service")
    address = PageAddress.of(config.web, socket.gethostname())
    if not (address.reachable or wiring.web_password(config)):
        return address.url
    file = folder / KEY_FILE
    try:
        with file.open("rb"):
            key = stored_key(JsonFile(file))
    except FileNotFoundError:
        remedy = "start the service first, it makes the file (by hand: RUNTIME_DIRECTORY=FOLDER for both)"
        raise PageLinkError(f"{file}: no such file; {remedy}") from None
    except OSError as error:
        raise PageLinkError(f"{file}: {error.strerror}; run it as root: sudo moodpid web") from error
    if key is None:
        raise PageLinkError(f"{file}: not a key; restart the service, it makes a new one")
    return one_time_link(address.url, key)


def forget_room() -> Finding:
    """Delete what was learned of the room; return what happened.

    A running service holds it in memory and would write it again: that one has a button.
    """
    subject, file = "room", state_files.room_path()
    unit = read_unit()
    if unit and unit.runs:
        return Finding(
            False,
            subject,
            "the service runs and would write it again",
            'press "Forget what was learned" in the home, or sudo systemctl stop moodpid first',
        )
    try:
        file.unlink()
    except FileNotFoundError:
        return Finding(True, subject, "nothing was learned")
    except OSError as error:
        remedy = "sudo -u moodpid moodpid forget --room"
        return Finding(False, subject, f"{file} cannot be deleted: {error.strerror}", remedy)
    return Finding(True, subject, f"what was learned is forgotten ({file})")
