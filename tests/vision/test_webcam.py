"""A webcam's newest frame comes at the pace asked for; one that is gone is reported."""

from collections import deque
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from moodpid.errors import CameraBusyError, CameraError
from moodpid.vision.cameras import webcam
from moodpid.vision.cameras.time_limited import OPEN_S
from moodpid.vision.cameras.webcam import Webcam
from moodpid.vision.opencv import cv2
from tests.support.fakes import Clock


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """Ten frames that OpenCV plays through the same class as a webcam."""
    file = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 25, (64, 48))
    for number in range(10):
        writer.write(np.full((48, 64, 3), 20 * number, np.uint8))
    writer.release()
    return file


def test_colour_becomes_grey(film: Path) -> None:
    camera = Webcam(0, width=64, height=48, fps=30.0, open_capture=lambda _: cv2.VideoCapture(str(film)))
    frame = camera.read()
    assert frame.grey.shape == (48, 64)
    assert frame.grey.dtype == np.uint8
    camera.close()


def test_frames_that_come_before_their_time_are_dropped(film: Path) -> None:
    camera = Webcam(0, width=64, height=48, fps=0.5, open_capture=lambda _: cv2.VideoCapture(str(film)))
    camera.read()
    with pytest.raises(CameraError):  # the other nine are read and dropped long before two seconds are over
        camera.read()
    camera.close()


class Driver:
    """A webcam's driver that makes 32 frames a second and notes for which rates it is asked."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.rates: list[float] = []

    def grab(self) -> bool:
        self._clock.sleep(1 / 32)
        return True

    def retrieve(self) -> tuple[bool, NDArray[np.uint8]]:
        return True, np.zeros((48, 64), np.uint8)

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return True

    def set(self, name: int, value: float) -> None:
        if name == cv2.CAP_PROP_FPS:
            self.rates.append(value)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The webcam's time."""
    clock = Clock()
    monkeypatch.setattr(webcam, "time", SimpleNamespace(monotonic=clock, sleep=clock.sleep))
    return clock


@pytest.fixture
def driver(clock: Clock) -> Driver:
    return Driver(clock)


def webcam_of(driver: Driver, fps: float) -> Webcam:
    return Webcam(0, width=64, height=48, fps=fps, open_capture=lambda _: driver)  # type: ignore[arg-type, return-value]


def test_the_driver_is_asked_once_for_a_sufficient_whole_rate(driver: Driver) -> None:
    camera = webcam_of(driver, 3.5)
    for fps in (1.5, 2.0, 3.5):  # each would start the stream again, and that takes some webcams seconds
        camera.set_rate(fps)
        camera.read()
    assert driver.rates == [4]


@pytest.mark.parametrize(("fps", "period_s"), [(32.0, 1 / 32), (4.0, 0.25), (1.0, 1.0)])
def test_surplus_frames_of_the_driver_are_dropped(driver: Driver, fps: float, period_s: float) -> None:
    camera = webcam_of(driver, 8.0)
    camera.set_rate(fps)
    camera.read()  # due by the old pace
    times_s = [camera.read().at_s for _ in range(4)]
    assert [after - before for before, after in pairwise(times_s)] == [period_s] * 3


def test_a_webcam_that_sends_nothing_any_more_is_reported(film: Path) -> None:
    camera = Webcam(7, width=64, height=48, fps=30.0, open_capture=lambda _: cv2.VideoCapture(str(film)))
    frames = iter(camera.read, None)
    with pytest.raises(CameraError, match=r"/dev/video7 sends no frames any more"):
        deque(frames, maxlen=0)
    camera.close()


def test_a_missing_webcam_is_named_as_not_plugged_in() -> None:
    with pytest.raises(CameraError, match="/dev/video99 does not open: it is not plugged in"):
        Webcam(99, width=640, height=480, fps=4.0)


class Closed(Driver):
    """A device that does not open."""

    def isOpened(self) -> bool:  # noqa: N802 - OpenCV's name
        return False

    def release(self) -> None:
        pass


@pytest.mark.parametrize(
    ("rights", "says"),
    [(False, "add the user to the group video"), (True, CameraBusyError.why)],
)
def test_permission_and_another_program_are_reported_apart(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rights: bool, says: str
) -> None:
    device = tmp_path / "video"
    device.touch()
    monkeypatch.setattr(webcam, "Path", lambda _: device)
    monkeypatch.setattr("os.access", lambda *_: rights)
    with pytest.raises(CameraError, match=says):
        webcam_of(Closed(clock), 4.0)


class Slow(Driver):
    """A webcam whose first frame comes after some seconds."""

    def __init__(self, clock: Clock, first_s: float) -> None:
        super().__init__(clock)
        self._first_s = clock() + first_s

    def grab(self) -> bool:
        if self._clock() < self._first_s:
            self._clock.sleep(2.0)  # OpenCV's own time limit
            return False
        return super().grab()

    def release(self) -> None:
        pass


def test_a_first_frame_is_waited_for_ten_seconds(clock: Clock) -> None:
    assert webcam_of(Slow(clock, 8.0), 4.0).read().grey.shape == (48, 64)
    begin_s = clock()
    with pytest.raises(CameraError, match="sends no frame within 10 seconds"):
        webcam_of(Slow(clock, 60.0), 4.0)
    assert clock() - begin_s < OPEN_S


class Faulty(Driver):
    """A webcam one of whose frames is none."""

    def __init__(self, clock: Clock, fault: object) -> None:
        super().__init__(clock)
        self._fault = fault
        self.retrieved = 0

    def retrieve(self) -> tuple[bool, NDArray[np.uint8]]:
        self.retrieved += 1
        if self.retrieved > 1:
            return super().retrieve()
        if isinstance(self._fault, Exception):
            raise self._fault
        return True, self._fault  # type: ignore[return-value]


@pytest.mark.parametrize(
    "fault",
    [
        cv2.error("(-215:Assertion failed) !buf.empty() in function 'imdecode_'"),
        None,
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((48, 64, 2), np.uint8),
    ],
)
def test_a_frame_that_is_none_is_dropped(clock: Clock, fault: object) -> None:
    driver = Faulty(clock, fault)
    assert webcam_of(driver, 4.0).read().grey.shape == (48, 64)
    assert driver.retrieved == 2


def test_a_webcam_that_sends_only_damaged_frames_is_lost(clock: Clock) -> None:
    driver = Faulty(clock, None)
    driver.retrieve = lambda: (False, np.zeros(0, np.uint8))  # type: ignore[method-assign]
    camera = webcam_of(driver, 4.0)
    with pytest.raises(CameraError, match="sends no frames any more"):
        camera.read()


def test_an_error_of_opencv_is_one_of_the_camera(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = webcam_of(Driver(clock), 4.0)

    def fail(_self: Driver) -> bool:
        raise cv2.error("VIDIOC_DQBUF: Cannot allocate memory")

    monkeypatch.setattr(Driver, "grab", fail)
    with pytest.raises(CameraError, match="Cannot allocate memory"):
        camera.read()
