"""When to search, and where: a face cannot come where nothing has changed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moodpid.vision.haar.shift import shift_solution
from moodpid.vision.opencv import cv2, thumbnail
from moodpid.vision.types import Face, GreyImage

Blocks = NDArray[np.bool_]
"""Which blocks of a thumbnail, of its shape."""

_COLUMNS, _ROWS = 80, 60
_LEAST_CHANGE = 3.0  # grey levels of a block
_NOISES = 6.0  # mean absolute differences: over five standard deviations of noise
_NOISE_LIMIT = 6.0  # grey levels: what differs more is no noise
_EDGE_SHARE = 0.2  # of the contrast around a block: what a shake of a fifth of a block changes there
_OUTLIER = 30.0  # grey levels: what differs more is no shift of the whole picture
_LARGEST_SHIFT = 0.6  # of a block
_RIDGE = 1.0  # square grey levels
_LEAST_SIDE = 16  # blocks: smaller thumbnails do not show a shift
_LEAST_BLOCKS = 4  # a face of 60 pixels covers over fifty
_REACH = 0.6  # of a changed area's size: how far a face may reach out of it
_LEAST_REACH = 8  # blocks
_WHOLE = 0.6  # of the frame: a larger area is searched as the whole


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a frame, in pixels."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def area(self) -> int:
        """Its area, in square pixels."""
        return (self.right - self.left) * (self.bottom - self.top)

    def cut(self, grey: GreyImage) -> GreyImage:
        """Return this part of a picture, without a copy."""
        return grey[self.top : self.bottom, self.left : self.right]


def whole(grey: GreyImage) -> Region:
    """Return the region that is all of a picture."""
    height, width = grey.shape
    return Region(0, 0, width, height)


class ChangeDetector:
    """Compares thumbnails of the frames, with the one before and with the one of the last search.

    A comparison is made when it is first asked for: while a face is followed, none is needed.

    Attributes:
        thumbnail: The last frame's, shape (60, 80) or, of small frames, that of the frame.
    """

    def __init__(self) -> None:
        self.thumbnail: GreyImage = np.zeros((1, 1), np.uint8)
        self._before: GreyImage | None = None  # of the frame before
        self._searched: GreyImage | None = None
        self._moved: Blocks | None = None
        self._changed: Blocks | None = None
        self._size = 0, 0

    def update(self, grey: GreyImage) -> None:
        """Take the next frame."""
        height, width = grey.shape
        same_size = (width, height) == self._size
        self._before = self.thumbnail if same_size else None
        self._searched = self._searched if same_size else None
        self._moved = self._changed = None
        self._size = width, height
        self.thumbnail = thumbnail(grey, _COLUMNS, _ROWS)

    def changed_region(self) -> Region | None:
        """Return the region around all that has changed since the last search, None if nothing has.

        Noise, a flicker of the light as a whole and a camera that shakes by a fraction of a block change
        nothing. Before the first search, everything has changed.
        """
        width, height = self._size
        changed = self._changed_blocks()
        if changed is None:
            return Region(0, 0, width, height)
        if np.count_nonzero(changed) < _LEAST_BLOCKS:
            return None
        return _around(changed, width, height)

    def moved(self, face: Face) -> bool:
        """Return whether a place has changed since the frame before; in the first one, every place has."""
        if self._moved is None and self._before is not None:
            self._moved = changed_blocks(self.thumbnail, self._before)
        return self._any_in(self._moved, face)

    def changed(self, face: Face) -> bool:
        """Return whether a place has changed since the last search."""
        return self._any_in(self._changed_blocks(), face)

    def _changed_blocks(self) -> Blocks | None:
        if self._changed is None and self._searched is not None:
            self._changed = changed_blocks(self.thumbnail, self._searched)
        return self._changed

    def _any_in(self, blocks: Blocks | None, face: Face) -> bool:
        if blocks is None:
            return True
        rows, columns = blocks.shape
        width, height = self._size
        top, bottom = max(0, face.y * rows // height), (face.y + face.height) * rows // height + 1
        left, right = max(0, face.x * columns // width), (face.x + face.width) * columns // width + 1
        return int(np.count_nonzero(blocks[top:bottom, left:right])) >= _LEAST_BLOCKS

    def searched(self, region: Region) -> None:
        """Take the last frame as the one to compare the next ones with, in the region that was searched."""
        width, height = self._size
        if self._searched is None or region == Region(0, 0, width, height):
            self._searched = self.thumbnail
            return
        rows, columns = self.thumbnail.shape
        inner = (
            slice(region.top * rows // height, -(-region.bottom * rows // height)),
            slice(region.left * columns // width, -(-region.right * columns // width)),
        )
        merged = self._searched.copy()
        merged[inner] = self.thumbnail[inner]
        self._searched = merged


def changed_blocks(now: GreyImage, before: GreyImage) -> Blocks:
    """Return which blocks of a thumbnail differ by more than noise, flicker and shaking explain."""
    difference = np.abs(_difference(now, before))
    noise = float(np.minimum(difference, _NOISE_LIMIT).mean())
    edges = cv2.morphologyEx(before, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    tolerance = max(_LEAST_CHANGE, _NOISES * noise) + _EDGE_SHARE * edges.astype(np.float32)
    return np.asarray(difference > tolerance, np.bool_)


def _difference(now: GreyImage, before: GreyImage) -> NDArray[np.float32]:
    """Return by how many grey levels thumbnails differ, beyond what flicker and shaking explain."""
    level = min(1.1, max(0.9, (float(now.mean()) + 1) / (float(before.mean()) + 1)))
    expected = level * before.astype(np.float32)
    return _unshaken(now.astype(np.float32) - expected, expected)


def _unshaken(difference: NDArray[np.float32], before: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a difference without what a shift of the whole picture explains."""
    if min(before.shape) < _LEAST_SIDE:
        return difference
    down, right = np.gradient(before)
    usable = np.abs(difference) < _OUTLIER
    shift = shift_solution(right[usable], down[usable], _RIDGE) @ difference[usable]
    if float(np.abs(shift).max()) > _LARGEST_SHIFT:
        return difference
    return np.asarray(difference - right * shift[0] - down * shift[1], np.float32)


def _around(changed: Blocks, width: int, height: int) -> Region:
    """Return the region, in pixels, in which a face may be that changed these blocks."""
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    left, top, right, bottom = columns[0], rows[0], columns[-1] + 1, rows[-1] + 1
    reach = max(_LEAST_REACH, round(_REACH * max(right - left, bottom - top)))
    left, top = max(0, left - reach), max(0, top - reach)
    right, bottom = min(changed.shape[1], right + reach), min(changed.shape[0], bottom + reach)
    if (right - left) * (bottom - top) > _WHOLE * changed.size:
        return Region(0, 0, width, height)
    wide, high = width / changed.shape[1], height / changed.shape[0]
    return Region(int(left * wide), int(top * high), int(right * wide), int(bottom * high))
