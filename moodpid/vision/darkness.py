"""Detects a room too dark for faces, or a covered lens."""

import numpy as np
from numpy.typing import NDArray

from moodpid.vision.opencv import thumbnail
from moodpid.vision.types import Frame, GreyImage

_STEP_PX = 8  # every so many pixels are enough to know how bright a picture is
# Grey levels that the brightest hundredth of the picture exceeds in the light: sensors at full gain give
# noise around 16 to 30 behind a covered lens
_BRIGHT, _BRIGHT_AGAIN = 40.0, 56.0
# From this contrast on, in grey levels, a dim room is in view: drawn rooms have 3 or more at a tenth of their
# light; a covered lens has 0.3 to 1.6, by its noise
_CONTRAST, _CONTRAST_AGAIN = 2.5, 3.5
_LEAST_RANGE = 3.0  # grey levels from the darkest to the brightest place, in which a face may be found
_PLACES = 20, 15  # columns and rows: noise is averaged out in places so large
_FINE = 4  # times as many, of whole grey levels
HOLDS_S = 3.0  # cameras that begin to look, and people who pass by close, are dark for a moment


class DarknessDetector:
    """Decides over some seconds, so that the result does not flicker.

    Attributes:
        is_dark: Whether it is too dark to see faces, as of the last frame.
    """

    def __init__(self) -> None:
        self.is_dark = False
        self._may_show_faces = True
        self._differs_since_s: float | None = None

    def update(self, frame: Frame) -> bool:
        """Take in a frame; return `is_dark`."""
        lit, self._may_show_faces = _light(frame.grey, again=self.is_dark)
        if lit != self.is_dark:
            self._differs_since_s = None
        elif self._differs_since_s is None:
            self._differs_since_s = frame.at_s
        elif frame.at_s - self._differs_since_s >= HOLDS_S:
            self.is_dark, self._differs_since_s = not self.is_dark, None
        return self.is_dark

    def found_face(self) -> None:
        """Take note that there is a face in the last frame: it is not too dark."""
        self.is_dark, self._differs_since_s = False, None

    @property
    def too_dark_now(self) -> bool:
        """Whether it seems too dark now: unlike `is_dark`, without delay as darkness begins."""
        return self.is_dark or self._differs_since_s is not None

    @property
    def worth_a_look(self) -> bool:
        """Whether the last frame is to be searched for faces, though it may seem too dark."""
        return self._may_show_faces or not self.too_dark_now


def _light(grey: GreyImage, *, again: bool) -> tuple[bool, bool]:
    """Return whether a room is in view, after the dark more clearly so, and whether a face may be."""
    if float(np.percentile(grey[::_STEP_PX, ::_STEP_PX], 99)) >= (_BRIGHT_AGAIN if again else _BRIGHT):
        return True, True
    small = thumbnail(grey, _FINE * _PLACES[0], _FINE * _PLACES[1])  # before it takes four bytes a pixel
    places = thumbnail(small.astype(np.float32), *_PLACES)
    darkest, brightest = np.percentile(places, (1, 99))
    lit = contrast(places) >= (_CONTRAST_AGAIN if again else _CONTRAST)
    return lit, bool(lit or brightest - darkest >= _LEAST_RANGE)


def contrast(places: NDArray[np.float32]) -> float:
    """Return by how many grey levels opposite places of a picture differ; the extreme tenth is left out.

    A lens and its correction brighten the corners alike, which a room does not; a clock's display is small.
    """
    low, high = np.percentile((places - places[::-1, ::-1]) / 2, (5, 95))
    return float(high - low)
