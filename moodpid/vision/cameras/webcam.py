"""A webcam through Video4Linux and OpenCV."""

import math
import time
from collections.abc import Callable

from moodpid.config import CameraConfig
from moodpid.errors import CameraError
from moodpid.vision.opencv import as_grey, cv2
from moodpid.vision.types import Frame

_TIMEOUT_S = 2.0  # without a frame for this long it has stalled


def _open_v4l2(device: int) -> cv2.VideoCapture:
    return cv2.VideoCapture(device, cv2.CAP_V4L2)


class Webcam:
    """Gives the newest frame at the pace that is asked for, though most webcams only know 15 or 30 a second.

    Args:
        device: The number N of /dev/videoN.
        width, height: The size to ask for, in pixels; the camera may choose a near one.
        fps: Frames a second to give.
        open_capture: How to open the device; another one in tests.

    Raises:
        CameraError: The device is missing, busy or no camera.
    """

    def __init__(
        self,
        device: int,
        width: int,
        height: int,
        fps: float,
        *,
        open_capture: Callable[[int], cv2.VideoCapture] = _open_v4l2,
    ) -> None:
        self._name = f"webcam /dev/video{device}"
        self._asked_fps = 0
        self._due_s = time.monotonic()
        self._capture = open_capture(device)
        if not self._capture.isOpened():
            self._capture.release()
            raise CameraError(
                f"{self._name} does not open: it is not plugged in, another program uses it, "
                "or this user is not in the group video"
            )
        self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
        self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
        self.set_rate(fps)
        self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)

    def read(self) -> Frame:
        """The first frame that arrives once the next one is due; earlier ones are dropped undecoded.

        Raises:
            CameraError: It sends nothing any more.
        """
        patient_until_s = max(time.monotonic(), self._due_s) + _TIMEOUT_S
        while self._capture.grab():
            now_s = time.monotonic()
            if now_s >= self._due_s:
                self._due_s = max(self._due_s + self._period_s, now_s)
                decoded, picture = self._capture.retrieve()
                if decoded:
                    return Frame(as_grey(picture), now_s)
            if now_s > patient_until_s:
                break
        raise CameraError(f"{self._name} sends no frames any more; is it still plugged in?")

    def set_rate(self, fps: float) -> None:
        """Ask the driver for the next whole number of frames a second, and give this many of them."""
        self._period_s = 1 / fps
        # OpenCV cuts off what follows the point, and starts the stream anew for every change
        if math.ceil(fps) != self._asked_fps:
            self._asked_fps = math.ceil(fps)
            self._capture.set(cv2.CAP_PROP_FPS, self._asked_fps)

    def close(self) -> None:
        """Give the device back."""
        self._capture.release()


def open_camera(config: CameraConfig) -> Webcam:
    """Open the configured webcam; raises CameraError."""
    return Webcam(config.device, config.width, config.height, config.fps)
