"""Measures how far the camera was nudged: then all that does not move by itself has shifted alike."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moodpid.vision.haar.shift import Values, solve
from moodpid.vision.opencv import cv2, thumbnail
from moodpid.vision.types import Face, GreyImage

_COLUMNS, _ROWS = 160, 120
_FARTHEST = 0.2  # of the view: a camera that was turned further shows another
_TEMPLATES = 3, 2  # across and down: what moves by itself is in some of them only
_TILE_PX = 16
_TEXTURE = 2.0  # square grey levels: tiles with less detail show no shift
_RIDGE = 1.0  # square grey levels
_ALIKE = 0.7  # correlation of two tiles that show the same
_LEAST_TILES = 8
_AGREE_PX = 0.5  # two tiles that differ by less have shifted alike
_SHARE = 0.6  # of the tiles: the others are persons, or in other light
_STANDS = 0.4  # of the tiles: where so many are where they were, the camera is
_LEAST_PX = 0.07  # of the scene: less is noise
_BESIDE = 0.75  # of a face's width on either side of it: what is nearer, or below, may belong to it


def scene_of(grey: GreyImage) -> GreyImage:
    """Return a small copy of a frame to measure a shift in, shape (120, 160) or that of a smaller frame."""
    return thumbnail(grey, _COLUMNS, _ROWS)


@dataclass(frozen=True, slots=True, eq=False)
class _Tiles:
    """The tiles with detail of two scenes that are laid over each other.

    Attributes:
        centres: The column and row of each, shape (tiles, 2), in pixels of the scene before.
        shifts: To the right and down, shape (tiles, 2), in pixels of the scene.
        alike: Which of them show the same in both, shape (tiles,).
    """

    centres: Values
    shifts: Values
    alike: NDArray[np.bool_]

    def common(self, chosen: NDArray[np.bool_]) -> tuple[Values, float]:
        """Return the shift of most of the chosen tiles, and the share of them that have shifted so."""
        shifts = self.shifts[chosen & self.alike]
        if not len(shifts):
            return np.zeros(2, np.float32), 0.0
        middle = np.median(shifts, axis=0)
        agree = np.abs(shifts - middle).max(axis=1) < _AGREE_PX
        return np.asarray(middle, np.float32), float(np.count_nonzero(agree) / np.count_nonzero(chosen))


class SceneShift:
    """Two scenes, laid over each other in the ways in which parts of them are most alike.

    Args:
        before: The scene before, of `scene_of`.
        now: The scene now, of the same shape.
    """

    def __init__(self, before: GreyImage, now: GreyImage) -> None:
        self._size = before.shape[1], before.shape[0]
        old, new = _detail(before), _detail(now)
        self._standing = _tiles(old, new, 0, 0)
        self._shifted = [_tiles(old, new, right, down) for right, down in _candidates(old, new)]

    def beside(self, face: Face, width: int, height: int) -> tuple[float, float] | None:
        """Return how far all beside a face has shifted to the right and down, in pixels of the frame.

        None if it stands, or if too few parts of the view agree.

        Args:
            face: Where the face was before.
            width: Of the frame, in pixels.
            height: Of the frame, in pixels.
        """
        scale = np.array([width, height], np.float32) / np.array(self._size, np.float32)
        shift, share = self._standing.common(_beside(self._standing, face, scale))
        if share < _STANDS or np.abs(shift).max() > _AGREE_PX:
            found = (tiles.common(_beside(tiles, face, scale)) for tiles in self._shifted)
            shift, share = max(found, key=lambda one: one[1], default=(shift, 0.0))
        if share < _SHARE or np.abs(shift).max() < _LEAST_PX:
            return None
        right, down = shift * scale
        return float(right), float(down)


def _beside(tiles: _Tiles, face: Face, scale: Values) -> NDArray[np.bool_]:
    """Return which tiles are beside a face and its body; none if they are too few."""
    column, row = (tiles.centres * scale).T
    reach = _BESIDE * face.width
    of_face = (face.x - reach < column) & (column < face.x + face.width + reach) & (row > face.y - reach)
    return ~of_face if np.count_nonzero(~of_face) >= _LEAST_TILES else np.zeros_like(of_face)


def _detail(scene: GreyImage) -> Values:
    """Return a scene without noise and without the light on it, which may have changed."""
    values = scene.astype(np.float32)
    fine, coarse = cv2.GaussianBlur(values, (0, 0), 1.0), cv2.GaussianBlur(values, (0, 0), 4.0)
    return np.asarray(np.subtract(fine, coarse), np.float32)


def _candidates(old: Values, new: Values) -> set[tuple[int, int]]:
    """Return where parts of a scene are found in the other, in whole pixels to the right and down."""
    rows, columns = old.shape
    farthest_right, farthest_down = round(_FARTHEST * columns), round(_FARTHEST * rows)
    parts_across, parts_down = _TEMPLATES
    wide = (columns - 2 * farthest_right) // parts_across
    high = (rows - 2 * farthest_down) // parts_down
    found: set[tuple[int, int]] = set()
    if min(wide, high) < 1:
        return found
    for number in range(parts_across * parts_down):
        left, top = number % parts_across * wide, number // parts_across * high
        part = old[top + farthest_down :, left + farthest_right :][:high, :wide]
        window = new[top : top + high + 2 * farthest_down, left : left + wide + 2 * farthest_right]
        _, _, _, (column, row) = cv2.minMaxLoc(cv2.matchTemplate(window, part, cv2.TM_CCOEFF_NORMED))
        found.add((column - farthest_right, row - farthest_down))
    return found


def _tiles(old: Values, new: Values, right: int, down: int) -> _Tiles:
    """Lay a scene over another, so many pixels further, and measure what shift is left in each tile."""
    rows, columns = old.shape
    left, top = max(0, -right), max(0, -down)
    before = old[top : rows - max(0, down), left : columns - max(0, right)]
    now = new[max(0, down) : rows + min(0, down), max(0, right) : columns + min(0, right)]
    now = np.asarray(now * (before.std() / (now.std() + 1e-6)), np.float32)  # as if in the same light
    slope_down, slope_right = np.gradient(before)
    difference = before - now
    across, along = _sums(slope_right * slope_right), _sums(slope_down * slope_down)
    both = _sums(slope_right * slope_down)
    to_right, to_down = _sums(slope_right * difference), _sums(slope_down * difference)
    shifts = np.moveaxis(solve(across + _RIDGE, both, along + _RIDGE, to_right, to_down), 0, -1)
    likeness = _sums(before * now) / (np.sqrt(_sums(before * before) * _sums(now * now)) + 1e-6)
    clear = np.minimum(across, along) > _TEXTURE * _TILE_PX**2
    row, column = np.nonzero(clear)
    centres = np.stack([column, row], axis=-1) * _TILE_PX + (left + _TILE_PX / 2, top + _TILE_PX / 2)
    return _Tiles(
        np.asarray(centres, np.float32),
        np.asarray(shifts[clear] + (right, down), np.float32),
        np.asarray(likeness[clear] > _ALIKE, np.bool_),
    )


def _sums(values: Values) -> Values:
    """Return the sum of each whole tile."""
    rows, columns = (side // _TILE_PX for side in values.shape)
    tiles = values[: rows * _TILE_PX, : columns * _TILE_PX].reshape(rows, _TILE_PX, columns, _TILE_PX)
    return np.asarray(tiles.sum(axis=(1, 3)), np.float32)
