"""Recordings as cameras: a folder of pictures, a video, or the bundled scene, at any pace."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from moodpid.config import CameraConfig
from moodpid.errors import CameraError, ConfigError, PictureError, RecordingEnded
from moodpid.vision import limits
from moodpid.vision.cameras import video
from moodpid.vision.cameras.demo_scene import DemoScene
from moodpid.vision.cameras.video import Frames, OnFault
from moodpid.vision.image_files import read_grey
from moodpid.vision.limits import ReadLimits
from moodpid.vision.types import Frame

log = logging.getLogger(__name__)

BUNDLED = Path(__file__).parents[2] / "data" / "faces"
PICTURES = frozenset((".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"))
_CATCH_UP_S = 1.0  # how long frames may be left out at once
_LONGEST_PAUSE_S = 1.0  # that a frame comes late; what is recorded at motion alone has longer ones
_MOST_FAULTS = 1000  # lines that are remembered and logged


def frames(path: Path | None, fps: float, on_fault: OnFault, sizes: ReadLimits = limits.COMMAND) -> Frames:
    """Return the frames of one round of a recording, timed from 0 seconds on, `fps` per second.

    Args:
        path: A folder of pictures in name order, a video file, or None for the bundled scene.
        fps: Frames per second; a video is sampled at this rate, pictures follow one another at it.
        on_fault: Called for each picture that cannot be read, and for a video that ends early.
        sizes: How large pictures and videos may be.

    Raises:
        PictureError: There is nothing to read at all (raised at once, before the first frame).
    """
    if path is None:
        return DemoScene(BUNDLED).frames(fps)
    try:
        files = sorted(f for f in path.iterdir() if f.suffix.lower() in PICTURES) if path.is_dir() else None
    except OSError as error:  # a folder that this user may not enter
        raise PictureError(
            f"{path}: cannot be read: {error.strerror}; the service sees nothing in /home"
        ) from error
    if files is not None:
        if not files:
            raise PictureError(f"{path}: no pictures in this folder ({', '.join(sorted(PICTURES))})")
        return _pictures(files, fps, on_fault, sizes)
    return video.frames(path, fps, on_fault, sizes.video_pixels)


def _pictures(files: list[Path], fps: float, on_fault: OnFault, sizes: ReadLimits) -> Frames:
    """Read only the pictures that are due."""
    rate, due_s = fps, 0.0
    for number, file in enumerate(files):
        if number / fps < due_s - 0.5 / fps:
            continue
        try:
            rate = (yield Frame(read_grey(file, sizes), number / fps)) or rate
        except PictureError as error:
            on_fault(error)
        due_s += 1 / rate


class FaultLog:
    """Logs each fault of a recording once, however often the recording is played."""

    def __init__(self) -> None:
        self._logged: set[str] = set()

    def __call__(self, fault: PictureError) -> None:
        """Log this fault unless it was logged before."""
        line = str(fault)
        if line not in self._logged and len(self._logged) < _MOST_FAULTS:
            self._logged.add(line)
            log.warning("%s", line)


class RecordingCamera:
    """A recording at its own rate, in monotonic time, as a camera would show it.

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
        self._began_s = self._ends_s = clock()
        self._rate: float | None = None  # the recording's own
        self._started = False

    def read(self) -> Frame:
        """Return the frame that is due next; skip those that came due since the last call.

        Raises:
            RecordingEnded: At the end, unless it loops.
            CameraError: It loops, and cannot be opened again.
        """
        asked_s = self._clock()
        while True:
            frame = self._next() or self._first_again()
            now_s = self._clock()
            ahead_s = self._began_s + frame.at_s - now_s
            if ahead_s <= -self._period_s and now_s - asked_s >= _CATCH_UP_S:
                # The machine is too slow for this recording: it takes longer, rather than for ever
                self._began_s, ahead_s = now_s - frame.at_s, 0.0
            elif ahead_s > self._period_s + _LONGEST_PAUSE_S:
                # Nothing is answered in the meantime: a long pause is cut short
                self._began_s -= ahead_s - self._period_s
                ahead_s = self._period_s
            if ahead_s > 0:
                self._sleep(ahead_s)
            self._ends_s = self._began_s + frame.at_s + self._period_s
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
            try:
                self._frames, self._started = self._open_frames(), False
            except PictureError as error:  # the disk or the share that it lies on is away
                raise CameraError(str(error)) from error
            self._began_s = max(self._ends_s, self._clock())  # its last frame is shown for a period, too
            if frame := self._next():
                return frame
        raise RecordingEnded("the recording is over (loop = true in [camera] would begin it again)")

    def set_rate(self, fps: float) -> None:
        """Give this many of the frames per second; the recording runs no slower."""
        self._rate, self._period_s = fps, 1 / fps

    def close(self) -> None:
        """Close the file."""
        self._frames.close()


def open_camera(config: CameraConfig) -> RecordingCamera:
    """Open the configured recording; raises ConfigError where there is nothing to read."""
    path = Path(config.path) if config.path else None
    on_fault = FaultLog()
    try:
        return RecordingCamera(
            lambda: frames(path, config.fps, on_fault, limits.SERVICE),
            config.fps,
            loop=config.loop,
        )
    except PictureError as error:
        raise ConfigError(f"[camera] path: {error}") from error
