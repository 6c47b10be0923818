"""Tells a picture of a face from a face: a living one moves, were it with its breath alone."""

from collections import deque
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from moodpid.vision.haar.shift import shift_solution
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, GreyImage

STILL_S = 180.0  # a face that has not moved for so long is a picture
_PATCH_PX = 48
_SAME_PLACE = 0.25  # of the face's width
LEAST_S = 0.2  # looks closer together are skipped: a breath needs no more
_LOOKS = 64  # 16 seconds at the default rate, four breaths
_LEAST_LOOKS = 32
_RIDGE = 1e-3  # of a patch of standard deviation 1 at most
# Standard deviations by which von Neumann's ratio exceeds that of noise: of a face, and of one that is known
# for a picture. White noise at four looks a second exceeds the first once in 1.6 hours, the second in 60
_SMOOTH, _SMOOTH_PICTURE = 6.0, 9.0
_DARKEST = 16.0  # grey levels: what is darker shows noise rather than detail
_LIGHT_PX = 8.0  # in the patch: over so much of it light changes little
_LEAST_PX = 0.02  # in the patch: what the light does to a picture on a wall
_CLEAR_PX = 0.25  # in the patch: more than noise, however it came about
_FAR_PX = 0.5  # in the patch: further away, less is seen of a shift
# Correlations of two patches: below the first they show different things, above the second the same
ANOTHER, ALIKE = 0.5, 0.8
_SAME_LIGHT = 1.15  # ratio of two levels of a face: in light that differs more, a shift is not to be trusted
_RELIT_S = 10.0  # in other light for so long, it is measured in that
_BESIDE_PX = 1.2  # of the frame: a face that is further from where it was looked for is elsewhere
_COVERED_LOOKS = 4  # in a row, in which something else is seen in its place


