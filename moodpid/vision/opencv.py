"""OpenCV, set up once for a small machine; every module of this room takes it from here."""

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import NDArray

# OpenCV reads these at import. A picture of more pixels than this would not fit beside the rest in 512 MB
MAX_PICTURE_PIXELS = 50_000_000
# FFmpeg keeps several frames of a video at once, in colour
MAX_VIDEO_PIXELS = 9_000_000
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(MAX_PICTURE_PIXELS))
# Seconds until a webcam that sends nothing is given up; OpenCV waits for 10 by default
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", f"max_pixels;{MAX_VIDEO_PIXELS}")
# FFmpeg's AV_LOG_QUIET: what is wrong with a video is logged by us
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2  # noqa: E402 - the environment has to be set first
import numpy as np  # noqa: E402 - after the line above it

# No pool of worker threads: at four looks a second it costs wake-ups and gains nothing
cv2.setNumThreads(1)


def as_grey(picture: "cv2.typing.MatLike") -> "NDArray[np.uint8]":
    """Return the grey values of a captured picture of shape (height, width) or (height, width, 3).

    Raises:
        cv2.error: The picture has another number of channels.
    """
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)  # noqa: PLR2004 - axes
    return np.asarray(grey, np.uint8)


__all__ = ["MAX_PICTURE_PIXELS", "MAX_VIDEO_PIXELS", "as_grey", "cv2"]
