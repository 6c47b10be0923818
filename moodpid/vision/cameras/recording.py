"""Recordings as cameras: a folder of pictures, a video, or the bundled scene, at any pace."""

import logging
import time
from collections.abc import Callable, Generator
from pathlib import Path

from moodpid.config import CameraConfig
from moodpid.errors import ConfigError, PictureError, RecordingEnded
from moodpid.vision.cameras.demo_scene import DemoScene
from moodpid.vision.image_files import read_bytes, read_grey
from moodpid.vision.opencv import as_grey, cv2
from moodpid.vision.types import Frame

log = logging.getLogger(__name__)

BUNDLED = Path(__file__).parents[2] / "data" / "faces"
PICTURES = frozenset((".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"))
_CATCH_UP_S = 1.0  # how long frames may be left out at once
_CUT_SHORT = 0.98  # containers round the number of their frames

Frames = Generator[Frame, float | None, None]
"""Takes a number of frames a second with `send`, and from then on makes no more than these."""
OnFault = Callable[[PictureError], None]


def frames(path: Path | None, fps: float, on_fault: OnFault) -> Frames:
    """The frames of one round of a recording, timed from 0 seconds on, `fps` to the second.

    Args:
        path: A folder of pictures in name order, a video file, or None for the bundled scene.
        fps: Looks a second; a video is sampled at this rate, pictures are taken to run at it.
        on_fault: Told of every picture that cannot be read, and of a video that ends early; the rest goes on.

    Raises:
        PictureError: There is nothing to read at all (raised at once, before the first frame).
    """
    if path is None:
        return DemoScene(BUNDLED).frames(fps)
    if path.is_dir():
        files = sorted(f for f in path.iterdir() if f.suffix.lower() in PICTURES)
        if not files:
            raise PictureError(f"{path}: no pictures in this folder ({', '.join(sorted(PICTURES))})")
        return _pictures(files, fps, on_fault)
    if not path.is_file() or path.stat().st_size == 0:
        read_bytes(path)  # says what is wrong as it does of pictures
    if _is_text(path):  # FFmpeg would draw it
        raise PictureError(f"{path}: text, not a video")
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise PictureError(f"{path}: not a video that OpenCV can read, or cut short before its first frame")
    return _video(path, capture, fps, on_fault)


def _is_text(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(512)
    return start.isascii() and b"\0" not in start


def _pictures(files: list[Path], fps: float, on_fault: OnFault) -> Frames:
    pace, due_s = fps, 0.0
    for number, file in enumerate(files):
        if number / fps < due_s - 0.5 / fps:
            continue
        try:
            pace = (yield Frame(read_grey(file), number / fps)) or pace
        except PictureError as error:
            on_fault(error)
        due_s += 1 / pace


def _video(path: Path, capture: cv2.VideoCapture, fps: float, on_fault: OnFault) -> Frames:
    """Every frame is taken out of the file, but only those that are due are decoded to a picture."""
    try:
        rate = capture.get(cv2.CAP_PROP_FPS) or 25.0
        promised = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        read, due_s = 0, 0.0
        while capture.grab():
            at_s = read / rate
            read += 1
            if at_s + 0.5 / rate >= due_s:
                decoded, picture = capture.retrieve()
                if decoded:
                    fps = (yield Frame(as_grey(picture), at_s)) or fps
                due_s += 1 / fps
        if read < promised * _CUT_SHORT:
            how = f"it ends after {read} of {promised:.0f} frames"
            on_fault(PictureError(f"{path}: cut short or damaged: {how}"))
    finally:
        capture.release()


class RecordingCamera:
    """A recording at its own pace, in monotonic time, as a camera would show it.

    Args:
        open_frames: Starts the recording from its beginning.
        fps: The rate of its frames.
        loop: Begin again at the end.
        clock, sleep: Monotonic seconds, and waiting for some; other ones in tests.

    Raises:
        PictureError: As `open_frames` does.
    """

    def __init__(
        self,
        open_frames: Callable[[], Frames],
        fps: float,
        *,
        loop: bool,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._open_frames = open_frames
        self._period_s = 1 / fps
        self._loop = loop
        self._clock = clock
        self._sleep = sleep
        self._frames = open_frames()
        self._began_s = clock()
        self._rate: float | None = None  # the recording's own
        self._started = False

    def read(self) -> Frame:
        """The frame that is due next; those that came due while nobody looked are left out.

        Raises:
            RecordingEnded: At the end, unless it loops.
        """
        asked_s = self._clock()
        while True:
            frame = self._next() or self._first_again()
            now_s = self._clock()
            ahead_s = self._began_s + frame.at_s - now_s
            if ahead_s <= -self._period_s and now_s - asked_s >= _CATCH_UP_S:
                # The machine is too slow for this recording: it takes longer, rather than for ever
                self._began_s, ahead_s = now_s - frame.at_s, 0.0
            if ahead_s > 0:
                self._sleep(ahead_s)
            if ahead_s > -self._period_s:
                return Frame(frame.grey, self._began_s + frame.at_s)

    def _next(self) -> Frame | None:
        # A generator takes nothing before its first frame
        pace, self._started = self._rate if self._started else None, True
        try:
            return self._frames.send(pace)
        except StopIteration:
            return None

    def _first_again(self) -> Frame:
        if self._loop:
            self._frames, self._started = self._open_frames(), False
            self._began_s = self._clock()
            if frame := self._next():
                return frame
        raise RecordingEnded("the recording is over")

    def set_rate(self, fps: float) -> None:
        """Make this many frames a second of those that there are; the recording runs no slower."""
        self._rate, self._period_s = fps, 1 / fps

    def close(self) -> None:
        """Let go of the file."""
        self._frames.close()


def open_camera(config: CameraConfig) -> RecordingCamera:
    """Open the configured recording; raises ConfigError where there is nothing to read."""
    path = Path(config.path) if config.path else None
    try:
        return RecordingCamera(
            lambda: frames(path, config.fps, lambda fault: log.warning("%s", fault)),
            config.fps,
            loop=config.loop,
        )
    except PictureError as error:
        raise ConfigError(f"[camera] path: {error}") from error
