"""What has changed is found by its place, and noise is no change."""

import numpy as np
import pytest

from moodpid.mood.emotion import Emotion
from moodpid.vision.haar.motion import ChangeDetector, Region, whole
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, GreyImage
from tests.support.rooms import room


def furnished(seed: int = 0) -> GreyImage:
    rng = np.random.default_rng(seed)
    wall = room()
    for _ in range(12):
        x, y = int(rng.integers(0, 560)), int(rng.integers(0, 400))
        wall[y : y + int(rng.integers(30, 160)), x : x + int(rng.integers(30, 160))] = rng.integers(20, 240)
    return wall


def noisy(grey: GreyImage, seed: int, deviation: float) -> GreyImage:
    noise = np.random.default_rng(seed).normal(0, deviation, grey.shape)
    return np.clip(grey + noise, 0, 255).astype(np.uint8)


def region_after(changes: ChangeDetector, grey: GreyImage) -> Region | None:
    changes.update(grey)
    return changes.changed_region()


def searched(grey: GreyImage) -> ChangeDetector:
    changes = ChangeDetector()
    assert region_after(changes, grey) == whole(grey)
    changes.searched(whole(grey))
    return changes


@pytest.mark.parametrize("deviation", [0.0, 2.0, 6.0])
def test_noise_changes_nothing(deviation: float) -> None:
    changes = searched(noisy(furnished(), 0, deviation))
    assert [region_after(changes, noisy(furnished(), seed, deviation)) for seed in range(1, 30)] == [
        None
    ] * 29


def test_a_flicker_of_all_the_light_changes_nothing() -> None:
    changes = searched(furnished())
    assert region_after(changes, np.clip(furnished() * 1.04, 0, 255).astype(np.uint8)) is None


def test_a_shaking_camera_changes_nothing() -> None:
    changes = searched(furnished())
    shift = np.array([[1, 0, 0.7], [0, 1, 0.7]], np.float32)
    moved = cv2.warpAffine(furnished(), shift, (640, 480), borderMode=cv2.BORDER_REPLICATE)
    assert region_after(changes, np.asarray(moved, np.uint8)) is None


def test_the_region_around_a_newcomer_is_returned() -> None:
    changes = searched(noisy(room(), 0, 3.0))
    region = region_after(changes, noisy(room((Emotion.NEUTRAL, 300, 200, 60)), 1, 3.0))
    assert region is not None
    assert region.left <= 260
    assert region.top <= 160
    assert region.right >= 400
    assert region.bottom >= 300
    assert region.area < 640 * 480 / 3


def test_a_change_is_reported_until_its_region_was_searched() -> None:
    changes = searched(room())
    newcomer = room((Emotion.NEUTRAL, 300, 200, 60))
    first, second = region_after(changes, newcomer), region_after(changes, newcomer)
    assert first == second
    assert first is not None
    changes.searched(first)
    assert region_after(changes, newcomer) is None


def test_a_search_elsewhere_leaves_a_change_reported() -> None:
    changes = searched(room())
    changes.update(room((Emotion.NEUTRAL, 300, 200, 60)))
    changes.searched(Region(0, 0, 100, 100))
    assert region_after(changes, room((Emotion.NEUTRAL, 300, 200, 60))) is not None


def test_a_place_moves_only_in_the_look_that_changes_it() -> None:
    changes = searched(room())
    newcomer = room((Emotion.NEUTRAL, 300, 200, 60))
    here, elsewhere = Face(300, 200, 60, 60), Face(40, 40, 60, 60)
    changes.update(newcomer)
    assert changes.moved(here)
    assert not changes.moved(elsewhere)
    changes.update(newcomer)
    assert not changes.moved(here)
    assert changes.changed(here)


def test_everything_changes_with_the_size_of_the_frame() -> None:
    changes = searched(room())
    assert region_after(changes, room(width=320, height=240)) == Region(0, 0, 320, 240)
    assert changes.moved(Face(10, 10, 30, 30))


@pytest.mark.parametrize("shift_px", [1.0, 1.5])
def test_a_camera_that_is_pushed_changes_little(shift_px: float) -> None:
    changes = searched(furnished())
    shift = np.array([[1, 0, shift_px], [0, 1, -shift_px]], np.float32)
    moved = cv2.warpAffine(furnished(), shift, (640, 480), borderMode=cv2.BORDER_REPLICATE)
    assert region_after(changes, np.asarray(moved, np.uint8)) is None
