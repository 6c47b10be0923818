"""A picture that something passes is a picture still; a person who looked away is not taken for one."""

from collections.abc import Iterator

import numpy as np
import pytest

from moodpid.mood.emotion import Emotion
from moodpid.vision.haar import HaarDetector
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Frame, GreyImage
from tests.support.rooms import room

PICTURE = room((Emotion.NEUTRAL, 240, 160, 120))
LEARNED_S, EVERY_S = 200.0, 2.0  # until it is known for a picture, at fewer looks


def noisy(grey: GreyImage, number: int) -> GreyImage:
    noise = np.random.default_rng(number).normal(0, 3.0, grey.shape)
    return np.asarray(np.clip(grey + noise, 0, 255), np.uint8)


def shirt() -> GreyImage:
    """Folds and a pattern, without a face."""
    coarse = np.random.default_rng(7).integers(40, 200, (60, 25)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (200, 480), interpolation=cv2.INTER_CUBIC), np.uint8)


def known() -> Iterator[GreyImage]:
    """The picture alone, until it is known for one."""
    for _ in range(round(LEARNED_S / EVERY_S)):
        yield PICTURE


def counted(detector: HaarDetector, shown: Iterator[GreyImage]) -> list[int]:
    """How many persons are counted in each look, a quarter of a second apart once the picture is known."""
    counts, at_s = [], 0.0
    for number, grey in enumerate(shown):
        at_s += EVERY_S if at_s < LEARNED_S else 0.25
        counts.append(len(detector.detect(Frame(noisy(grey, number), at_s))))
    return counts


@pytest.mark.parametrize("covered_looks", [0, 40])
def test_a_picture_that_somebody_passes_stays_one(covered_looks: int) -> None:
    def passing() -> Iterator[GreyImage]:
        yield from known()
        for column in [*range(0, 240, 20), *[240] * covered_looks, *range(240, 440, 20)]:
            grey = PICTURE.copy()
            grey[60:, column : column + 200] = shirt()[: 480 - 60]
            yield grey
        for _ in range(60):
            yield PICTURE

    counts = counted(HaarDetector(64), passing())
    assert counts[93:100] == [0] * 7
    assert sum(counts[-60:]) <= 4  # looks until it is recognised
    assert counts[-50:] == [0] * 50


def test_a_picture_that_somebody_passes_slowly_stays_one() -> None:
    detector, at_s, looks_hz = HaarDetector(64), 0.0, 30
    while at_s < LEARNED_S:
        at_s += EVERY_S
        detector.detect(Frame(noisy(PICTURE, round(at_s)), at_s))
    counts = []
    for number in range(15 * looks_hz):
        at_s += 1 / looks_hz
        column = round(60 * number / looks_hz)
        grey = PICTURE.copy()
        if column < 440:
            grey[60:, column : column + 200] = shirt()[:420, : 640 - column]
        counts.append(len(detector.detect(Frame(noisy(grey, number), at_s))))
    assert counts[-4 * looks_hz :] == [0] * (4 * looks_hz)


def test_a_person_who_looked_away_counts_again() -> None:
    def sleeper() -> Iterator[GreyImage]:
        yield from known()
        for number in range(160):
            grey = np.full_like(PICTURE, 128) if 10 <= number < 20 else PICTURE
            breath = 0.4 * np.sin(2 * np.pi * number / 16)
            shift = np.array([[1, 0, 0], [0, 1, breath]], np.float32)
            yield np.asarray(
                cv2.warpAffine(grey, shift, (640, 480), borderMode=cv2.BORDER_REPLICATE), np.uint8
            )

    counts = counted(HaarDetector(64), sleeper())
    assert counts[-40:] == [1] * 40
