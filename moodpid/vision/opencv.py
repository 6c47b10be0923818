"""OpenCV, set up once for a small machine; every module of this room takes it from here."""

import contextlib
import ctypes
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

from moodpid.vision import limits

# OpenCV reads these at import. The limit of a picture is behind ours (image_files.py), which knows its kind
os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", "100000000")
# Seconds until a webcam that sends nothing is given up; OpenCV waits for 10 by default
os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", f"max_pixels;{limits.COMMAND.video_pixels}")
# FFmpeg's AV_LOG_QUIET: what is wrong with a video is logged by us
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")

import cv2
import numpy as np

# No pool of worker threads: at four looks a second it costs wake-ups and gains nothing
cv2.setNumThreads(1)


def as_grey(picture: "cv2.typing.MatLike") -> "NDArray[np.uint8]":
    """Return the grey values of a captured picture of shape (height, width) or (height, width, 3).

    Raises:
        cv2.error: The picture has another number of channels.
    """
    grey = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)  # noqa: PLR2004 - axes
    return np.asarray(grey, np.uint8)


def thumbnail(picture: "NDArray[Any]", columns: int, rows: int) -> "NDArray[Any]":
    """Return a picture with at most so many columns and rows, of the same type."""
    height, width = picture.shape
    size = min(width, columns), min(height, rows)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def limit_ffmpeg_allocations(max_bytes: int) -> None:
    """Let FFmpeg refuse any single allocation of more bytes, in this process.

    OpenCV lets FFmpeg decode the first frames of a video before it knows their size, and applies `max_pixels`
    later. Does nothing where FFmpeg's library is not found. Source of the call: FFmpeg, libavutil/mem.h.
    """
    if path := _loaded_library("libavutil"):
        with contextlib.suppress(OSError):  # an upgrade has deleted the file that is loaded
            ctypes.CDLL(path).av_max_alloc(ctypes.c_size_t(max_bytes))


@cache
def _loaded_library(name: str) -> str:
    """Return the path of a library that this process has loaded, empty if it has not."""
    maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape")
    paths = (line.split(maxsplit=5)[-1] for line in maps.splitlines())
    return next((path for path in paths if Path(path).name.startswith(name)), "")


__all__ = ["as_grey", "cv2", "limit_ffmpeg_allocations", "thumbnail"]
