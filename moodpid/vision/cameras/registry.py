"""The kinds of camera: a new one is a module with `open_camera`, and one line here."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from moodpid.config import CameraConfig, CameraSource
from moodpid.errors import CameraError, ConfigError
from moodpid.system.raspberry_pi import Machine
from moodpid.vision.cameras import diagnosis
from moodpid.vision.cameras.rotated import RotatedCamera
from moodpid.vision.cameras.time_limited import TimeLimitedCamera
from moodpid.vision.types import Camera

CameraOpener = Callable[[], Camera]


@dataclass(frozen=True, slots=True)
class CameraKind:
    """One kind of camera.

    Attributes:
        module: Where its `open_camera(config)` lives; imported only when such a camera is used.
        diagnose: Returns why such a camera does not work, as far as the machine shows it, and a remedy.
        package: The Debian package that the module needs, empty if none.
    """

    module: str
    diagnose: Callable[[CameraConfig, CameraError, Machine], tuple[str, str]]
    package: str = ""


KINDS: dict[CameraSource, CameraKind] = {
    CameraSource.PICAMERA2: CameraKind(
        "moodpid.vision.cameras.picamera", diagnosis.diagnose_libcamera, "python3-picamera2"
    ),
    CameraSource.WEBCAM: CameraKind("moodpid.vision.cameras.webcam", diagnosis.diagnose_webcam),
    CameraSource.RECORDING: CameraKind("moodpid.vision.cameras.recording", diagnosis.diagnose_recording),
}


def camera_opener(config: CameraConfig, stopping: Callable[[], bool] = lambda: False) -> CameraOpener:
    """Return a function that opens the configured camera, the right way up.

    Args:
        config: The camera.
        stopping: Whether the process was asked to stop, so that the camera is not waited for any more.

    Returns:
        Opens the camera; raises CameraError, StopRequested, or ConfigError for a recording that cannot play.

    Raises:
        ConfigError: The program for this kind of camera is not installed.
    """
    open_camera = _imported(KINDS[config.source])

    def limited() -> Camera:
        return TimeLimitedCamera(lambda: open_camera(config), stopping)

    if not (config.rotation or config.hflip or config.vflip):
        return limited
    return lambda: RotatedCamera(limited(), config.rotation, hflip=config.hflip, vflip=config.vflip)


def _imported(kind: CameraKind) -> Callable[[CameraConfig], Camera]:
    try:
        module = import_module(kind.module)
    except ImportError as error:
        if not kind.package:
            raise
        raise ConfigError(
            f"[camera] source: {kind.package.removeprefix('python3-')} is not installed here ({error}); "
            f'install {kind.package}, or set source = "webcam"'
        ) from error
    return cast("Callable[[CameraConfig], Camera]", module.open_camera)
