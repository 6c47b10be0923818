"""Tries each part for real and says of each how it is and what to do about it."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from moodpid import app
from moodpid.config import Config
from moodpid.errors import CameraError, MoodpidError
from moodpid.state import Finding

_UNIT = "moodpid.service"


def examine(config: Config) -> Iterator[Finding]:
    """Findings about model, camera, player, broker and service manager, as each of them is tried."""
    yield _model(config)
    yield _camera(config)
    yield from _player(config)
    yield from _broker(config)
    yield _service()


def _model(config: Config) -> Finding:
    try:
        app.build_observer(config)
    except MoodpidError as error:
        return Finding(
            False, "model", str(error), "set right what the line says, or drop [vision] model and cascade"
        )
    return Finding(True, "model", config.vision.model or "the one that comes along")


def _camera(config: Config) -> Finding:
    source = str(config.camera.source)
    try:
        camera = app.camera_opener(config)()
    except CameraError as error:
        return Finding(False, "camera", str(error), _CAMERA_REMEDY[source])
    except MoodpidError as error:
        return Finding(False, "camera", str(error), "correct [camera] in the configuration")
    try:
        height, width = camera.read().grey.shape
    except CameraError as error:
        return Finding(False, "camera", str(error), _CAMERA_REMEDY[source])
    finally:
        camera.close()
    return Finding(True, "camera", f"{source}, {width} x {height} pixels")


_CAMERA_REMEDY = {
    "picamera2": "rpicam-hello --list-cameras",
    "webcam": "v4l2-ctl --list-devices",
    "recording": "look at [camera] path",
}


def _player(config: Config) -> Iterator[Finding]:
    if not config.player.enabled:
        yield Finding(True, "player", "switched off in [player]")
        return
    from moodpid.music.probe import probe

    yield from _probed("player", lambda: probe(config.player, app.mpd_password(config)))


def _broker(config: Config) -> Iterator[Finding]:
    if not config.mqtt.enabled:
        yield Finding(True, "broker", "switched off in [mqtt]")
        return
    from moodpid.mqtt.probe import probe

    yield from _probed("broker", lambda: probe(config.device, config.mqtt, app.mqtt_password(config)))


def _probed(subject: str, probe: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return probe()
    except MoodpidError as error:
        return [Finding(False, subject, str(error), "correct the file that the line names")]


def _service() -> Finding:
    """Whether systemd is there to keep the service running, and the journal to keep its lines."""
    if not Path("/run/systemd/system").is_dir():  # as sd_booted(3) finds out
        return Finding(True, "systemd", "not what started this machine; run moodpid by hand")
    try:
        import systemd.daemon
    except ImportError:
        return Finding(False, "systemd", "its Python module is missing", "sudo apt install python3-systemd")
    return Finding(True, "systemd", f"{systemd.daemon.__version__}, on {socket.gethostname()}")
