"""A camera that stalls or goes is opened again at growing pauses, and given up in the end."""

import pytest

from moodpid.errors import CameraError, CameraStuckError, ConfigError
from moodpid.state import CameraState, CameraStatus
from moodpid.text import clean
from moodpid.vision.annotate import EVERY_S, FrameAnnotator
from moodpid.vision.pipeline import FacePipeline
from moodpid.vision.sources import RETRY_DELAYS_S, LiveSource
from tests.support.fakes import Clock, FakeCamera, FakeClassifier, FakeDetector
from tests.support.live_source import CameraFactory, live_source, status


def test_frames_become_observations() -> None:
    clock = Clock()
    source = live_source(clock, CameraFactory(clock, 5))
    assert status(source) is CameraStatus.STARTING
    observation = source.next_observation()
    assert observation is not None
    assert [face.area for face in observation.faces] == [0.25]
    assert observation.at_s == clock()
    assert status(source) is CameraStatus.WATCHING
    assert source.idle_s() == 0.0


def test_a_lost_camera_is_closed_and_reopened_after_a_delay() -> None:
    clock = Clock()
    shelf = CameraFactory(clock, 1, 5)
    source = live_source(clock, shelf)
    source.next_observation()
    assert source.next_observation() is None
    assert shelf.cameras[0].closed
    assert status(source) is CameraStatus.LOST
    assert "plug" in source.state.message
    assert source.next_observation() is None
    assert 0 < source.idle_s() <= RETRY_DELAYS_S[0]
    clock.sleep(RETRY_DELAYS_S[0])
    assert source.next_observation() is not None
    assert source.state.message == ""


def test_a_camera_that_stays_away_is_given_up() -> None:
    clock = Clock()
    began_s = clock()
    source = live_source(clock, CameraFactory(clock))

    def wait_for_it() -> None:
        while True:
            source.next_observation()
            clock.sleep(max(source.idle_s(), 0.01))

    with pytest.raises(CameraError, match="gave up after 7 tries: no camera found"):
        wait_for_it()
    assert clock() - began_s == pytest.approx(sum(RETRY_DELAYS_S), abs=1)


def test_a_recording_whose_share_is_away_is_opened_again_later() -> None:
    clock = Clock()
    source = live_source(clock, CameraFactory(clock, 1, None, 5))
    source.next_observation()
    assert source.next_observation() is None  # it has one frame
    clock.sleep(RETRY_DELAYS_S[0])
    assert source.next_observation() is None
    assert source.state == CameraState(CameraStatus.LOST, clean("no such file"))
    clock.sleep(RETRY_DELAYS_S[1])
    assert source.next_observation() is not None


def test_a_recording_that_was_never_there_is_a_wrong_configuration() -> None:
    clock = Clock()
    with pytest.raises(ConfigError, match="no such file"):
        live_source(clock, CameraFactory(clock, None)).next_observation()


def test_an_hour_of_good_frames_makes_old_faults_forgotten() -> None:
    clock = Clock()
    source = live_source(clock, CameraFactory(clock, *[300] * 30))
    for _ in range(20):
        while source.next_observation() is not None:
            pass
        clock.sleep(max(RETRY_DELAYS_S))
    assert source.next_observation() is not None


def test_a_camera_hanging_at_open_is_published_then_fatal() -> None:
    def hang() -> FakeCamera:
        raise CameraStuckError("the camera hangs")

    clock = Clock()
    source = LiveSource(hang, FacePipeline(FakeDetector(), FakeClassifier()), clock=clock)
    assert source.next_observation() is None
    assert source.state == CameraState(CameraStatus.LOST, clean("the camera hangs"))
    assert source.idle_s() == 0.0
    with pytest.raises(CameraStuckError, match="the camera hangs"):
        source.next_observation()


@pytest.mark.parametrize("why", ["the plug was pulled", "switched off"])
def test_a_camera_that_hangs_when_closed_ends_the_loop(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    def hang() -> None:
        raise CameraStuckError("the camera hangs")

    clock = Clock()
    shelf = CameraFactory(clock, 1, 5)
    source = live_source(clock, shelf)
    source.next_observation()
    monkeypatch.setattr(shelf.cameras[0], "close", hang)
    if why == "switched off":
        source.set_enabled(False)
        assert status(source) is CameraStatus.OFF
    else:
        assert source.next_observation() is None
        assert source.state == CameraState(CameraStatus.LOST, clean("the camera hangs"))
    with pytest.raises(CameraStuckError, match="the camera hangs"):
        source.next_observation()


def test_switched_off_it_closes_the_camera_for_real_and_rests() -> None:
    clock = Clock()
    shelf = CameraFactory(clock, 5, 5)
    source = live_source(clock, shelf)
    source.next_observation()
    source.set_enabled(False)
    source.set_enabled(False)
    assert shelf.cameras[0].closed
    assert source.next_observation() is None
    assert source.idle_s() > 0
    assert status(source) is CameraStatus.OFF
    source.set_enabled(True)
    assert source.next_observation() is not None
    assert not shelf.cameras[1].closed


def test_closing_twice_hurts_nothing() -> None:
    clock = Clock()
    source = live_source(clock, CameraFactory(clock, 5))
    source.next_observation()
    source.close()
    source.close()


def test_without_being_asked_for_there_is_no_picture() -> None:
    clock = Clock()
    source = live_source(clock, CameraFactory(clock, 100))
    source.next_observation()
    assert source.picture is None


def test_a_requested_picture_goes_with_the_camera() -> None:
    clock = Clock()
    source = LiveSource(
        CameraFactory(clock, 100),
        FacePipeline(FakeDetector(), FakeClassifier()),
        FrameAnnotator(),
        clock=clock,
    )
    source.next_observation()
    first = source.picture
    assert first is not None
    assert first.startswith(b"\xff\xd8\xff")  # JPEG
    source.next_observation()
    assert source.picture is first
    clock.sleep(EVERY_S)
    source.next_observation()
    assert source.picture is not first
    source.set_enabled(False)
    assert source.picture is None


def test_a_camera_given_up_is_tried_now_and_then() -> None:
    clock = Clock()
    shelf = CameraFactory(clock)
    source = live_source(clock, shelf)
    given_up = 0
    for _ in range(600):
        clock.sleep(1.0)
        try:
            source.next_observation()
        except CameraError:
            given_up += 1
    assert status(source) is CameraStatus.LOST
    assert 10 <= given_up <= 20
