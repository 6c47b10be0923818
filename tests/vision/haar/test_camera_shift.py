"""The shift of a view is that of most of its parts, beside a face and its body."""

import numpy as np
import pytest

from moodpid.mood.emotion import Emotion
from moodpid.vision.haar.camera_shift import SceneShift, scene_of
from moodpid.vision.types import Face, GreyImage
from tests.support.furnished_room import PLACE, FurnishedRoom
from tests.support.rooms import room


def shift_beside(before: GreyImage, now: GreyImage, face: Face = PLACE) -> tuple[float, float] | None:
    height, width = now.shape
    return SceneShift(scene_of(before), scene_of(now)).beside(face, width, height)


@pytest.mark.parametrize("light", [0.7, 1.0, 1.3])
@pytest.mark.parametrize("nudge", [(0.6, -0.4), (1.5, 0.8), (12.0, -7.0), (-50.0, 30.0)])
@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (1280, 720)])
def test_a_shift_is_measured_in_other_light(
    width: int, height: int, nudge: tuple[float, float], light: float
) -> None:
    shown = FurnishedRoom(PLACE, width=width, height=height)
    shift = shift_beside(shown.view(1), shown.view(2, nudge=nudge, light=light))
    assert shift == pytest.approx(nudge, abs=0.12 * max(width / 160, height / 120))


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("moved", [(0, 0), (8, 0), (-20, 6), (40, 10), (-70, 20)])
def test_before_a_near_person_who_moves_a_camera_stands(seed: int, moved: tuple[int, int]) -> None:
    near = FurnishedRoom(Face(230, 100, 160, 160), body=True, seed=seed)
    assert shift_beside(near.view(1), near.view(2, moved=moved), near.place) is None


@pytest.mark.parametrize("seed", range(8))
def test_a_view_that_shows_something_else_has_not_shifted(seed: int) -> None:
    assert shift_beside(FurnishedRoom(seed=seed).view(1), FurnishedRoom(seed=seed + 50).view(2)) is None


def test_a_camera_that_was_turned_far_shows_another_view() -> None:
    assert shift_beside(FurnishedRoom().view(1), FurnishedRoom().view(2, nudge=(200.0, 0.0))) is None


def test_where_nothing_else_is_seen_no_shift_is_known() -> None:
    assert (
        shift_beside(room((Emotion.NEUTRAL, 240, 140, 120)), room((Emotion.NEUTRAL, 250, 140, 120))) is None
    )


@pytest.mark.parametrize("size", [(2, 2), (48, 64), (64, 48)])
def test_in_a_tiny_view_no_shift_is_known(size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    before, now = (random.integers(0, 256, size, np.uint8) for _ in range(2))
    assert shift_beside(before, now, Face(0, 0, 2, 2)) is None
