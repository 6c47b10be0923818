"""Prepares dim pictures: a cascade rejects windows of low contrast, whatever they show."""

import math

import numpy as np
from numpy.typing import NDArray

from moodpid.vision.opencv import cv2
from moodpid.vision.types import GreyImage

ToneCurve = NDArray[np.uint8]
"""A grey value for each grey value, shape (256,)."""

_MIDDLE = 0.35  # of white: what the middle of the picture is lifted to, if it is darker
_STRONGEST = 0.4  # the smallest exponent: a stronger curve shows noise alone
_DARKEST_WHITE = 12.0  # in grey levels, of a picture in which nothing is bright
_WELL_LIT, _WELL_BALANCED = 170.0, 0.85  # from this white and this exponent on, a picture stays as it is


def tone_curve(thumbnail: GreyImage) -> ToneCurve | None:
    """Return the curve that makes the faces of a dim picture visible to a cascade.

    The brightest hundredth becomes white. Where the middle stays dark all the same, because a lamp or a
    window is in view, the curve is a power of the grey value ("gamma") that lifts it.

    Args:
        thumbnail: The picture, much smaller, so that noise is averaged out.

    Returns:
        None for a picture that needs none.
    """
    levels = np.sort(thumbnail, axis=None)
    brightest, middle = levels[round(0.99 * (levels.size - 1))], levels[levels.size // 2]
    white = max(float(brightest), _DARKEST_WHITE)
    share = max(float(middle), 1.0) / white
    exponent = 1.0
    if share < _MIDDLE:
        exponent = max(_STRONGEST, math.log(_MIDDLE) / math.log(share))
    if white >= _WELL_LIT and exponent >= _WELL_BALANCED:
        return None
    curve = 250 * (np.arange(256) / white) ** exponent
    return np.clip(curve, 0, 255).astype(np.uint8)


def apply_tone(grey: GreyImage, curve: ToneCurve | None) -> GreyImage:
    """Return the picture with the curve applied; the same picture where there is none."""
    return grey if curve is None else np.asarray(cv2.LUT(grey, curve), np.uint8)
