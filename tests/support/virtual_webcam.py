"""Replaces cv2.VideoCapture by the picture that VIRTUAL_WEBCAM names; does nothing without that variable.

A container has no Video4Linux devices. All of the program runs, but for the driver behind `cv2.VideoCapture`.
"""

import os
import time
from pathlib import Path
from typing import Any

PICTURE = os.environ.get("VIRTUAL_WEBCAM")
FPS = 15.0


class VirtualWebcam:
    """Takes the place of `cv2.VideoCapture` for a device.

    Args:
        _device: The number N of /dev/videoN, which need not be there.
        _interface: Of OpenCV's back ends.
    """

    def __init__(self, _device: int, _interface: int = 0) -> None:
        import cv2  # noqa: PLC0415 - only if VIRTUAL_WEBCAM is set

        self._picture = cv2.imread(str(PICTURE))

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Return whether the picture can be read."""
        return self._picture is not None

    def set(self, _property: int, _value: float) -> bool:
        """Accept any size and rate."""
        return True

    def grab(self) -> bool:
        """Wait for the next frame; return False once the picture is removed."""
        time.sleep(1 / FPS)
        return Path(str(PICTURE)).exists()

    def retrieve(self) -> tuple[bool, Any]:
        """Return the frame."""
        return True, self._picture

    def release(self) -> None:
        """Do nothing: no device is held."""


def plug_in() -> None:
    """Replace what opens devices in this process."""
    import cv2  # noqa: PLC0415 - only if VIRTUAL_WEBCAM is set

    cv2.VideoCapture = VirtualWebcam  # type: ignore[misc,assignment]


if PICTURE:
    plug_in()
