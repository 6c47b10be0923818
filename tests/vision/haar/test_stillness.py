"""A face that breathes moves, a picture among noise does not."""

import numpy as np
import pytest

from moodpid.mood.emotion import Emotion
from moodpid.vision.haar.stillness import STILL_S, FaceMotion
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, GreyImage
from tests.support.rooms import room

FACE = Face(200, 120, 100, 100)
LOOKS_HZ = 4.0


def frame(shift_px: float, light: float, seed: int, deviation: float) -> GreyImage:
    grey = room((Emotion.NEUTRAL, 200, 120, 100))
    shift = np.array([[1, 0, 0], [0, 1, shift_px]], np.float32)
    moved = np.asarray(cv2.warpAffine(grey, shift, (640, 480)), np.float64)
    noise = np.random.default_rng(seed).normal(0, deviation, grey.shape)
    return np.asarray(np.clip(moved * light + noise, 0, 255), np.uint8)


def still_s(amplitude_px: float, deviation: float, light_per_s: float = 0.0) -> float:
    """Return how long a face has not moved after 30 seconds of breathing at 15 breaths a minute."""
    motion = FaceMotion(frame(0.0, 1.0, 0, deviation), FACE, 0.0)
    for number in range(1, 121):
        at_s = number / LOOKS_HZ
        shift = amplitude_px * np.sin(2 * np.pi * at_s / 4)
        motion.update(frame(float(shift), 1 - light_per_s * at_s, number, deviation), at_s)
    return motion.still_s(30.0)


@pytest.mark.parametrize("deviation", [1.0, 3.0, 6.0])
def test_a_picture_among_noise_is_still(deviation: float) -> None:
    assert still_s(0.0, deviation) == 30.0


@pytest.mark.parametrize("deviation", [1.0, 3.0, 6.0])
@pytest.mark.parametrize("amplitude_px", [0.1, 0.3])
def test_a_sleeping_face_breathes(amplitude_px: float, deviation: float) -> None:
    assert still_s(amplitude_px, deviation) < 10.0


def test_light_that_fades_moves_no_picture() -> None:
    assert still_s(0.0, 2.0, light_per_s=0.005) == 30.0


@pytest.mark.parametrize("every", [1, 2, 20])
@pytest.mark.parametrize(("amplitude_px", "still"), [(0.0, True), (0.4, False)])
def test_light_that_changes_again_and_again_is_no_motion(
    every: int, amplitude_px: float, still: bool
) -> None:
    motion = FaceMotion(frame(0.0, 1.0, 0, 2.0), FACE, 0.0)
    light = 1.0
    for number in range(1, 161):
        at_s = number / LOOKS_HZ
        shift = float(amplitude_px * np.sin(2 * np.pi * at_s / 4))
        if number % every == 0:
            light = 1.5 - light
            motion.relight(frame(shift, light, number, 2.0))
        motion.update(frame(shift, light, number, 2.0), at_s)
    assert (motion.still_s(40.0) == 40.0) == still


def test_nothing_is_known_before_enough_looks() -> None:
    motion = FaceMotion(frame(0.0, 1.0, 0, 1.0), FACE, 0.0)
    motion.update(frame(0.0, 1.0, 1, 1.0), 300.0)
    assert motion.still_s(300.0) == 0.0


def test_a_face_that_went_elsewhere_is_not_covered() -> None:
    motion = FaceMotion(frame(0.0, 1.0, 0, 1.0), FACE, 0.0)
    assert motion.covers(Face(210, 120, 100, 100))
    assert not motion.covers(Face(240, 120, 100, 100))


def test_a_picture_seen_again_in_other_light_may_move() -> None:
    motion = FaceMotion(frame(0.0, 1.0, 0, 2.0), FACE, 0.0)
    for number in range(1, 5):
        motion.update(frame(0.0, 1.0, number, 2.0), number / LOOKS_HZ)
    motion.rest(1.25)
    assert motion.still_s(1.25) == STILL_S
    motion.relight(frame(0.0, 0.6, 5, 2.0))
    for number in range(6, 80):
        at_s = number / LOOKS_HZ
        shift = 0.4 * np.sin(2 * np.pi * at_s / 4)
        motion.update(frame(float(shift), 0.6, number, 2.0), at_s)
    assert motion.still_s(20.0) < 12.0
