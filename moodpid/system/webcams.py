"""Which USB cameras are plugged in."""

import contextlib
from pathlib import Path


def find_webcams(root: Path = Path("/")) -> list[int]:
    """Return the numbers N of /dev/videoN that are USB cameras, without the nodes of their metadata."""
    found = []
    for device in (root / "sys/class/video4linux").glob("video*"):
        with contextlib.suppress(OSError, ValueError):
            first = (device / "index").read_text(encoding="ascii").strip() == "0"
            if first and "/usb" in str(device.resolve()):
                found.append(int(device.name.removeprefix("video")))
    return sorted(found)


def present_webcam(number: int, root: Path = Path("/")) -> int:
    """Return the number of the webcam to open: this one, or the only one if there is none of this number.

    A webcam that was plugged in again may have got another number.
    """
    if (root / f"dev/video{number}").exists():
        return number
    found = find_webcams(root)
    return found[0] if len(found) == 1 else number
