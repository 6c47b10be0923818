"""A picture stays one when the camera is nudged; what moves by itself counts again."""

from collections.abc import Iterator

import numpy as np
import pytest

from moodpid.mood.emotion import Emotion
from moodpid.vision.haar import HaarDetector
from moodpid.vision.haar.camera_shift import scene_of, scene_shift
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, Frame, GreyImage
from tests.support.rooms import room

MARGIN = 100  # pixels beyond the view, in which a nudge finds more of the room
KNOWN_S = 200.0
PLACE = Face(240, 140, 120, 120)


def furniture(width: int, height: int) -> GreyImage:
    """Edges of all kinds, with the light of a lamp from the left."""
    random, grey = np.random.default_rng(3), np.full((height, width), 110, np.uint8)
    for _ in range(60):
        left, top = random.integers(0, (width, height))
        wide, high = random.integers(20, 150, 2)
        grey[top : top + high, left : left + wide] = random.integers(60, 180)
    return np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.uint8)


WALL = furniture(640 + 2 * MARGIN, 480 + 2 * MARGIN)
FACE = room((Emotion.NEUTRAL, 0, 0, PLACE.width), width=PLACE.width, height=PLACE.height)


def view(
    nudge: tuple[float, float], *, moved: tuple[int, int] = (0, 0), seed: int, light: float = 1.0
) -> GreyImage:
    """What a camera sees that was nudged by these pixels, with the face moved by those."""
    wall = WALL.copy()
    left, top = MARGIN + PLACE.x + moved[0], MARGIN + PLACE.y + moved[1]
    wall[top - 40 : top + PLACE.height + 40, left - 40 : left + PLACE.width + 40] = 110
    wall[top : top + PLACE.height, left : left + PLACE.width] = FACE
    shift = np.array([[1, 0, nudge[0] - MARGIN], [0, 1, nudge[1] - MARGIN]], np.float32)
    seen = np.asarray(cv2.warpAffine(wall, shift, (640, 480)), np.float64)
    noise = np.random.default_rng(seed).normal(0, 3.0, seen.shape)
    return np.asarray(np.clip(seen * light + noise, 0, 255), np.uint8)


def counted(detector: HaarDetector, views: Iterator[GreyImage]) -> list[int]:
    """How many persons are counted in each look, once the face is known for a picture."""
    at_s = 0.0
    while at_s < KNOWN_S:
        at_s += 2.0
        last = detector.detect(Frame(view((0, 0), seed=round(at_s)), at_s))
    assert last == ()
    counts = []
    for grey in views:
        at_s += 0.25
        counts.append(len(detector.detect(Frame(grey, at_s))))
    return counts


@pytest.mark.parametrize("nudge", [(1.5, 0.8), (12.0, -7.0), (-70.0, 30.0)])
def test_a_picture_stays_one_when_the_camera_is_nudged(nudge: tuple[float, float]) -> None:
    counts = counted(HaarDetector(64), (view(nudge, seed=1000 + number) for number in range(60)))
    assert sum(counts) <= 4
    assert counts[-50:] == [0] * 50


def test_a_camera_may_be_nudged_again_and_again() -> None:
    def nudged() -> Iterator[GreyImage]:
        for number in range(120):
            yield view((10.0 * (number // 30), -8.0 * (number // 30)), seed=2000 + number)

    counts = counted(HaarDetector(64), nudged())
    assert sum(counts) <= 3 * 4
    assert counts[-20:] == [0] * 20


@pytest.mark.parametrize("moved", [(3, 2), (-60, 20)])
def test_a_face_that_moves_in_a_room_that_stands_counts(moved: tuple[int, int]) -> None:
    counts = counted(
        HaarDetector(64), (view((0, 0), moved=moved, seed=3000 + number) for number in range(60))
    )
    assert counts[-40:] == [1] * 40


@pytest.mark.parametrize("light", [0.7, 1.0, 1.3])
@pytest.mark.parametrize("nudge", [(1.5, 0.8), (12.0, -7.0), (-70.0, 30.0)])
def test_a_shift_is_measured_in_other_light(nudge: tuple[float, float], light: float) -> None:
    before, now = view((0, 0), seed=1), view(nudge, seed=2, light=light)
    shift = scene_shift(scene_of(before), scene_of(now)).beside(PLACE, 640, 480)
    assert shift == pytest.approx(nudge, abs=0.7)


@pytest.mark.parametrize("nudge", [(0.0, 0.0), (0.3, -0.3)])
def test_a_camera_that_stands_has_not_shifted(nudge: tuple[float, float]) -> None:
    before, now = view((0, 0), seed=1), view(nudge, moved=(30, 0), seed=2)
    assert scene_shift(scene_of(before), scene_of(now)).beside(PLACE, 640, 480) is None


def test_where_nothing_else_is_seen_no_shift_is_known() -> None:
    before, now = room((Emotion.NEUTRAL, 240, 140, 120)), room((Emotion.NEUTRAL, 250, 140, 120))
    assert scene_shift(scene_of(before), scene_of(now)).beside(PLACE, 640, 480) is None
