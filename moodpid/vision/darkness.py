"""Detects a room too dark for faces, or a covered lens."""

import numpy as np

from moodpid.vision.opencv import cv2
from moodpid.vision.types import Frame, GreyImage

_STEP_PX = 8  # every so many pixels are enough to know how bright a picture is
# Grey levels that the brightest hundredth of the picture exceeds in the light: sensors at full gain give
# noise around 16 to 30 behind a covered lens
_BRIGHT, _BRIGHT_AGAIN = 40.0, 56.0
# From this contrast on, in grey levels, a dim room is in view: drawn rooms have 3 or more at a tenth of their
# light, in which faces are still found; a covered lens has 0.3 to 1.6, by its noise
_CONTRAST, _CONTRAST_AGAIN = 2.5, 3.5
_PLACES = 20, 15  # columns and rows: noise is averaged out in places so large
HOLDS_S = 3.0  # cameras that begin to look, and people who pass by close, are dark for a moment


class DarknessDetector:
    """Decides over some seconds, so that the result does not flicker."""

    def __init__(self) -> None:
        self._dark = False
        self._differs_since_s: float | None = None

    def update(self, frame: Frame) -> bool:
        """Return whether it is too dark to see faces, as of this frame."""
        if _is_lit(frame.grey, again=self._dark) != self._dark:
            self._differs_since_s = None
        elif self._differs_since_s is None:
            self._differs_since_s = frame.at_s
        elif frame.at_s - self._differs_since_s >= HOLDS_S:
            self._dark, self._differs_since_s = not self._dark, None
        return self._dark

    @property
    def too_dark_now(self) -> bool:
        """Whether no face can be seen now: unlike `update`, without delay as darkness begins."""
        return self._dark or self._differs_since_s is not None


def _is_lit(grey: GreyImage, *, again: bool) -> bool:
    """Return whether a room is to be seen; after the dark, more clearly so."""
    if float(np.percentile(grey[::_STEP_PX, ::_STEP_PX], 99)) >= (_BRIGHT_AGAIN if again else _BRIGHT):
        return True
    return contrast(grey) >= (_CONTRAST_AGAIN if again else _CONTRAST)


def contrast(grey: GreyImage) -> float:
    """Return by how many grey levels opposite places of a picture differ; the extreme tenth is left out.

    A lens and its correction brighten the corners alike, which a room does not; a clock's display is small.
    """
    height, width = grey.shape
    size = min(width, _PLACES[0]), min(height, _PLACES[1])
    places = np.asarray(cv2.resize(grey.astype(np.float32), size, interpolation=cv2.INTER_AREA), np.float32)
    low, high = np.percentile((places - places[::-1, ::-1]) / 2, (5, 95))
    return float(high - low)
