"""Tries each part for real and says of each how it is and what to do about it."""

import os
import platform
import pwd
from collections.abc import Callable, Iterator
from pathlib import Path

from moodpid import app
from moodpid.config import CameraSource, Config
from moodpid.daemon import parse_camera
from moodpid.errors import CameraBusyError, CameraError, ConfigError, ExitCode, MoodpidError
from moodpid.state import CameraStatus, Finding
from moodpid.system.raspberry_pi import Machine, read_machine
from moodpid.system.systemctl import Clock, Unit, read_clock, read_unit

_AS_SERVICE = "sudo -u moodpid moodpid doctor"
_ASK_FOR_CAMERA = (
    "sudo sed -i -e '1i camera_auto_detect=1' -e '/^ *camera_auto_detect/d' /boot/firmware/config.txt "
    "&& sudo reboot"
)


def examine(config: Config) -> Iterator[Finding]:
    """Findings about machine, clock, model, camera, player, broker and service, as each of them is tried."""
    machine, unit = read_machine(), read_unit()
    yield from _machine(machine)
    yield from _clock(read_clock())
    yield _model(config)
    yield _camera(config, machine, unit)
    yield from _player(config)
    yield from _broker(config)
    yield from _service(unit)


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


def _clock(clock: Clock | None) -> Iterator[Finding]:
    """Whether a time server has set the clock: the home is told since when a mood lasts."""
    if clock is None:
        return
    if clock.in_sync:
        yield Finding(True, "clock", "set by a time server")
    elif clock.asked_for:
        yield Finding(False, "clock", "no time server has set it yet", "timedatectl timesync-status")
    else:
        remedy = "sudo timedatectl set-ntp true" if clock.can else "sudo apt install systemd-timesyncd"
        yield Finding(False, "clock", "no time server is to set it", remedy)


def _model(config: Config) -> Finding:
    try:
        app.build_pipeline(config)
    except MoodpidError as error:
        return Finding(
            False, "model", str(error), "set right what the line says, or drop [vision] model and cascade"
        )
    return Finding(True, "model", config.vision.model or "the one that comes along")


def _camera(config: Config, machine: Machine, unit: Unit | None) -> Finding:
    source = config.camera.source
    if unit and unit.runs and source != CameraSource.RECORDING:
        return _held(config, machine, unit)
    try:
        camera = app.camera_opener(config)()
    except CameraError as error:
        return _camera_fault(config, error, machine)
    except ConfigError as error:
        remedy = "correct [camera] in the configuration"
        if source is CameraSource.PICAMERA2:
            remedy = "sudo apt install python3-picamera2"
        return Finding(False, "camera", str(error), remedy)
    try:
        try:
            height, width = camera.read().grey.shape
        finally:
            camera.close()
    except CameraError as error:
        return _camera_fault(config, error, machine)
    return Finding(True, "camera", f"{source}, {width} x {height} pixels")


def _held(config: Config, machine: Machine, unit: Unit) -> Finding:
    """The camera as the service that runs tells of it: it is not fought over."""
    camera = parse_camera(unit.status)
    if camera.status is CameraStatus.LOST:
        kind = CameraBusyError if CameraBusyError.why in camera.message else CameraError
        says = f"the running moodpid service says: {camera.message or camera.status}"
        return _camera_fault(config, kind(says), machine)
    if camera.status is CameraStatus.OFF:
        return Finding(True, "camera", "closed: the home has switched the running moodpid service off")
    dark = ", and it is too dark to see a face" if camera.status is CameraStatus.DARK else ""
    return Finding(True, "camera", f"{config.camera.source}, held by the running moodpid service{dark}")


def _camera_fault(config: Config, error: CameraError, machine: Machine) -> Finding:
    """What went wrong and, where the machine shows it, why."""
    match config.camera.source:
        case CameraSource.PICAMERA2 if isinstance(error, CameraBusyError):
            why, remedy = "", "sudo fuser -v /dev/media* /dev/video*"
        case CameraSource.PICAMERA2:
            why, remedy = _without_libcamera(machine)
        case CameraSource.WEBCAM:
            why, remedy = _without_webcam(Path(f"/dev/video{config.camera.device}"))
        case _:
            why, remedy = "", "look at [camera] path"
    return Finding(False, "camera", f"{error}; {why}" if why else str(error), remedy)


def _without_libcamera(machine: Machine) -> tuple[str, str]:
    """What libcamera cannot say, with its remedy: it finds no camera that it may not open, for one."""
    if machine.legacy_camera:
        return (
            "the old camera stack is on (start_x=1 in config.txt), beside which libcamera cannot work",
            "sudo sed -i '/^ *start_x *= *1/d' /boot/firmware/config.txt && sudo reboot",
        )
    if machine.closed_devices:
        return _without_group(machine.closed_devices[0])
    if machine.asks_for_camera is False:
        return (
            "config.txt has neither camera_auto_detect=1 nor the dtoverlay= of a camera",
            _ASK_FOR_CAMERA,
        )
    if machine.model and not machine.camera_answers:
        return (
            "none answers at the ribbon connector: it is loose, the wrong way round, or wants a dtoverlay=",
            "sudo poweroff, then seat both ends of the ribbon anew",
        )
    return "", "rpicam-hello --list-cameras"


def _without_webcam(device: Path) -> tuple[str, str]:
    if not device.exists():
        there = ", ".join(map(str, sorted(device.parent.glob("video*"))))
        if not there:
            return f"there is no {device}, nor any other", "plug a webcam in"
        return f"there is no {device} ({there})", "v4l2-ctl --list-devices, then set device in [camera]"
    if not os.access(device, os.R_OK | os.W_OK):
        return _without_group(str(device))
    return "", f"sudo fuser -v {device}"


def _without_group(device: str) -> tuple[str, str]:
    user = pwd.getpwuid(os.geteuid()).pw_name
    why = f"the user {user} may not open {device}, which belongs to the group video"
    return why, _AS_SERVICE if user != "moodpid" else "sudo usermod -aG video moodpid"


def _player(config: Config) -> Iterator[Finding]:
    if not config.player.enabled:
        yield Finding(True, "player", "switched off in [player]")
        return
    from moodpid.mpd.probe import probe

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


def _service(unit: Unit | None) -> Iterator[Finding]:
    """Whether systemd is there to keep the service running, and what it says of it."""
    if not Path("/run/systemd/system").is_dir():  # as sd_booted(3) finds out
        yield Finding(True, "systemd", "not what started this machine; run moodpid by hand")
        return
    try:
        import systemd.daemon
    except ImportError:
        yield Finding(False, "systemd", "its Python module is missing", "sudo apt install python3-systemd")
    else:
        version = systemd.daemon.__version__
        yield Finding(True, "systemd", f"started this machine; its Python module is {version}")
    if unit:
        yield _unit(unit)


def _unit(unit: Unit) -> Finding:
    if unit.runs:
        return Finding(True, "service", f"moodpid.service runs: {unit.status or 'it has said nothing yet'}")
    if unit.load != "loaded":
        return Finding(True, "service", "moodpid.service is not installed here")
    if unit.active == "inactive":
        return Finding(True, "service", "moodpid.service is stopped; sudo systemctl start moodpid")
    said = f"moodpid.service is {unit.active} ({unit.result}): {unit.status or 'it has said nothing'}"
    wants_person = unit.exit_code in (str(ExitCode.CONFIG), str(ExitCode.USAGE))
    return Finding(
        False, "service", said, "moodpid check" if wants_person else "journalctl -u moodpid -b -p warning"
    )
