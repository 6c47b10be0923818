"""Dim pictures are brightened, well-lit ones stay as they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.vision.haar.tone import apply_tone, tone_curve
from moodpid.vision.types import GreyImage


def picture(middle: int, brightest: int, share: float = 0.02) -> GreyImage:
    grey = np.full((60, 80), middle, np.uint8)
    grey.ravel()[: round(share * grey.size)] = brightest
    return grey


def test_a_picture_in_good_light_stays_the_same() -> None:
    grey = picture(110, 220)
    assert tone_curve(grey) is None
    assert apply_tone(grey, None) is grey


def test_dim_light_is_stretched() -> None:
    curve = tone_curve(picture(12, 30))
    assert curve is not None
    assert curve[30] >= 240
    assert 70 <= curve[12] <= 120


def test_a_lamp_in_view_leaves_the_rest_visible() -> None:
    curve = tone_curve(picture(15, 255))
    assert curve is not None
    assert 60 <= curve[15] <= 110


@given(st.integers(0, 255), st.integers(0, 255))
def test_a_curve_keeps_the_order_of_grey_values(middle: int, brightest: int) -> None:
    curve = tone_curve(picture(min(middle, brightest), max(middle, brightest)))
    assert curve is None or bool(np.all(np.diff(curve.astype(int)) >= 0))


@pytest.mark.parametrize("grey", [np.zeros((1, 1), np.uint8), np.full((60, 80), 255, np.uint8)])
def test_black_and_white_pictures_have_a_curve_or_none(grey: GreyImage) -> None:
    curve = tone_curve(grey)
    assert curve is None or curve.shape == (256,)
