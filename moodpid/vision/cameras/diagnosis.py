"""Why a camera does not work, as far as the machine shows it, and what to do about it."""

import os
import pwd
from pathlib import Path

from moodpid.config import CameraConfig
from moodpid.errors import CameraBusyError, CameraError
from moodpid.system.raspberry_pi import Machine

_AS_SERVICE = "sudo -u moodpid moodpid doctor"
_ENABLE_DETECTION = (
    "sudo sed -i -e '1i camera_auto_detect=1' -e '/^ *camera_auto_detect/d' /boot/firmware/config.txt "
    "&& sudo reboot"
)


def diagnose_libcamera(_config: CameraConfig, error: CameraError, machine: Machine) -> tuple[str, str]:
    """Return what libcamera does not report itself, such as devices that may not be opened, and a remedy."""
    if isinstance(error, CameraBusyError):
        return "", "sudo fuser -v /dev/media* /dev/video*"
    if machine.legacy_camera:
        return (
            "the old camera stack is on (start_x=1 in config.txt), beside which libcamera cannot work",
            "sudo sed -i '/^ *start_x *= *1/d' /boot/firmware/config.txt && sudo reboot",
        )
    if machine.closed_devices:
        return _not_in_group(machine.closed_devices[0])
    if machine.asks_for_camera is False:
        why = "config.txt has neither camera_auto_detect=1 nor the dtoverlay= of a camera"
        return why, _ENABLE_DETECTION
    if machine.model and not machine.camera_answers:
        return (
            "none answers at the ribbon connector: it is loose, the wrong way round, or needs a dtoverlay=",
            "sudo poweroff, then reseat both ends of the ribbon",
        )
    return "", "rpicam-hello --list-cameras"


def diagnose_webcam(config: CameraConfig, _error: CameraError, _machine: Machine) -> tuple[str, str]:
    """Return whether the device is missing, may not be opened, or is in use, and a remedy."""
    return diagnose_video_device(Path(f"/dev/video{config.device}"))


def diagnose_recording(_config: CameraConfig, _error: CameraError, _machine: Machine) -> tuple[str, str]:
    """Return the remedy for a recording that does not play."""
    return "", "look at [camera] path"


def diagnose_video_device(device: Path) -> tuple[str, str]:
    """Return what is wrong with a video device, and a remedy."""
    if not device.exists():
        there = ", ".join(map(str, sorted(device.parent.glob("video*"))))
        if not there:
            return f"there is no {device}, and no other webcam", "plug a webcam in"
        return f"there is no {device}, but {there}", "v4l2-ctl --list-devices, then set device in [camera]"
    if not os.access(device, os.R_OK | os.W_OK):
        return _not_in_group(str(device))
    return "", f"sudo fuser -v {device}"


def _not_in_group(device: str) -> tuple[str, str]:
    user = pwd.getpwuid(os.geteuid()).pw_name
    why = f"the user {user} may not open {device}, which belongs to the group video"
    return why, _AS_SERVICE if user != "moodpid" else "sudo usermod -aG video moodpid"
