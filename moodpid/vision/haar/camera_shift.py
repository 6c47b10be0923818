"""Measures how far the camera was nudged: then all that does not move by itself has shifted alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moodpid.vision.haar.shift import shift_solution
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, GreyImage

Values = NDArray[np.float32]

_COLUMNS, _ROWS = 160, 120
_FARTHEST = 0.2  # of the view: a camera that was turned further shows another
_TILE_PX = 16
_TEXTURE = 2.0  # square grey levels: tiles with less detail show no shift
_LEAST_TILES = 8
_AGREE_PX = 0.5  # two tiles that differ by less have shifted alike
_SHARE = 0.6  # of the tiles: the others are persons, or in other light
_LEAST_PX = 0.2  # of the scene
_AROUND = 0.75  # of a face's width on either side of it: what is nearer, or below, may belong to it
_RIDGE = 1.0  # square grey levels


def scene_of(grey: GreyImage) -> GreyImage:
    """Return a small copy of a frame to measure a shift in, shape (120, 160) or that of a smaller frame."""
    height, width = grey.shape
    size = min(width, _COLUMNS), min(height, _ROWS)
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class SceneShift:
    """How far the parts of a scene have shifted.

    Attributes:
        centres: The column and row of each part, shape (parts, 2), in pixels of the first scene.
        shifts: To the right and down, shape (parts, 2), in pixels of the scene.
        size: Columns and rows of the scene.
    """

    centres: Values
    shifts: Values
    size: tuple[int, int]

    def beside(self, face: Face, width: int, height: int) -> tuple[float, float] | None:
        """Return how far all beside a face has shifted to the right and down, in pixels of the frame.

        None where it has not, or where too little speaks for one shift of all.

        Args:
            face: Where the face was before.
            width: Of the frame, in pixels.
            height: Of the frame, in pixels.
        """
        scale = np.array([width, height], np.float32) / np.array(self.size, np.float32)
        column, row = (self.centres * scale).T
        reach = _AROUND * face.width
        of_face = (face.x - reach < column) & (column < face.x + face.width + reach) & (row > face.y - reach)
        shifts = self.shifts[~of_face]
        if len(shifts) < _LEAST_TILES:
            return None
        middle = np.median(shifts, axis=0)
        agree = np.abs(shifts - middle).max(axis=1) < _AGREE_PX
        if np.mean(agree) < _SHARE or np.abs(middle).max() < _LEAST_PX:
            return None
        right, down = middle * scale
        return float(right), float(down)


def scene_shift(before: GreyImage, now: GreyImage) -> SceneShift:
    """Measure how far the parts of a scene with enough detail have shifted.

    Two scenes of `scene_of` are laid over each other where they are most alike; what shift is left is then
    measured in each part.

    Args:
        before: The scene before.
        now: The scene now, of the same shape.
    """
    rows, columns = before.shape
    across, along = round(_FARTHEST * columns), round(_FARTHEST * rows)
    old, new = _detail(before), _detail(now)
    middle = old[along : rows - along, across : columns - across]
    _, _, _, (left, top) = cv2.minMaxLoc(cv2.matchTemplate(new, middle, cv2.TM_CCOEFF_NORMED))
    right, down = left - across, top - along
    first_column, first_row = max(0, -right), max(0, -down)
    one = old[first_row : rows - max(0, down), first_column : columns - max(0, right)]
    other = new[max(0, down) : rows + min(0, down), max(0, right) : columns + min(0, right)]
    in_same_light = np.asarray(other * (one.std() / (other.std() + 1e-6)), np.float32)
    centres, shifts = _part_shifts(one, in_same_light)
    start, coarse = np.array([[first_column, first_row], [right, down]], np.float32)
    return SceneShift(centres + start, shifts + coarse, (columns, rows))


def _detail(scene: GreyImage) -> Values:
    """Return a scene without noise and without the light on it, which may have changed."""
    values = scene.astype(np.float32)
    fine, coarse = cv2.GaussianBlur(values, (0, 0), 1.0), cv2.GaussianBlur(values, (0, 0), 4.0)
    return np.asarray(np.subtract(fine, coarse), np.float32)


def _part_shifts(before: Values, now: Values) -> tuple[Values, Values]:
    """Return the middle of each part that has edges both ways, and its shift; both of shape (parts, 2)."""
    down, right = np.gradient(before)
    difference = np.asarray(before - now, np.float32)
    centres, shifts = [], []
    for top in range(0, before.shape[0] - _TILE_PX + 1, _TILE_PX):
        for left in range(0, before.shape[1] - _TILE_PX + 1, _TILE_PX):
            part = slice(top, top + _TILE_PX), slice(left, left + _TILE_PX)
            across, along = right[part].ravel(), down[part].ravel()
            if min(float(np.square(across).mean()), float(np.square(along).mean())) > _TEXTURE:
                centres.append((left + _TILE_PX / 2, top + _TILE_PX / 2))
                shifts.append(shift_solution(across, along, _RIDGE) @ difference[part].ravel())
    return np.array(centres, np.float32).reshape(-1, 2), np.array(shifts, np.float32).reshape(-1, 2)
