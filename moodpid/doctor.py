"""Tries each part for real and says of each how it is and what to do about it."""

import platform
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

from moodpid import app
from moodpid.config import CameraSource, Config
from moodpid.errors import CameraError, MoodpidError
from moodpid.host.pi import Machine, read_machine
from moodpid.state import Finding

# The processes of the unit, as systemd keeps them; absent or empty while it does not run
_PROCESSES = Path("/sys/fs/cgroup/system.slice/moodpid.service/cgroup.procs")


def examine(config: Config) -> Iterator[Finding]:
    """Findings about machine, model, camera, player, broker and service manager, as each of them is tried."""
    machine = read_machine()
    yield from _machine(machine)
    yield _model(config)
    yield _camera(config, machine)
    yield from _player(config)
    yield from _broker(config)
    yield _service()


def _machine(machine: Machine) -> Iterator[Finding]:
    """The board and its system, and only what ails them."""
    board = machine.model or platform.machine()
    yield Finding(True, "machine", f"{board}, {machine.system}" if machine.system else board)
    if machine.power_fault:
        yield Finding(
            False,
            "power",
            machine.power_fault,
            "vcgencmd get_throttled; use the power supply made for this Pi",
        )
    if machine.heat_fault:
        yield Finding(
            False, "heat", machine.heat_fault, "give it air or a heat sink, or set fps = 2 in [camera]"
        )
    if machine.in_sync is False:
        yield Finding(False, "clock", "no time server has set it yet", "timedatectl timesync-status")


def _model(config: Config) -> Finding:
    try:
        app.build_observer(config)
    except MoodpidError as error:
        return Finding(
            False, "model", str(error), "set right what the line says, or drop [vision] model and cascade"
        )
    return Finding(True, "model", config.vision.model or "the one that comes along")


def _camera(config: Config, machine: Machine) -> Finding:
    source = str(config.camera.source)
    if source != CameraSource.RECORDING and _service_runs():
        return Finding(
            True, "camera", f"{source}; the service looks through it, see systemctl status moodpid"
        )
    try:
        camera = app.camera_opener(config)()
    except CameraError as error:
        return _camera_fault(source, str(error), machine)
    except MoodpidError as error:
        return Finding(False, "camera", str(error), "correct [camera] in the configuration")
    try:
        height, width = camera.read().grey.shape
    except CameraError as error:
        return Finding(False, "camera", str(error), _CAMERA_REMEDY[source])
    finally:
        camera.close()
    return Finding(True, "camera", f"{source}, {width} x {height} pixels")


def _camera_fault(source: str, told: str, machine: Machine) -> Finding:
    """What libcamera cannot say: it finds no camera that it may not open, or beside the old stack."""
    if source == CameraSource.PICAMERA2 and machine.legacy_camera:
        why = "the old camera stack is on (start_x=1 in config.txt), beside which libcamera cannot work"
        remedy = "sudo sed -i '/^start_x *= *1/d' /boot/firmware/config.txt && sudo reboot"
        return Finding(False, "camera", why, remedy)
    if source == CameraSource.PICAMERA2 and machine.closed_devices:
        why = f"this user may not open {machine.closed_devices[0]}; the service's user may"
        return Finding(False, "camera", why, "sudo -u moodpid moodpid doctor")
    return Finding(False, "camera", told, _CAMERA_REMEDY[source])


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


def _service_runs() -> bool:
    try:
        return bool(_PROCESSES.read_text(encoding="ascii").strip())
    except OSError:
        return False


def _service() -> Finding:
    """Whether systemd is there to keep the service running, and the journal to keep its lines."""
    if not Path("/run/systemd/system").is_dir():  # as sd_booted(3) finds out
        return Finding(True, "systemd", "not what started this machine; run moodpid by hand")
    try:
        import systemd.daemon
    except ImportError:
        return Finding(False, "systemd", "its Python module is missing", "sudo apt install python3-systemd")
    return Finding(True, "systemd", f"{systemd.daemon.__version__}, on {socket.gethostname()}")
