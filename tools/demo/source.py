"""Which camera the demo watches: the Pi's, else a webcam that really opens, else the bundled recording."""

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

PATIENCE_S = 15.0
# Cameras on USB appear in libcamera's list too; they are for the webcam source
_HAS_PI_CAMERA = """
from picamera2 import Picamera2
raise SystemExit(not any("usb" not in camera["Id"] for camera in Picamera2.global_camera_info()))
"""
_READS_WEBCAM = """
import sys
from moodpid.vision.cameras.webcam import Webcam
Webcam(int(sys.argv[1]), width=640, height=480, fps=4).read()
"""
# On a Pi, higher numbers are its video decoder and image processor
_FIRST_NO_CAMERA = 10

Table = dict[str, str | int | bool]


class NoCameraError(Exception):
    """The requested camera does not work; the text names the remedy."""


def choose(wanted: str = "", devices: Path = Path("/dev")) -> tuple[Table, str]:
    """Return the `[camera]` table for the source `wanted`, or the best one found, and its name.

    Raises:
        NoCameraError: The requested source does not work here.
    """
    if wanted in {"picamera2", ""} and _works(_HAS_PI_CAMERA):
        return {"source": "picamera2"}, "the Pi camera"
    numbers = _video_devices(devices)
    if wanted in {"webcam", ""}:
        device = next((n for n in numbers if _works(_READS_WEBCAM, str(n))), None)
        if device is not None:
            return {"source": "webcam", "device": device}, f"the webcam /dev/video{device}"
    if wanted in {"picamera2", "webcam"}:
        why = _no_pi_camera() if wanted == "picamera2" else _no_webcam(numbers)
        raise NoCameraError(f"--source {wanted}: {why}, or leave --source out for the best there is")
    why = "" if wanted else ", since there is no camera"
    return {"source": "recording", "loop": True}, f"the bundled recording{why}"


def _no_pi_camera() -> str:
    if importlib.util.find_spec("picamera2") is None:
        return "picamera2 is not installed; on Raspberry Pi OS: sudo apt install python3-picamera2"
    return "libcamera finds no Pi camera; check its cable and rpicam-hello --list-cameras"


def _no_webcam(numbers: list[int]) -> str:
    if not numbers:
        return "there is no /dev/video0 or the like; plug a webcam in"
    names = ", ".join(f"/dev/video{number}" for number in numbers)
    return f"no picture from {names}; let no other program use it, have this user in the group video"


def _video_devices(folder: Path) -> list[int]:
    numbers = [int(match[1]) for d in folder.glob("video*") if (match := re.search(r"(\d+)$", d.name))]
    return sorted(n for n in numbers if n < _FIRST_NO_CAMERA)


def _works(code: str, *arguments: str) -> bool:
    """Return whether another Python process runs `code` without error: drivers may hang or crash."""
    command = [sys.executable, "-c", code, *arguments]
    try:
        return subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE_S).returncode == 0
    except subprocess.TimeoutExpired:
        return False
