"""A webcam through Video4Linux and OpenCV."""

import logging
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from moodpid.config import CameraConfig
from moodpid.errors import CameraBusyError, CameraError
from moodpid.system.webcams import present_webcam
from moodpid.vision.opencv import as_grey, cv2
from moodpid.vision.types import Frame, GreyImage

log = logging.getLogger(__name__)

_TIMEOUT_S = 2.0  # without a frame for this long it has stalled
FIRST_FRAME_S = 10.0  # cheap webcams measure the light and start their sensor first
_RETRY_S = 0.1


def _open_v4l2(device: int) -> cv2.VideoCapture:
    return cv2.VideoCapture(device, cv2.CAP_V4L2)


class Webcam:
    """Gives the newest frame at the requested rate, though most webcams only know 15 or 30 per second.

    Args:
        device: The number N of /dev/videoN.
        width, height: The size to ask for, in pixels; the camera may choose a near one.
        fps: Frames per second to give.
        open_capture: How to open the device; another one in tests.

    Raises:
        CameraError: The device is missing, may not be opened, is no camera, or sends no first frame.
        CameraBusyError: Another program uses it.
    """

    def __init__(
        self,
        device: int,
        *,
        width: int,
        height: int,
        fps: float,
        open_capture: Callable[[int], cv2.VideoCapture] = _open_v4l2,
    ) -> None:
        self._name = f"webcam /dev/video{device}"
        with _camera_errors(self._name):
            self._capture = open_capture(device)
            if not self._capture.isOpened():
                self._capture.release()
                raise _not_opened(self._name, Path(f"/dev/video{device}"))
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, width)
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, height)
            self._capture.set(cv2.CAP_PROP_FPS, math.ceil(fps))  # OpenCV cuts off what follows the point
            self._capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
            self._wait_for_first_frame()
        self._period_s, self._due_s = 1 / fps, time.monotonic()

    def _wait_for_first_frame(self) -> None:
        until_s = time.monotonic() + FIRST_FRAME_S
        while not self._capture.grab():
            if time.monotonic() >= until_s:
                self._capture.release()
                raise CameraError(
                    f"{self._name} opens, but sends no frame within {FIRST_FRAME_S:g} seconds; "
                    "plug it in again, or try another cable or port"
                )
            time.sleep(_RETRY_S)  # one that is unplugged now fails at once

    def read(self) -> Frame:
        """Return the first frame that arrives once the next one is due; drop earlier ones undecoded.

        Raises:
            CameraError: It sends no frames any more, or none that can be read.
        """
        patient_until_s = max(time.monotonic(), self._due_s) + _TIMEOUT_S
        with _camera_errors(self._name):
            while self._capture.grab():
                now_s = time.monotonic()
                if now_s >= self._due_s:
                    grey = self._retrieve()
                    if grey is not None:
                        self._due_s = max(self._due_s + self._period_s, now_s)
                        return Frame(grey, now_s)
                if now_s > patient_until_s:
                    break
        raise CameraError(f"{self._name} sends no frames any more; check that it is still plugged in")

    def _retrieve(self) -> GreyImage | None:
        """Decode the frame that was grabbed; None for one that is damaged or none at all."""
        try:
            decoded, picture = self._capture.retrieve()
            return as_grey(picture) if decoded and picture is not None and picture.size else None
        except cv2.error:  # an MJPG buffer of no bytes, or a picture of two channels
            return None

    def set_rate(self, fps: float) -> None:
        """Give this many frames per second, and drop the others undecoded.

        The driver goes on as it was opened: for another rate OpenCV starts the stream again, and cheap
        webcams take seconds until their next frame.
        """
        self._period_s = 1 / fps

    def close(self) -> None:
        """Give the device back."""
        with _camera_errors(self._name):
            self._capture.release()


@contextmanager
def _camera_errors(name: str) -> Iterator[None]:
    """Raise whatever OpenCV raises as a fault of the camera."""
    try:
        yield
    except CameraError:
        raise
    except (cv2.error, OSError, RuntimeError, SystemError, ValueError) as error:
        raise CameraError(f"{name} failed: {str(error).strip() or type(error).__name__}") from error


def _not_opened(name: str, device: Path) -> CameraError:
    """Return why a device does not open, as far as the system shows it."""
    if not device.exists():
        return CameraError(f"{name} does not open: it is not plugged in")
    if not os.access(device, os.R_OK | os.W_OK):
        return CameraError(f"{name} does not open: this user may not use it; add the user to the group video")
    try:
        os.close(os.open(device, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        return CameraError(f"{name} does not open: {error.strerror}")
    return CameraBusyError(
        f"{name} does not open: {CameraBusyError.why}, or it is no camera; `sudo fuser -v {device}` "
        "shows which program has it"
    )


def open_camera(config: CameraConfig) -> Webcam:
    """Open the configured webcam, or the only one if it has another number now; raises CameraError."""
    number = present_webcam(config.device)
    if number != config.device:
        log.warning("there is no /dev/video%d: opening /dev/video%d, the only webcam", config.device, number)
    return Webcam(number, width=config.width, height=config.height, fps=config.fps)
