"""A face that breathes moves, a picture among noise does not."""

import numpy as np
import pytest

from moodpid.mood.emotion import Emotion
from moodpid.vision.haar.stillness import STILL_S, FaceMotion, moves
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
        motion.update(frame(shift, light, number, 2.0), at_s)
    assert (motion.still_s(40.0) == 40.0) == still


@pytest.mark.parametrize("amplitude_px", [0.1, 0.3])
@pytest.mark.parametrize("aside_px", [(3, -2), (-10, -8), (12, 6), (0, 18)])
def test_a_sleeper_who_moved_aside_breathes(aside_px: tuple[int, int], amplitude_px: float) -> None:
    random, small = np.random.default_rng(4), room((Emotion.NEUTRAL, 60, 60, 100), width=220, height=220)
    motion = FaceMotion(small, Face(60, 60, 100, 100), 0.0)
    for number in range(1, 170):
        at_s = number / LOOKS_HZ
        right, down = aside_px[0], aside_px[1] + amplitude_px * np.sin(2 * np.pi * at_s / 4)
        shift = np.array([[1, 0, right], [0, 1, down]], np.float32)
        moved = np.asarray(
            cv2.warpAffine(small, shift, (220, 220), borderMode=cv2.BORDER_REPLICATE), np.uint8
        )
        noisy = moved + 2.0 * random.standard_normal(moved.shape)
        motion.update(np.asarray(np.clip(noisy, 0, 255), np.uint8), at_s)
    assert motion.still_s(42.25) < 25.0


def in_light(motion: FaceMotion, picture: GreyImage, level: float, number: int, noise: float) -> None:
    """Show one more look of a picture in this light."""
    random = np.random.default_rng(number)
    noisy = level * picture + noise * random.standard_normal(picture.shape)
    seen = np.asarray(np.clip(noisy, 0, 255), np.uint8)
    known = motion.still_s(number / LOOKS_HZ) >= STILL_S
    motion.update(seen, number / LOOKS_HZ, is_picture=known)


@pytest.mark.parametrize(("side", "light", "deviation"), [(64, 0.4, 6.0), (64, 0.25, 4.0), (100, 0.25, 6.0)])
def test_a_portrait_by_lamplight_is_still_all_evening(side: int, light: float, deviation: float) -> None:
    picture = room((Emotion.NEUTRAL, 0, 0, side), width=side, height=side)
    motion = FaceMotion(np.asarray(light * picture, np.uint8), Face(0, 0, side, side), 0.0)
    for number in range(1, 15 * 240):
        in_light(motion, picture, light, number, deviation)
    assert motion.still_s(15 * 60.0) > 10 * 60.0


def test_a_film_on_television_moves_no_poster() -> None:
    picture = room((Emotion.NEUTRAL, 10, 10, 80), width=100, height=100)
    motion, random = FaceMotion(picture, Face(10, 10, 80, 80), 0.0), np.random.default_rng(8)
    glow = 0.0
    for number in range(1, 15 * 240):
        glow = float(np.clip(0.8 * glow + 0.6 * random.normal(), -1, 1))
        in_light(motion, picture, 0.5 * (1 + 0.4 * glow), number, 2.0)
    assert motion.still_s(15 * 60.0) > 14 * 60.0


def test_a_breath_is_seen_in_other_light() -> None:
    motion = FaceMotion(frame(0.0, 1.0, 0, 2.0), FACE, 0.0)
    for number in range(1, 161):
        at_s = number / LOOKS_HZ
        breath = 0.3 * np.sin(2 * np.pi * at_s / 4)
        motion.update(frame(float(breath), 0.5, number, 2.0), at_s)
    assert motion.still_s(40.0) < 15.0


@pytest.mark.parametrize("hz", [2.0, 4.0, 30.0])
def test_noise_is_no_motion_and_a_breath_is(hz: float) -> None:
    looks = 64
    at_s = np.arange(looks) * max(1 / hz, 0.2)
    random = np.random.default_rng(9)
    for _ in range(200):
        noise = random.normal(0.0, 0.03, (looks, 2)).astype(np.float32)
        assert not moves(noise, 6.0)
        breath = np.zeros_like(noise)
        breath[:, 1] = 0.08 * np.sin(2 * np.pi * at_s / 4 + random.uniform(0, 6))
        assert moves(noise + breath, 6.0)


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
    for number in range(6, 80):
        at_s = number / LOOKS_HZ
        shift = 0.4 * np.sin(2 * np.pi * at_s / 4)
        motion.update(frame(float(shift), 0.6, number, 2.0), at_s)
    assert motion.still_s(20.0) < 12.0


@pytest.mark.parametrize(("light", "side"), [(0.15, 70), (0.1, 90), (0.06, 130)])
def test_a_known_picture_stays_one_in_dim_noisy_light(light: float, side: int) -> None:
    picture = room((Emotion.NEUTRAL, 0, 0, side), width=side, height=side)
    for evening in range(8):
        motion, first = FaceMotion(picture, Face(0, 0, side, side), 0.0), 1000 * evening
        motion.rest(first / LOOKS_HZ)
        for number in range(first, first + 80):
            in_light(motion, picture, 1.0, number, 1.5)
        for number in range(first + 80, first + 320):
            in_light(motion, picture, light, number, 3.0)
        assert motion.still_s(first / LOOKS_HZ + 80.0) >= STILL_S


def test_a_sleeper_whose_lamp_is_dimmed_is_no_picture() -> None:
    motion, still_s = FaceMotion(frame(0.0, 1.0, 0, 1.5), FACE, 0.0), []
    for number in range(1, 840):
        at_s = number / LOOKS_HZ
        breath = float(0.3 * np.sin(2 * np.pi * at_s / 4))
        level = 1.0 if at_s % 100 < 70 else 0.2
        motion.update(frame(breath, level, number, 2.0), at_s)
        still_s.append(motion.still_s(at_s))
    assert max(still_s) < 60.0
