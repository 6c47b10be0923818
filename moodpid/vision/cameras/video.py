"""The frames of a video file, upright and in its own time."""

import math
from collections.abc import Callable, Generator
from pathlib import Path

from moodpid.errors import PictureError
from moodpid.vision import limits
from moodpid.vision.image_files import check_picture_file
from moodpid.vision.opencv import as_grey, cv2, limit_ffmpeg_allocations
from moodpid.vision.types import Frame

Frames = Generator[Frame, float | None, None]
"""Takes a number of frames per second with `send`, and from then on makes no more than these."""
OnFault = Callable[[PictureError], None]

_CUT_SHORT = 0.98  # of the promised length: containers round it
_DEFAULT_RATE_HZ = 25.0
_BYTES_PER_PIXEL = 3  # of a picture in colour, as OpenCV gives it


def frames(
    path: Path, fps: float, on_fault: OnFault, max_pixels: int = limits.COMMAND.video_pixels
) -> Frames:
    """Return the frames of a video, timed from 0 seconds on by its own timestamps.

    Args:
        path: The file.
        fps: How many frames per second to give, at most.
        on_fault: Called if the video ends early.
        max_pixels: Of a picture.

    Raises:
        PictureError: The file cannot be read, is no video, or its pictures are too large (raised at once).
    """
    check_picture_file(path)
    if not (start := _start(path)):
        raise PictureError(f"{path}: empty (0 bytes)")
    if start.isascii() and b"\0" not in start:  # FFmpeg would draw it
        raise PictureError(f"{path}: text, not a video")
    limit_ffmpeg_allocations(max_pixels * _BYTES_PER_PIXEL)
    # FFmpeg takes what stands before a colon for a protocol, but not in an absolute path.
    # One thread: each has pictures of its own, and replays are not in a hurry
    capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG, (cv2.CAP_PROP_N_THREADS, 1))
    if not capture.isOpened():
        raise PictureError(
            f"{path}: not a video that OpenCV can read, cut short before its first frame, "
            f"or of more than {_megapixels(max_pixels)}"
        )
    width, height = (capture.get(p) for p in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    if width * height > max_pixels:
        capture.release()
        raise PictureError(f"{path}: more than {_megapixels(max_pixels)}; make it smaller")
    # A phone that is held upright writes pictures on their side, and how to turn them
    capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
    return _frames(path, capture, fps, on_fault)


def _megapixels(pixels: int) -> str:
    return f"{pixels / 1_000_000:g} megapixels"


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(512)
    except OSError as error:
        raise PictureError(f"{path}: cannot be read: {error.strerror}") from error


def _frames(path: Path, capture: cv2.VideoCapture, fps: float, on_fault: OnFault) -> Frames:
    """Take every frame out of the file, but decode to a picture only those that are due."""
    try:
        rate = _finite(capture.get(cv2.CAP_PROP_FPS)) or _DEFAULT_RATE_HZ
        promised_s = _finite(capture.get(cv2.CAP_PROP_FRAME_COUNT)) / rate
        at_s, due_s = -1 / rate, 0.0
        while capture.grab():
            at_s = _time_s(capture, at_s, rate)
            if at_s + 0.5 / rate < due_s:
                continue
            decoded, picture = capture.retrieve()
            if decoded and picture is not None:
                fps = (yield Frame(as_grey(picture), at_s)) or fps
            # After a pause in the video the next frame is due a period after this one
            due_s = max(due_s + 1 / fps, at_s)
        ended_s = at_s + 1 / rate
        if ended_s < _CUT_SHORT * promised_s - 1 / rate:
            how = f"it ends after {ended_s:.1f} of {promised_s:.1f} seconds"
            on_fault(PictureError(f"{path}: cut short or damaged: {how}"))
    finally:
        capture.release()


def _time_s(capture: cv2.VideoCapture, before_s: float, rate: float) -> float:
    """Return when the frame that was grabbed is to be shown.

    By the timestamps of the file, since few phones and screens record at a constant rate; a frame without
    one comes a period after the frame before.
    """
    stamp_s = _finite(capture.get(cv2.CAP_PROP_POS_MSEC)) / 1000
    return stamp_s if stamp_s > before_s else before_s + 1 / rate


def _finite(value: float) -> float:
    """Return the number, 0 for one that is negative or none."""
    return value if math.isfinite(value) and value > 0 else 0.0
