"""Tells a picture of a face from a face: a living one moves, were it with its breath alone."""

from collections import deque

import numpy as np
from numpy.typing import NDArray

from moodpid.vision.haar.shift import shift_solution
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, GreyImage

STILL_S = 180.0  # a face that has not moved for so long is a picture
_PATCH_PX = 48
_SAME_PLACE = 0.25  # of the face's width
_LOOKS = 32  # eight seconds at the default rate, two breaths
_RIDGE = 1e-3  # of a patch of standard deviation 1 at most
_SMOOTH = 1.8  # von Neumann's ratio of noise is 1 +- 0.25 for so many looks
_DARKEST = 16.0  # grey levels: what is darker shows noise rather than detail
_LIGHT_PX = 8.0  # in the patch: over so much of it light changes little
_LEAST_PX = 0.02  # in the patch: what the light does to a picture on a wall
_CLEAR_PX = 0.25  # in the patch: more than noise, however it came about
# Correlations of two patches: below the first they show different things, above the second the same
_ANOTHER, _ALIKE = 0.5, 0.8
_COVERED_LOOKS, _MOST_LOOKS = 40, 30_000  # looks until something covers what moves, and while it is covered
_AGAIN_LOOKS = 4  # in a row, in which it is seen as it was


class FaceMotion:
    """Measures by fractions of a pixel how a face moves against where it was first seen.

    Args:
        grey: The frame in which the face was first seen.
        face: Where.
        at_s: When, in monotonic seconds.
    """

    def __init__(self, grey: GreyImage, face: Face, at_s: float) -> None:
        self._face = face
        self._shifts: deque[NDArray[np.float32]] = deque(maxlen=_LOOKS)
        self._looks = 0  # since shifts are measured against the present patch
        self._offset = np.zeros(2, np.float32)  # what is added to them
        self._moved_s = at_s
        self._measured = False
        self._measure_against(grey)

    def _measure_against(self, grey: GreyImage) -> None:
        self._first = _patch(grey, self._face)
        down, right = np.gradient(self._first)
        self._solution = shift_solution(right.ravel(), down.ravel(), _RIDGE)
        self._looks = 0

    def relight(self, grey: GreyImage) -> None:
        """Measure against this frame from now on: the light has changed, which is no motion.

        The shifts from before go on counting: where the face was on average is where it is now. In light that
        changes with each look, every other shift is measured all the same.
        """
        if self._looks != 1:
            recent = [*self._shifts][-self._looks :] if self._looks else [self._offset]
            self._offset = np.asarray(np.mean(recent, axis=0), np.float32)
            self._measure_against(grey)

    def update(self, grey: GreyImage, at_s: float) -> None:
        """Measure the shift in this frame."""
        self._shifts.append(self._offset + self._shift(_patch(grey, self._face)))
        self._looks += 1
        if len(self._shifts) < _LOOKS:
            return
        if moves(np.array(self._shifts)):
            self._moved_s, self._measured = at_s, False
            self._shifts.clear()
            self._looks = 0
        else:
            self._measured = True

    def covers(self, face: Face) -> bool:
        """Return whether a face is still where the motion is measured."""
        (one_x, one_y), (other_x, other_y) = self._face.centre, face.centre
        return max(abs(one_x - other_x), abs(one_y - other_y)) < _SAME_PLACE * self._face.width

    def compare(self, grey: GreyImage) -> tuple[float, bool]:
        """Return how much the face is as it was first seen, from -1 to 1, and whether it is where it was."""
        patch = _patch(grey, self._face)
        likeness = (self._first * patch).mean() / (self._first.std() * patch.std() + 1e-6)
        return float(likeness), bool(np.all(np.abs(self._shift(patch)) < _CLEAR_PX))

    def rest(self, at_s: float) -> None:
        """Take the face for a picture from now on."""
        self._moved_s, self._measured = at_s - STILL_S, True
        self._shifts.clear()
        self._looks = 0

    def still_s(self, at_s: float) -> float:
        """Return for how many seconds the face has not moved; 0 while too few looks were measured."""
        return at_s - self._moved_s if self._measured else 0.0

    def _shift(self, patch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the shift to the right and down, in pixels of the patch."""
        return np.asarray(self._solution @ (self._first - patch).ravel(), np.float32)


class CoveredPicture:
    """A picture before which something may have come: it is seen again as it was, or it was none.

    Args:
        motion: Of the picture, until it seemed to move.
    """

    def __init__(self, motion: FaceMotion) -> None:
        self.motion = motion
        self._looks = self._again = 0
        self._covered = False

    def look(self, grey: GreyImage) -> None:
        """Take in one more frame."""
        likeness, unmoved = self.motion.compare(grey)
        self._looks += 1
        self._covered |= likeness < _ANOTHER
        self._again = self._again + 1 if unmoved and likeness > _ALIKE else 0

    @property
    def is_back(self) -> bool:
        """Whether something covered it, and it has been for some looks as it was."""
        return self._covered and self._again >= _AGAIN_LOOKS

    @property
    def is_over(self) -> bool:
        """Whether it is watched no longer: nothing came before it, so it moved; or it is away for hours."""
        return self._looks >= (_MOST_LOOKS if self._covered else _COVERED_LOOKS)


def moves(shifts: NDArray[np.float32]) -> bool:
    """Return whether shifts of shape (looks, 2), in pixels of the patch, are a motion rather than noise.

    Noise jumps from look to look, a breath does not: von Neumann, "Distribution of the Ratio of the Mean
    Square Successive Difference to the Variance" (1941). Large shifts are a motion in any case.
    """
    variance = shifts.var(axis=0)
    jumps = np.square(np.diff(shifts, axis=0)).mean(axis=0) / 2
    smooth = (variance > _SMOOTH * jumps) & (variance > _LEAST_PX**2)
    return bool(np.any(smooth | (variance > _CLEAR_PX**2)))


def _patch(grey: GreyImage, face: Face) -> NDArray[np.float32]:
    """Return the detail of a face, shape (48, 48), without the light on it.

    Light multiplies: of the logarithm, what changes slowly over the face is light, and is left out.
    """
    height, width = grey.shape
    left, top = max(0, face.x), max(0, face.y)
    part = grey[top : min(height, face.y + face.height), left : min(width, face.x + face.width)]
    small = cv2.resize(part, (_PATCH_PX, _PATCH_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    seen = np.log(small + _DARKEST)
    detail = cv2.GaussianBlur(seen, (0, 0), 1.5) - cv2.GaussianBlur(seen, (0, 0), _LIGHT_PX)
    one_level = 1.0 / _DARKEST  # in the dark
    return np.asarray((detail - detail.mean()) / (detail.std() + one_level), np.float32)
