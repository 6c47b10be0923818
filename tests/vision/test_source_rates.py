"""A source looks as often as it was asked to, and has the camera rest in between."""

import pytest

from moodpid.errors import CameraError, CameraStuckError
from moodpid.state import CameraState, CameraStatus
from moodpid.text import clean
from moodpid.vision.sources import RETRY_DELAYS_S
from tests.support.fakes import Clock
from tests.support.live_source import CameraFactory, live_source


def test_the_camera_is_set_to_the_rate_of_looks() -> None:
    clock = Clock()
    shelf = CameraFactory(clock, 100)
    source = live_source(clock, shelf)
    source.next_observation()
    source.set_rate(2.0)
    began_s = clock()
    assert all(source.next_observation() for _ in range(8))
    assert clock() - began_s == pytest.approx(4.0)
    assert shelf.cameras[0].rates == [2.0]


def test_a_camera_that_is_opened_later_is_asked_too() -> None:
    clock = Clock()
    shelf = CameraFactory(clock, 1, 5)
    source = live_source(clock, shelf)
    source.set_rate(2.0)
    source.next_observation()
    source.next_observation()  # the plug is pulled
    clock.sleep(RETRY_DELAYS_S[0])
    source.next_observation()
    assert [camera.rates for camera in shelf.cameras] == [[2.0], [2.0]]


def test_a_camera_that_rejects_a_rate_is_reopened_after_delay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(_fps: float) -> None:
        raise CameraError("no other pace")

    clock = Clock()
    shelf = CameraFactory(clock, 5, 5)
    source = live_source(clock, shelf)
    source.next_observation()
    monkeypatch.setattr(shelf.cameras[0], "set_rate", fail)
    source.set_rate(2.0)
    assert source.next_observation() is None
    assert shelf.cameras[0].closed
    assert source.state == CameraState(CameraStatus.LOST, clean("no other pace"))
    clock.sleep(RETRY_DELAYS_S[0])
    assert source.next_observation() is not None
    assert shelf.cameras[1].rates == [2.0]


def test_a_camera_hanging_on_its_rate_is_published_then_fatal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def hang(_fps: float) -> None:
        raise CameraStuckError("the camera hangs")

    clock = Clock()
    shelf = CameraFactory(clock, 5)
    source = live_source(clock, shelf)
    source.next_observation()
    monkeypatch.setattr(shelf.cameras[0], "set_rate", hang)
    source.set_rate(2.0)
    assert source.next_observation() is None
    assert source.state == CameraState(CameraStatus.LOST, clean("the camera hangs"))
    with pytest.raises(CameraStuckError, match="the camera hangs"):
        source.next_observation()


def test_the_camera_gets_the_last_of_several_rates() -> None:
    clock = Clock()
    shelf = CameraFactory(clock, 5)
    source = live_source(clock, shelf)
    source.next_observation()
    for fps in (1.0, 2.0, 3.0, 2.0):
        source.set_rate(fps)
    source.next_observation()
    source.next_observation()
    assert shelf.cameras[0].rates == [2.0]


def test_a_camera_keeps_its_rate_unless_another_is_requested() -> None:
    clock = Clock()
    shelf = CameraFactory(clock, 5)
    live_source(clock, shelf).next_observation()
    assert shelf.cameras[0].rates == []


def test_the_loop_waits_at_most_half_a_second_for_frames() -> None:
    clock = Clock()
    shelf = CameraFactory(clock, 100)
    source = live_source(clock, shelf)
    source.set_rate(0.25)
    assert sum(source.next_observation() is not None for _ in range(40)) == pytest.approx(5, abs=1)
    assert shelf.cameras[0].rates == [2.0]


def test_fewer_looks_than_frames_are_spread_evenly() -> None:
    clock = Clock()
    source = live_source(clock, CameraFactory(clock, 100, deaf=True))
    source.set_rate(2.0)
    assert [source.next_observation() is not None for _ in range(8)] == [True, False] * 4


def test_a_rate_that_divides_no_frames_holds_on_average() -> None:
    clock = Clock()
    source = live_source(clock, CameraFactory(clock, 100, deaf=True))
    source.set_rate(3.0)
    assert sum(source.next_observation() is not None for _ in range(80)) == pytest.approx(60, abs=1)


def test_looks_are_never_more_than_frames() -> None:
    clock = Clock()
    source = live_source(clock, CameraFactory(clock, 100))
    source.set_rate(30.0)
    assert all(source.next_observation() for _ in range(20))