class FaceMotion:
    """Measures by fractions of a pixel how a face moves against where it was first seen.

    Args:
        grey: The frame in which the face was first seen.
        face: Where.
        at_s: When, in monotonic seconds.
    """

    def __init__(self, grey: GreyImage, face: Face, at_s: float) -> None:
        self._face = face
        self._moved_s = self._taken_s = at_s
        self._measured = False
        self._begin(grey, at_s)

    def _begin(self, grey: GreyImage, at_s: float) -> None:
        self._measure_against(grey, at_s)
        self._forget_shifts()
        self._unlike = 0  # looks in a row that show something else

    def _forget_shifts(self) -> None:
        self._shifts = deque([self._offset], maxlen=_LOOKS)

    def _measure_against(self, grey: GreyImage, at_s: float) -> None:
        """Measure against this frame from now on."""
        self._first, self._level = _patch(grey, self._face)
        down, right = np.gradient(self._first)
        self._solution = shift_solution(right.ravel(), down.ravel(), _RIDGE)
        self._looks = 0  # since then
        self._offset = np.zeros(2, np.float32)  # what is added to the shifts
        self._same_light_s = at_s

    def update(self, grey: GreyImage, at_s: float, *, is_picture: bool = False) -> None:
        """Measure the shift in this frame.

        A picture must move more clearly than a face, or be covered, and is measured against what it was all
        the same: it may be seen again.

        Args:
            grey: The frame.
            at_s: When it was taken, in monotonic seconds.
            is_picture: Whether the face is known for a picture.
        """
        if at_s - self._taken_s < LEAST_S:
            return
        self._taken_s = at_s
        patch, level = _patch(grey, self._face)
        likeness = _likeness(self._first, patch)
        if self._is_lit_otherwise(likeness, level):
            if at_s - self._same_light_s > _RELIT_S:
                self._measure_in_other_light(grey, at_s, is_picture=is_picture)
            return
        self._same_light_s = at_s
        self._shifts.append(self._offset + self._shift(patch))
        self._looks += 1
        self._unlike = self._unlike + 1 if likeness < ANOTHER else 0
        if len(self._shifts) < _LEAST_LOOKS:
            return
        if is_picture:
            self._judge(at_s, _SMOOTH_PICTURE, covered=self._unlike >= _COVERED_LOOKS)
            return
        self._judge(at_s, _SMOOTH)
        if not self._measured:  # further away from where it was, a breath would not be seen
            self._begin(grey, at_s)
        elif self._looks >= _LEAST_LOOKS and np.abs(self._mean_shift() - self._offset).max() > _FAR_PX:
            self._measure_on_against(grey, at_s)

    def _judge(self, at_s: float, deviations: float, *, covered: bool = False) -> None:
        """Decide whether the face has moved by now."""
        self._measured = not (covered or moves(np.array(self._shifts), deviations))
        if not self._measured:
            self._moved_s = at_s

    def _is_lit_otherwise(self, likeness: float, level: float) -> bool:
        same = 1 / _SAME_LIGHT < level / self._level < _SAME_LIGHT
        return not same and likeness > ALIKE

    def _measure_on_against(self, grey: GreyImage, at_s: float) -> None:
        """Measure against this frame from now on: other light, or a slow drift, is no motion.

        The shifts from before go on counting: where the face was on average is where it is now.
        """
        mean = self._mean_shift()
        self._measure_against(grey, at_s)
        self._offset = mean

    def _measure_in_other_light(self, grey: GreyImage, at_s: float, *, is_picture: bool) -> None:
        """Measure against this frame from now on, and judge only what is measured against it.

        Dim light is noisy light: the noise of this frame is in all shifts from here on, which beside the
        quiet ones from before would look like a motion. A face is no picture until it is judged again.
        """
        self._measure_on_against(grey, at_s)
        self._forget_shifts()
        self._measured &= is_picture

    def _mean_shift(self) -> NDArray[np.float32]:
        """Return the mean of the shifts that were measured against the present patch."""
        recent = [*self._shifts][-self._looks :] if self._looks else [self._offset]
        return np.asarray(np.mean(recent, axis=0), np.float32)

    @property
    def face(self) -> Face:
        """Where the motion is measured."""
        return self._face

    def covers(self, face: Face) -> bool:
        """Return whether a face is still where the motion is measured."""
        (one_x, one_y), (other_x, other_y) = self._face.centre, face.centre
        return max(abs(one_x - other_x), abs(one_y - other_y)) < _SAME_PLACE * self._face.width

    def compare(self, grey: GreyImage) -> tuple[float, bool]:
        """Return how much the face is as it was first seen, from -1 to 1, and whether it is where it was."""
        patch, _ = _patch(grey, self._face)
        return _likeness(self._first, patch), bool(np.all(np.abs(self._shift(patch)) < _CLEAR_PX))

    def follow_camera(self, grey: GreyImage, right_px: float, down_px: float, at_s: float) -> bool:
        """Measure the face so far from its place from now on, if it is there; return whether it is.

        Args:
            grey: The frame.
            right_px: How far to the right, in pixels of the frame.
            down_px: How far down.
            at_s: When the frame was taken, in monotonic seconds.
        """
        was, (height, width) = self._face, grey.shape
        self._face = replace(was, x=was.x + round(right_px), y=was.y + round(down_px))
        column, row = self._face.centre
        if not (0 < column < width and 0 < row < height and self._is_here(grey)):
            self._face = was
            return False
        self._begin(grey, at_s)
        return True

    def _is_here(self, grey: GreyImage) -> bool:
        """Return whether the face is as it was first seen, and in its place to about a pixel."""
        patch, _ = _patch(grey, self._face)
        aside_px = float(np.abs(self._shift(patch)).max()) * self._face.width / _PATCH_PX
        return _likeness(self._first, patch) > ALIKE and aside_px < _BESIDE_PX

    def rest(self, at_s: float) -> None:
        """Take the face for a picture from now on."""
        self._moved_s, self._measured = at_s - STILL_S, True
        self._forget_shifts()
        self._looks = self._unlike = 0

    def still_s(self, at_s: float) -> float:
        """Return for how many seconds the face has not moved; 0 while too few looks were measured."""
        return at_s - self._moved_s if self._measured else 0.0

    def _shift(self, patch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the shift to the right and down, in pixels of the patch."""
        return np.asarray(self._solution @ (self._first - patch).ravel(), np.float32)


def moves(shifts: NDArray[np.float32], deviations: float) -> bool:
    """Return whether shifts of shape (looks, 2), in pixels of the patch, are a motion rather than noise.

    Noise jumps from look to look, a breath does not: von Neumann, "Distribution of the Ratio of the Mean
    Square Successive Difference to the Variance" (1941). Of n looks of noise, the ratio of the variance to
    half of those squares is 1 give or take 1 / sqrt(n). Large shifts are a motion in any case.

    Args:
        shifts: The shifts.
        deviations: By how many of its standard deviations the ratio must exceed that of noise.
    """
    variance = shifts.var(axis=0)
    jumps = np.square(np.diff(shifts, axis=0)).mean(axis=0) / 2
    smooth = (variance > (1 + deviations / np.sqrt(len(shifts))) * jumps) & (variance > _LEAST_PX**2)
    return bool(np.any(smooth | (variance > _CLEAR_PX**2)))


def _likeness(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Return the correlation of two patches, from -1 to 1."""
    return float((one * other).mean() / (one.std() * other.std() + 1e-6))


def _patch(grey: GreyImage, face: Face) -> tuple[NDArray[np.float32], float]:
    """Return the detail of a face, shape (48, 48), without the light on it, and its mean level, above 0.

    Light multiplies: of the logarithm, what changes slowly over the face is light, and is left out.
    """
    height, width = grey.shape
    left, top = max(0, face.x), max(0, face.y)
    part = grey[top : min(height, face.y + face.height), left : min(width, face.x + face.width)]
    small = cv2.resize(part, (_PATCH_PX, _PATCH_PX), interpolation=cv2.INTER_AREA).astype(np.float32)
    seen = np.log(small + _DARKEST)
    detail = cv2.GaussianBlur(seen, (0, 0), 1.5) - cv2.GaussianBlur(seen, (0, 0), _LIGHT_PX)
    one_level = 1.0 / _DARKEST  # in the dark
    patch = np.asarray((detail - detail.mean()) / (detail.std() + one_level), np.float32)
    return patch, float(small.mean()) + 1.0
