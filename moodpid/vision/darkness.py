"""Detects a room too dark for faces, or a covered lens."""

import numpy as np

from moodpid.vision.types import Frame

_STEP_PX = 8  # every so many pixels are enough to know
# Grey levels that the brightest hundredth of the picture stays below in the dark, and exceeds in the light:
# sensors at full gain give noise around 16 to 30 behind a covered lens
DARK_BELOW, LIGHT_ABOVE = 40.0, 56.0
HOLDS_S = 3.0  # cameras that begin to look, and people who pass by close, are dark for a moment


class DarknessDetector:
    """Decides over some seconds, so that the result does not flicker."""

    def __init__(self) -> None:
        self._dark = False
        self._differs_since_s: float | None = None

    def update(self, frame: Frame) -> bool:
        """Return whether it is too dark to see faces, as of this frame."""
        brightest = float(np.percentile(frame.grey[::_STEP_PX, ::_STEP_PX], 99))
        differs = brightest > LIGHT_ABOVE if self._dark else brightest < DARK_BELOW
        if not differs:
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
