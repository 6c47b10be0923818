"""Finds the faces in single pictures with Haar cascades."""

import numpy as np

from moodpid.vision.haar.detector import boxed
from moodpid.vision.haar.finder import FaceFinder, Picture
from moodpid.vision.haar.motion import whole
from moodpid.vision.haar.tone import tone_curve
from moodpid.vision.haar.tracking import MOVING, TURNED, overlap
from moodpid.vision.opencv import cv2, thumbnail
from moodpid.vision.types import Face, Frame, GreyImage

_BORDER = 0.25  # of the shorter side: room enough around a face that fills the picture
_BOX_SCALE = 1.058  # without a room around it, a face is found narrower than the classifier learned
_THUMBNAIL_PX = 80
_FILLING = -1.5  # log odds from which a place counts that fills the picture: it is likely a face


class StillDetector:
    """Looks for faces in pictures that have nothing to do with each other, tightly cropped ones too.

    Args:
        min_face_px, cascade: As for `HaarDetector`.

    Raises:
        CascadeError: As `HaarDetector` does.
    """

    def __init__(self, min_face_px: int, cascade: str = "") -> None:
        self._finder = FaceFinder(cascade)
        self._box_scale = 1.0 if cascade else _BOX_SCALE
        self._min_face_px = min_face_px

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Return the faces in the picture, the largest first."""
        grey = frame.grey
        smallest_px = min(self._min_face_px, min(grey.shape) // 2)
        faces = self._find(grey, smallest_px, MOVING) or self._find_filling(grey)
        return tuple(sorted(faces, key=lambda face: face.area, reverse=True))

    def _find_filling(self, grey: GreyImage) -> list[Face]:
        """Return the faces that fill a picture: the cascades want more around them than is there.

        The edges are repeated outwards; mirrored ones would show faces that are none.
        """
        border = round(_BORDER * min(grey.shape))
        wider = cv2.copyMakeBorder(grey, border, border, border, border, cv2.BORDER_REPLICATE)
        found = self._find(np.asarray(wider, np.uint8), max(1, min(grey.shape) // 2), _FILLING)
        return [_clipped(face, border, grey.shape) for face in found]

    def _find(self, grey: GreyImage, smallest_px: int, least_odds: float) -> list[Face]:
        picture = Picture(grey, tone_curve(thumbnail(grey, _THUMBNAIL_PX, _THUMBNAIL_PX)), smallest_px)
        found: list[Face] = []

        def known(face: Face) -> bool:
            return any(overlap(face, other) for other in found)

        for way in (self._finder.upright, *self._finder.extras):
            for weighed, _ in self._finder.candidates(picture, whole(grey), way, known):
                least = least_odds + (TURNED if way.roll else 0.0)
                if weighed.log_odds >= least and not known(weighed.face):
                    found.append(weighed.face)
        return [boxed(face, self._box_scale) for face in found]


def _clipped(face: Face, border: int, shape: tuple[int, ...]) -> Face:
    """Return what lies in a picture of this shape of a face that was found with a border around it."""
    height, width = shape
    left, top = face.x - border, face.y - border
    right, bottom = min(width, left + face.width), min(height, top + face.height)
    left, top = max(0, left), max(0, top)
    return Face(left, top, right - left, bottom - top, face.roll)
