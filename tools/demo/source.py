"""Which camera the demo watches: the Pi's, else a webcam that really opens, else the bundled recording."""

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
from moodpid.vision.webcam import Webcam
Webcam(int(sys.argv[1]), 640, 480, 4).read()
"""
# On a Pi, higher numbers are its video decoder and image processor
_FIRST_NO_CAMERA = 10

Table = dict[str, str | int | bool]


def choose(wanted: str = "") -> tuple[Table, str]:
    """The `[camera]` table for the source that is `wanted`, or the best there is, and what to call it."""
    if wanted == "picamera2" or (not wanted and _works(_HAS_PI_CAMERA)):
        return {"source": "picamera2"}, "the Pi camera"
    if wanted in {"webcam", ""}:
        numbers = _video_devices()
        device = next((n for n in numbers if _works(_READS_WEBCAM, str(n))), 0 if wanted else None)
        if device is not None:
            return {"source": "webcam", "device": device}, f"the webcam /dev/video{device}"
    why = "" if wanted else ", for want of a camera"
    return {"source": "recording", "loop": True}, f"the bundled recording{why}"


def _video_devices() -> list[int]:
    numbers = [int(match[1]) for d in Path("/dev").glob("video*") if (match := re.search(r"(\d+)$", d.name))]
    return sorted(n for n in numbers if n < _FIRST_NO_CAMERA)


def _works(code: str, *arguments: str) -> bool:
    """Whether a Python of its own runs `code` to a good end: drivers may hang, or crash the process."""
    command = [sys.executable, "-c", code, *arguments]
    try:
        return subprocess.run(command, check=False, capture_output=True, timeout=PATIENCE_S).returncode == 0
    except subprocess.TimeoutExpired:
        return False
