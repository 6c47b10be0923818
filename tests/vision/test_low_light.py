"""A dim face is read as it would be in good light, and a face in good light is left as it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.mood.emotion import EMOTIONS, Emotion
from moodpid.vision.classifier import TfliteClassifier
from moodpid.vision.low_light import face_in_good_light, noise_deviation
from moodpid.vision.opencv import cv2
from moodpid.vision.types import GreyImage
from tests.support.rooms import MODEL, room

SIDE_PX = 48


def face(emotion: Emotion = Emotion.HAPPY, light: float = 1.0, noise: float = 0.0) -> GreyImage:
    """An average face of 110 pixels in this light, with a sensor's noise."""
    lit = light * room((emotion, 0, 0, 110), width=110, height=110)
    noisy = lit + noise * np.random.default_rng(1).standard_normal(lit.shape)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def shown(picture: GreyImage) -> GreyImage:
    return face_in_good_light(picture, SIDE_PX, SIDE_PX)


def test_a_face_in_good_light_is_only_shrunk() -> None:
    picture = face(noise=12.0)
    assert np.array_equal(shown(picture), cv2.resize(picture, (SIDE_PX,) * 2, interpolation=cv2.INTER_AREA))


def test_a_face_of_the_right_size_is_not_copied() -> None:
    picture = shown(face())
    assert shown(picture) is picture


@pytest.mark.parametrize("light", [0.05, 0.1, 0.25])
def test_a_dim_face_becomes_as_bright_as_others(light: float) -> None:
    picture = shown(face(light=light))
    assert np.percentile(picture[10:40, 12:37], 99) == pytest.approx(100, abs=2)
    assert np.corrcoef(picture.ravel(), shown(face()).ravel())[0, 1] > 0.99


def test_a_face_before_a_window_is_brightened() -> None:
    picture = face(light=0.2)
    picture[:15] = picture[:, :15] = picture[:, -15:] = 240
    middle = slice(10, 40), slice(12, 36)
    assert np.corrcoef(shown(picture)[middle].ravel(), shown(face())[middle].ravel())[0, 1] > 0.99
    assert np.percentile(shown(picture)[middle], 99) == pytest.approx(100, abs=5)


def test_noise_that_comes_to_light_is_removed() -> None:
    picture = shown(face(light=0.1, noise=5.0))
    assert np.corrcoef(picture.ravel(), shown(face()).ravel())[0, 1] > 0.97
    assert noise_deviation(picture) < 4


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_dim_face_is_read_like_a_lit_one(emotion: Emotion) -> None:
    classifier = TfliteClassifier(MODEL)
    in_light = classifier.classify_crop(face(emotion))
    dim = classifier.classify_crop(face(emotion, light=0.1, noise=3.0))
    assert dim.top is in_light.top
    assert dim[in_light.top] > 0.6 * in_light[in_light.top]


@pytest.mark.parametrize("deviation", [2.0, 8.0, 20.0])
def test_noise_is_measured(deviation: float) -> None:
    slope = np.linspace(60, 180, 100)[:, np.newaxis] * np.ones(100)
    noisy = slope + deviation * np.random.default_rng(3).standard_normal(slope.shape)
    assert noise_deviation(np.asarray(noisy, np.uint8)) == pytest.approx(deviation, rel=0.1)


@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 255), st.integers(0, 2**32 - 1))
def test_any_picture_gives_one_of_the_size(height: int, width: int, white: int, seed: int) -> None:
    picture = np.random.default_rng(seed).integers(0, white + 1, (height, width), np.uint8)
    result = shown(picture)
    assert result.shape == (SIDE_PX, SIDE_PX)
    assert result.dtype == np.uint8
