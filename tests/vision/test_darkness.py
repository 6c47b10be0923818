"""A dark room and a covered lens are noticed, and nothing else is taken for them."""

import math
from collections.abc import Generator

import numpy as np
import pytest

from moodpid.mood.emotion import Emotion
from moodpid.mood.observation import Observation
from moodpid.state import CameraStatus
from moodpid.vision.darkness import HOLDS_S, DarknessDetector
from moodpid.vision.haar.detector import HaarDetector
from moodpid.vision.pipeline import FacePipeline
from moodpid.vision.sources import LiveSource, ReplaySource
from moodpid.vision.types import Frame, GreyImage
from tests.support.fakes import Clock, FakeClassifier, FakeDetector
from tests.support.rooms import room


def covered(at_s: float) -> Frame:
    """What a sensor at full gain makes of a covered lens: noise."""
    noise = np.random.default_rng(round(at_s * 100)).normal(20, 5, (480, 640))
    return Frame(np.clip(noise, 0, 255).astype(np.uint8), at_s)


def test_a_covered_lens_is_dark_after_some_seconds() -> None:
    darkness = DarknessDetector()
    assert not any(darkness.update(covered(at_s)) for at_s in np.arange(0.0, HOLDS_S, 0.25))
    assert darkness.update(covered(HOLDS_S))


def test_a_room_is_not_dark() -> None:
    darkness = DarknessDetector()
    assert not any(darkness.update(Frame(room(), at_s)) for at_s in np.arange(0.0, 3 * HOLDS_S, 0.25))


def test_a_dim_room_with_a_lamp_is_not_dark() -> None:
    darkness, dim = DarknessDetector(), covered(0.0).grey
    dim[100:180, 100:180] = 200
    assert not any(darkness.update(Frame(dim, at_s)) for at_s in np.arange(0.0, 3 * HOLDS_S, 0.25))


def furnished() -> GreyImage:
    """A room with a window, a shelf and a person, by a tenth of its light."""
    picture = room((Emotion.NEUTRAL, 250, 150, 140)).astype(np.float32)
    picture[40:200, 20:180] += 90
    picture[260:, 430:] -= 60
    return np.asarray(0.12 * picture, np.uint8)


def plain(left: int, top: int, side: int) -> GreyImage:
    """A person before a wall, by a tenth of the light."""
    return np.asarray(0.12 * room((Emotion.NEUTRAL, left, top, side)), np.uint8)


@pytest.mark.parametrize("dim", [furnished(), plain(250, 150, 140), plain(60, 60, 110), plain(240, 160, 160)])
@pytest.mark.parametrize("noise", [2.0, 5.0])
def test_a_face_is_found_in_a_room_without_a_lamp(noise: float, dim: GreyImage) -> None:
    random = np.random.default_rng(5)

    def frames() -> Generator[Frame, None, None]:
        for at_s in np.arange(0.0, 3 * HOLDS_S, 0.25):
            noisy = dim + noise * random.standard_normal(dim.shape)
            yield Frame(np.clip(np.rint(noisy), 0, 255).astype(np.uint8), at_s)

    source = ReplaySource(frames(), FacePipeline(HaarDetector(60), FakeClassifier()))
    seen = [source.next_observation() for _ in range(35)]
    assert source.state.status is CameraStatus.WATCHING
    assert [len(one.faces) for one in seen if one] == [1] * 35


