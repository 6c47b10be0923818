"""Face detection with OpenCV's frontal Haar cascade, at full cost now and then and at a fraction between."""

from pathlib import Path

import numpy as np

from moodpid.errors import CascadeError
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, Frame, GreyImage

CASCADE = "haarcascade_frontalface_default.xml"
# Viola and Jones, "Robust Real-Time Face Detection" (2004): one scale to the next, and how many
# overlapping hits make a face
SCALE_FACTOR = 1.1
NEIGHBOURS = 5
WINDOW_PX = 24  # the size that the cascade was trained at; no smaller face can be found

_MARGIN = 0.5  # of a face's size: how far it may move between two looks
_SHRINK, _GROW = 0.75, 1.35  # how much its size may change
_FULL_EVERY_S = 2.0  # a newcomer is seen after this long at the latest
_BORDER = 0.25  # of a still's shorter side: room enough around a face that fills it


def cascade_path(configured: str = "") -> Path:
    """Where the frontal face cascade lies.

    Raises:
        CascadeError: In none of the usual places, or not where the configuration says.
    """
    if configured:
        places = [Path(configured)]
    else:
        folder = getattr(getattr(cv2, "data", None), "haarcascades", None)  # Debian's cv2 lacks it
        folders = [folder, "/usr/share/opencv4/haarcascades", "/usr/share/opencv/haarcascades"]
        places = [Path(f) / CASCADE for f in folders if f]
    for place in places:
        if place.is_file():
            return place
    where = ", ".join(str(p) for p in places)
    raise CascadeError(f"no face cascade at {where}; install the Debian package opencv-data")


class HaarDetector:
    """Looks for frontal faces in the whole frame, and between two such looks only around the last ones.

    Args:
        min_face_px: Smaller faces are not looked for; in small pictures at most half of the shorter side.
        cascade: Path of another cascade file; empty for OpenCV's frontal one.
        full_every_s: How often the whole frame is searched while faces are in view; 0 for always.

    Raises:
        CascadeError: The cascade is missing or is none.
    """

    def __init__(self, min_face_px: int, cascade: str = "", full_every_s: float = _FULL_EVERY_S) -> None:
        path = cascade_path(cascade)
        try:
            self._cascade = cv2.CascadeClassifier(str(path))
        except (cv2.error, SystemError) as error:
            raise CascadeError(f"{path} is not a face cascade") from error
        if self._cascade.empty():
            raise CascadeError(f"{path} is not a face cascade; install the Debian package opencv-data")
        self._min_face_px = min_face_px
        self._full_every_s = full_every_s
        self._faces: tuple[Face, ...] = ()
        self._full_at_s = float("-inf")

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Return the faces in the frame, the largest first."""
        due = not 0.0 <= frame.at_s - self._full_at_s < self._full_every_s
        faces = () if due else self._around_last(frame.grey)
        if len(faces) < max(1, len(self._faces)):
            faces = self._everywhere(frame.grey)
            self._full_at_s = frame.at_s
        self._faces = tuple(sorted(faces, key=_area, reverse=True))
        return self._faces

    def detect_filling(self, grey: GreyImage) -> tuple[Face, ...]:
        """Return the faces that fill a picture, the largest first: with a border around it.

        The edges are repeated outwards; mirrored ones would show faces that are none.
        """
        border = round(_BORDER * min(grey.shape))
        wider = cv2.copyMakeBorder(grey, border, border, border, border, cv2.BORDER_REPLICATE)
        smallest = max(WINDOW_PX, min(grey.shape) // 2)
        found = self._search(np.asarray(wider, np.uint8), smallest, min(wider.shape))
        inside = [_clipped(face, border, grey.shape) for face in found]
        return tuple(sorted(inside, key=_area, reverse=True))

    def _everywhere(self, grey: GreyImage) -> tuple[Face, ...]:
        smallest = max(WINDOW_PX, min(self._min_face_px, min(grey.shape) // 2))
        return self._search(grey, smallest, min(grey.shape))

    def _around_last(self, grey: GreyImage) -> tuple[Face, ...]:
        """Return the last faces again, each in a window around it; none of them if two merged into one."""
        found: set[Face] = set()
        for last in self._faces:
            near = self._near(grey, last)
            if not near:
                return ()
            found.add(near[0])
        return tuple(found)

    def _near(self, grey: GreyImage, last: Face) -> tuple[Face, ...]:
        margin = round(_MARGIN * last.width)
        left, top = max(0, last.x - margin), max(0, last.y - margin)
        window = grey[top : last.y + last.height + margin, left : last.x + last.width + margin]
        smallest = max(WINDOW_PX, round(_SHRINK * last.width))
        found = self._search(window, smallest, round(_GROW * last.width))
        return tuple(Face(f.x + left, f.y + top, f.width, f.height) for f in found)

    def _search(self, grey: GreyImage, smallest: int, largest: int) -> tuple[Face, ...]:
        if min(grey.shape) < smallest:
            return ()
        boxes = self._cascade.detectMultiScale(
            grey,
            scaleFactor=SCALE_FACTOR,
            minNeighbors=NEIGHBOURS,
            minSize=(smallest, smallest),
            maxSize=(largest, largest),
        )
        return tuple(Face(*map(int, box)) for box in boxes)


class StillDetector:
    """Looks for faces in pictures that have nothing to do with each other, tightly cropped ones too.

    Args:
        min_face_px, cascade: As for `HaarDetector`.

    Raises:
        CascadeError: As `HaarDetector` does.
    """

    def __init__(self, min_face_px: int, cascade: str = "") -> None:
        self._haar = HaarDetector(min_face_px, cascade, full_every_s=0.0)

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Return the faces in the picture, the largest first."""
        return self._haar.detect(frame) or self._haar.detect_filling(frame.grey)


def _area(face: Face) -> int:
    return face.width * face.height


def _clipped(face: Face, border: int, shape: tuple[int, ...]) -> Face:
    """Return what lies in a picture of `shape` of a face that was found with a border around it."""
    height, width = shape
    left, top = face.x - border, face.y - border
    right, bottom = min(width, left + face.width), min(height, top + face.height)
    left, top = max(0, left), max(0, top)
    return Face(left, top, right - left, bottom - top)
