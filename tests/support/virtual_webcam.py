"""Stands in for a webcam: OpenCV opens the picture that VIRTUAL_WEBCAM names; asleep without that.

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
        import cv2  # noqa: PLC0415 - only where somebody asks for it

        self._picture = cv2.imread(str(PICTURE))

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        """Whether it is plugged in."""
        return self._picture is not None

    def set(self, _property: int, _value: float) -> bool:
        """Any size and rate will do."""
        return True

    def grab(self) -> bool:
        """Wait for the next frame; it is pulled out when the picture is removed."""
        time.sleep(1 / FPS)
        return Path(str(PICTURE)).exists()

    def retrieve(self) -> tuple[bool, Any]:
        """Return the frame."""
        return True, self._picture

    def release(self) -> None:
        """Nothing is held."""


def plug_in() -> None:
    """Replace what opens devices in this process."""
    import cv2  # noqa: PLC0415 - only where somebody asks for it

    cv2.VideoCapture = VirtualWebcam  # type: ignore[misc,assignment]


if PICTURE:
    plug_in()