@pytest.mark.parametrize("height", [120, 480, 1080])
@pytest.mark.parametrize("corners", [1.0, 2.0])
@pytest.mark.parametrize("display_px", [0, 0.1])
def test_a_covered_lens_is_dark(height: int, corners: float, display_px: float) -> None:
    darkness, random = DarknessDetector(), np.random.default_rng(6)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : height * 4 // 3 * 1j]
    level = 12 * (1 + (corners - 1) * (x**2 + y**2) / 2)  # brighter in the corners, by the lens's correction
    spot = round(display_px * height)
    level[height // 3 :][:spot, height // 2 :][:, :spot] = 200  # of an alarm clock
    for at_s in np.arange(0.0, 2 * HOLDS_S, 0.5):
        noise = random.normal(level, 5)
        darkness.update(Frame(np.clip(noise, 0, 255).astype(np.uint8), at_s))
    assert darkness.too_dark_now


def test_the_edge_of_darkness_does_not_flicker() -> None:
    darkness, states = DarknessDetector(), []
    for at_s in np.arange(0.0, 20 * HOLDS_S, 0.5):
        grey = np.full((480, 640), 10, np.uint8)
        grey[:, 320:] += 2 if at_s < 2 * HOLDS_S else round(2.5 + 0.5 * math.copysign(1, math.sin(at_s)))
        states.append(darkness.update(Frame(grey, at_s)))
    assert states == sorted(states)
    assert states[-1]


def test_when_a_person_leaves_a_dim_plain_room_is_dark() -> None:
    shown = [plain(250, 150, 140)] * 20 + [plain(0, 0, 1)] * 20
    frames = (Frame(grey, number / 4) for number, grey in enumerate(shown))
    source = ReplaySource(frames, FacePipeline(HaarDetector(60), FakeClassifier()))
    seen = [source.next_observation() for _ in shown]
    assert all(one and len(one.faces) == 1 for one in seen[:20])
    assert seen[20:] == [None] * 20
    assert source.state.status is CameraStatus.DARK


def test_a_hand_that_passes_is_not_darkness() -> None:
    darkness = DarknessDetector()
    frames = [covered(0.0), covered(2.0), Frame(room(), 2.5), covered(3.0), covered(5.5)]
    assert not any(map(darkness.update, frames))


class Lens:
    """A camera whose lens can be covered."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.is_covered = True

    def read(self) -> Frame:
        self._clock.sleep(0.25)
        return covered(self._clock()) if self.is_covered else Frame(room(), self._clock())

    def set_rate(self, fps: float) -> None:
        """Always the same."""

    def close(self) -> None:
        """Nothing to give back."""


def test_a_dark_room_is_reported_and_not_taken_as_empty() -> None:
    clock = Clock()
    lens = Lens(clock)
    source = LiveSource(lambda: lens, FacePipeline(FakeDetector(), FakeClassifier()), clock=clock)

    def look_until(status: CameraStatus) -> Observation | None:
        for _ in range(100):
            seen = source.next_observation()
            if source.state.status is status:
                return seen
        return pytest.fail(f"never {status}")

    assert look_until(CameraStatus.DARK) is None
    assert "light" in source.state.message
    lens.is_covered = False
    seen = look_until(CameraStatus.WATCHING)
    assert seen is not None
    assert len(seen.faces) == 1


def test_a_lamp_that_goes_out_leaves_no_black_looks() -> None:
    clock = Clock()
    lens = Lens(clock)
    source = LiveSource(lambda: lens, FacePipeline(FakeDetector(), FakeClassifier()), clock=clock)
    lens.is_covered = False
    assert any(source.next_observation() for _ in range(4))
    lens.is_covered = True
    assert not any(source.next_observation() for _ in range(40))
    assert source.state.status is CameraStatus.DARK


def test_a_camera_that_opens_in_the_dark_has_watched_nothing() -> None:
    clock = Clock()
    lens = Lens(clock)
    source = LiveSource(lambda: lens, FacePipeline(FakeDetector(), FakeClassifier()), clock=clock)
    states = []
    for _ in range(20):
        assert source.next_observation() is None
        states.append(source.state.status)
    assert set(states) == {CameraStatus.STARTING, CameraStatus.DARK}
    lens.is_covered = False
    while source.next_observation() is None:
        assert source.state.status is CameraStatus.DARK
    assert source.state.status is CameraStatus.WATCHING


def test_a_replay_looks_at_no_face_in_the_dark_either() -> None:
    seconds = np.arange(0.0, 15.0, 0.25)
    frames = (covered(at_s) if 3.0 <= at_s < 10.0 else Frame(room(), at_s) for at_s in seconds)
    source = ReplaySource(frames, FacePipeline(FakeDetector(), FakeClassifier()))
    seen = [source.next_observation() for _ in seconds]
    assert all(one is None for one in seen[12:40])
    assert all(one is not None for one in [*seen[:12], *seen[55:]])
