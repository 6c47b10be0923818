"""A camera that hangs while it is opened or closed is left behind in time."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from moodpid.errors import CameraError, CameraStuckError, StopRequested
from moodpid.vision.cameras import time_limited, webcam
from moodpid.vision.cameras.time_limited import TimeLimitedCamera
from moodpid.vision.sources import MAX_IDLE_S
from tests.support.fakes import Clock, FakeCamera


@pytest.fixture
def let_go() -> Iterator[Event]:
    """What a camera that hangs waits for."""
    event = Event()
    yield event
    event.set()


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch, let_go: Event) -> FakeCamera:
    """A camera that never comes back from `close`."""
    camera = FakeCamera(Clock())
    monkeypatch.setattr(camera, "close", let_go.wait)
    return camera


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limited, "OPEN_S", 0.01)
    monkeypatch.setattr(time_limited, "PACE_S", 0.01)
    monkeypatch.setattr(time_limited, "CLOSE_S", 0.01)


@pytest.fixture
def _attentive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time_limited, "SLICE_S", 0.01)


@pytest.mark.usefixtures("_impatient")
def test_opening_that_hangs_is_reported(let_go: Event, hanging: FakeCamera) -> None:
    def open_camera() -> FakeCamera:
        let_go.wait()
        return hanging

    with pytest.raises(CameraStuckError, match="hangs: opening it takes more than"):
        TimeLimitedCamera(open_camera)


@pytest.mark.usefixtures("_impatient")
def test_closing_that_hangs_is_reported(hanging: FakeCamera) -> None:
    with pytest.raises(CameraStuckError, match="hangs: closing it takes more than"):
        TimeLimitedCamera(lambda: hanging).close()


@pytest.mark.usefixtures("_impatient")
def test_a_pace_over_which_it_hangs_is_reported(monkeypatch: pytest.MonkeyPatch, let_go: Event) -> None:
    camera = FakeCamera(Clock())
    monkeypatch.setattr(camera, "set_rate", lambda _fps: let_go.wait())
    with pytest.raises(CameraStuckError, match="hangs: setting the pace of it takes more than"):
        TimeLimitedCamera(lambda: camera).set_rate(1.0)


@pytest.mark.usefixtures("_attentive")
def test_a_stop_ends_an_opening_that_hangs(let_go: Event) -> None:
    stop = Event()

    def open_camera() -> FakeCamera:
        stop.set()
        let_go.wait()
        return FakeCamera(Clock())

    with pytest.raises(StopRequested):
        TimeLimitedCamera(open_camera, stop.is_set)


@pytest.mark.usefixtures("_attentive")
def test_once_stopped_the_camera_is_only_closed(monkeypatch: pytest.MonkeyPatch, let_go: Event) -> None:
    camera, stop = FakeCamera(Clock()), Event()
    monkeypatch.setattr(camera, "set_rate", lambda _fps: let_go.wait())
    source = TimeLimitedCamera(lambda: camera, stop.is_set)
    stop.set()
    with pytest.raises(StopRequested):
        source.read()
    with pytest.raises(StopRequested):
        source.set_rate(1.0)
    source.close()
    assert camera.closed


def test_an_unopened_camera_is_reported_in_its_own_words() -> None:
    def open_camera() -> FakeCamera:
        raise CameraError("check its cable")

    with pytest.raises(CameraError, match="check its cable") as raised:
        TimeLimitedCamera(open_camera)
    assert not isinstance(raised.value, CameraStuckError)


def test_a_camera_that_does_not_hang_is_as_it_was() -> None:
    camera = FakeCamera(Clock())
    source = TimeLimitedCamera(lambda: camera)
    assert source.read().grey.any()
    source.close()
    assert camera.closed


def test_a_webcam_is_read_no_longer_than_the_step_allows() -> None:
    frame_s = 1.0  # at the lowest rate that may be configured
    driver_s = float(os.environ["OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT"])
    assert frame_s + webcam._TIMEOUT_S + driver_s <= time_limited.READ_S


def test_the_slowest_step_stays_within_the_watchdog_s_time() -> None:
    unit = (Path(__file__).parents[2] / "systemd" / "moodpid.service").read_text()
    watchdog_s = float(unit.split("\nWatchdogSec=")[1].split()[0])
    # Switched off and on while the loop rests; then a camera that opens at the last moment and sends nothing
    unfed_s, off_s = watchdog_s / 3, time_limited.CLOSE_S
    camera_s = time_limited.OPEN_S + time_limited.PACE_S + time_limited.READ_S + time_limited.CLOSE_S
    assert unfed_s + MAX_IDLE_S + off_s + camera_s < watchdog_s
