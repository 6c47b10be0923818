"""Sources of observations: a camera, reopened with growing delays when it fails, or a replay."""

import time
from collections.abc import Callable, Generator

from moodpid.errors import CameraError, CameraStuckError, ConfigError, RecordingEnded
from moodpid.mood.observation import Observation
from moodpid.state import CameraState, CameraStatus, CameraView
from moodpid.text import clean
from moodpid.vision.annotate import FrameAnnotator
from moodpid.vision.darkness import DarknessDetector
from moodpid.vision.live_view import LiveView
from moodpid.vision.pipeline import ClassifiedFace, FacePipeline, observation
from moodpid.vision.types import Camera, Frame

# Between one try to open the camera and the next; after the last of them it is gone for good
RETRY_DELAYS_S = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
_STABLE_S = 60.0  # after this long without a fault, old ones are forgotten
MIN_FPS = 2.0  # the loop waits for frames, and a request from the home is to be done within a second
# Seconds that the loop may rest at once: it has to handle requests and feed the watchdog
MAX_IDLE_S = 0.5
_WATCHING = CameraState(CameraStatus.WATCHING)
_DARK = CameraState(CameraStatus.DARK, clean("too dark to see a face: make light, or uncover the lens"))


class LiveSource:
    """Observes through a camera, for the main loop.

    Args:
        open_camera: Opens the camera, or raises CameraError; a ConfigError counts as one once the camera
            has worked.
        observer: Makes observations of frames.
        artist: Draws them, where a page or a topic shows them.
        live_view: Shows them to the pages that are open.
        clock: Monotonic seconds.

    Attributes:
        state: What the camera is doing, for the home.
    """

    def __init__(
        self,
        open_camera: Callable[[], Camera],
        observer: FacePipeline,
        artist: FrameAnnotator | None = None,
        *,
        live_view: LiveView | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open_camera = open_camera
        self._pipeline = observer
        self._annotator = artist
        self._live_view = live_view
        self._clock = clock
        self._camera: Camera | None = None
        self._stuck: CameraStuckError | None = None
        self._darkness = DarknessDetector()
        self._faults = 0
        self._worked = False  # a frame has come
        self._opened_s = self._next_try_s = clock()
        self.state = CameraState(CameraStatus.STARTING)
        self._period_s = self._due_s = 0.0
        self._fps: float | None = None  # what the camera was asked for, None while it has its own pace

    def idle_s(self) -> float:
        """Return how long the loop may rest before the next observation: 0 while a camera sets the rate."""
        if self._camera is not None:
            return 0.0
        if self.state.status is CameraStatus.OFF:
            return MAX_IDLE_S
        return min(MAX_IDLE_S, max(0.0, self._next_try_s - self._clock()))

    def next_observation(self) -> Observation | None:
        """Return the next observation; None while there is no camera, or no light.

        Raises:
            CameraError: The camera is gone for good, or hangs. If asked again, it is tried now and then.
            StopRequested: The camera is waited for no longer; nothing was seen.
            RecordingEnded: The recording is over.
        """
        if self._stuck:  # the home has heard of it after the look before
            raise self._stuck
        if self.state.status is CameraStatus.OFF or self._clock() < self._next_try_s:
            return None
        try:
            frame = self._next_frame()
        except RecordingEnded:
            raise
        except CameraError as error:
            self._schedule_retry(error)
            return None
        self._worked = True
        self._darkness.update(frame)
        seen = _faces_in(frame, self._pipeline, self._darkness) if (due := self._is_due(frame)) else ()
        dark, too_dark = self._darkness.is_dark, self._darkness.too_dark_now
        if dark or not too_dark:  # a camera that opens in the dark has watched nothing
            self.state = _DARK if dark else _WATCHING
        if self._clock() - self._opened_s > _STABLE_S:
            self._faults = 0
        if not due:
            return None
        if self._annotator:
            self._annotator.update(frame, seen)
        if self._live_view:
            self._live_view.update(frame, seen, dark=dark)
        # In the dark a person may be there unseen
        return None if too_dark else observation(frame, seen)

    def _next_frame(self) -> Frame:
        """Return the next frame; open the camera and set its rate first where needed."""
        if self._camera is None:
            self._camera, self._darkness = self._opened_camera(), DarknessDetector()
            self._opened_s, self._fps = self._clock(), None
        fps = max(MIN_FPS, 1 / self._period_s) if self._period_s else None
        if fps is not None and fps != self._fps:
            self._camera.set_rate(fps)
            self._fps = fps
        return self._camera.read()

    def _opened_camera(self) -> Camera:
        try:
            return self._open_camera()
        except ConfigError as error:
            if self._worked:  # a recording whose disk or share is away
                raise CameraError(str(error)) from error
            raise

    def _is_due(self, frame: Frame) -> bool:
        """Return whether this frame is due by the rate; if so, the next one is due a period later."""
        # A quarter of a period of slack: frames come a little early and a little late
        if frame.at_s < self._due_s - self._period_s / 4:
            return False
        due_s = self._due_s + self._period_s
        self._due_s = due_s if due_s > frame.at_s else frame.at_s + self._period_s
        return True

    @property
    def picture(self) -> bytes | None:
        """The last frame as JPEG, None where it is not published."""
        return self._annotator.picture if self._annotator else None

    @property
    def view(self) -> CameraView | None:
        """The last look for the pages that are open, None while none is."""
        return self._live_view.view if self._live_view else None

    def set_rate(self, fps: float) -> None:
        """Observe this often per second at most; further frames of the camera are dropped.

        The next observation sets it on the camera; what fails then is a fault of the camera.
        """
        self._period_s, self._due_s = 1 / fps, 0.0

    def set_enabled(self, on: bool) -> None:
        """Observe (True), or close the camera until it is wanted again (False)."""
        if on == (self.state.status is not CameraStatus.OFF):
            return
        self.close()
        self._faults = 0
        self._next_try_s = self._clock()
        self.state = CameraState(CameraStatus.STARTING if on else CameraStatus.OFF)

    def close(self) -> None:
        """Close the camera; if that hangs, the next observation raises."""
        if self._camera is not None:
            camera, self._camera = self._camera, None
            try:
                camera.close()
            except CameraStuckError as error:
                self._stuck = error
        if self._annotator:
            self._annotator.forget()
        if self._live_view:
            self._live_view.forget()

    def _schedule_retry(self, error: CameraError) -> None:
        self.close()
        self._stuck = error if isinstance(error, CameraStuckError) else self._stuck
        if self._stuck:
            self.state = CameraState(CameraStatus.LOST, clean(self._stuck))
            return
        self.state = CameraState(CameraStatus.LOST, clean(error))
        self._next_try_s = self._clock() + RETRY_DELAYS_S[min(self._faults, len(RETRY_DELAYS_S) - 1)]
        if self._faults == len(RETRY_DELAYS_S):
            raise CameraError(f"gave up after {self._faults + 1} tries: {error}") from error
        self._faults += 1


def _faces_in(frame: Frame, pipeline: FacePipeline, darkness: DarknessDetector) -> tuple[ClassifiedFace, ...]:
    """Return the faces of a frame, none where nothing can be made out; where there is one, it is not dark.

    As a lamp goes out, what is known of pictures and people must not be measured by black frames.
    """
    seen = pipeline.analyze(frame) if darkness.worth_a_look else ()
    if seen:
        darkness.found_face()
    return seen


class ReplaySource:
    """Observes a recording as fast as possible, in the recording's own time.

    Attributes:
        at_s: The time of the last frame.
    """

    picture = None
    view = None

    def __init__(self, frames: Generator[Frame, None, None], observer: FacePipeline) -> None:
        self._frames = frames
        self._pipeline = observer
        self._darkness = DarknessDetector()
        self.state = _WATCHING
        self.at_s = 0.0

    def idle_s(self) -> float:
        """Return 0: a replay never rests."""
        return 0.0

    def next_observation(self) -> Observation | None:
        """Return the next observation; None in the dark.

        Raises:
            RecordingEnded: There are no more.
        """
        frame = next(self._frames, None)
        if frame is None:
            raise RecordingEnded("the recording is over")
        self.at_s = frame.at_s
        self._darkness.update(frame)
        seen = _faces_in(frame, self._pipeline, self._darkness)
        self.state = _DARK if self._darkness.is_dark else _WATCHING
        return None if self._darkness.too_dark_now else observation(frame, seen)

    def set_enabled(self, on: bool) -> None:
        """Do nothing: a replay cannot be switched off."""

    def set_rate(self, fps: float) -> None:
        """Do nothing: a replay shows every frame."""

    def close(self) -> None:
        """Close the recording."""
        self._frames.close()
