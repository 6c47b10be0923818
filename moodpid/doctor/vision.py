"""The model, and the camera: opened for real, unless the running service holds it."""

from moodpid import wiring
from moodpid.config import DEFAULT_PATH, CameraSource, Config, load
from moodpid.doctor.service import RESTART
from moodpid.errors import CameraBusyError, CameraError, ConfigError, MoodpidError
from moodpid.state import CameraStatus, Finding
from moodpid.status_line import parse_camera
from moodpid.system.raspberry_pi import Machine
from moodpid.system.systemctl import Unit
from moodpid.vision.cameras.registry import KINDS, camera_opener


def check_model(config: Config) -> Finding:
    """Load the network and the cascade."""
    try:
        wiring.build_pipeline(config)
    except MoodpidError as error:
        return Finding(
            False, "model", str(error), "mend what the line names, or drop [vision] model and cascade"
        )
    return Finding(True, "model", config.vision.model or "the one that comes along")


def check_camera(config: Config, machine: Machine, unit: Unit | None) -> Finding:
    """Read one frame, or ask the running service how its camera is."""
    source = config.camera.source
    if unit and unit.runs and source != CameraSource.RECORDING:
        return _held(config, machine, unit)
    try:
        camera = camera_opener(config.camera)()
    except CameraError as error:
        return _camera_fault(config, error, machine)
    except ConfigError as error:
        return Finding(False, "camera", str(error), _install(KINDS[source].package, machine))
    try:
        try:
            height, width = camera.read().grey.shape
        finally:
            camera.close()
    except CameraError as error:
        return _camera_fault(config, error, machine)
    return Finding(True, "camera", f"{source}, {width} x {height} pixels")


def service_with_camera(config: Config, unit: Unit | None) -> Unit | None:
    """Return the service if it has just this camera; another camera can be opened beside it."""
    try:
        there = load(DEFAULT_PATH).camera
    except ConfigError:
        return None
    wanted = config.camera
    return unit if (there.source, there.device) == (wanted.source, wanted.device) else None


def _install(package: str, machine: Machine) -> str:
    """Return the remedy for a kind of camera whose program is missing."""
    if not package:
        return "correct [camera] in the configuration"
    if machine.model:
        return f"sudo apt install {package}"
    # Debian has no such package, and no Pi camera is connected to a PC
    return f'set source = "webcam" in [camera], then: {RESTART}'


def _held(config: Config, machine: Machine, unit: Unit) -> Finding:
    """Return the camera's state as the running service reports it."""
    camera = parse_camera(unit.status)
    if camera.status is CameraStatus.LOST:
        kind = CameraBusyError if CameraBusyError.why in camera.message else CameraError
        report = f"the running moodpid service reports: {camera.message or camera.status}"
        return _camera_fault(config, kind(report), machine)
    if camera.status is CameraStatus.OFF:
        return Finding(True, "camera", "closed: a user switched the running moodpid service off")
    dark = ", and it is too dark to see a face" if camera.status is CameraStatus.DARK else ""
    return Finding(True, "camera", f"{config.camera.source}, held by the running moodpid service{dark}")


def _camera_fault(config: Config, error: CameraError, machine: Machine) -> Finding:
    """Return what went wrong and, where the machine shows it, why."""
    why, remedy = KINDS[config.camera.source].diagnose(config.camera, error, machine)
    return Finding(False, "camera", f"{error}; {why}" if why else str(error), remedy)
