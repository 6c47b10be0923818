"""The surroundings of a face as a small upright picture, in which the cascades look at a fine step."""

import math
from dataclasses import dataclass, replace

import numpy as np

from moodpid.vision.haar.cascades import WINDOW_PX
from moodpid.vision.haar.tone import ToneCurve, apply_tone
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, GreyImage

_SCALE_STEP = 1.1  # Viola and Jones, "Robust Real-Time Face Detection" (2004)


@dataclass(frozen=True, slots=True, eq=False)
class FaceWindow:
    """A face and what is around it, small and upright.

    Attributes:
        grey: The picture.
        face_px: How wide the face is in it.
        scale: Pixels of it per pixel of the frame.
        centre: Where its middle lies in the frame.
        roll: How far it was turned back, in degrees.
    """

    grey: GreyImage
    face_px: int
    scale: float
    centre: tuple[float, float]
    roll: float

    def mirrored(self) -> "FaceWindow":
        """Return the window with left and right exchanged; places found in it are not those of the frame."""
        return replace(self, grey=np.ascontiguousarray(self.grey[:, ::-1]))


@dataclass(frozen=True, slots=True)
class Hits:
    """The place in a window that a cascade takes for a face.

    Attributes:
        face: The place, in pixels of the frame.
        count: How many of its windows did, as overlapping hits.
    """

    face: Face
    count: int


def cut_window(
    grey: GreyImage, face: Face, face_px: int, margin: float, curve: ToneCurve | None
) -> FaceWindow:
    """Return the window around a face.

    Args:
        grey: The frame.
        face: The face in it.
        face_px: How wide the face shall be in the window.
        margin: What to show beside the face on each side, in widths of it.
        curve: The tone curve of the frame.
    """
    column, row = face.centre
    reach = (0.5 + margin) * face.width * (_slanted(face.roll) if face.roll else 1.0)
    height, width = grey.shape
    (left, right), (top, bottom) = _span(column, reach, width), _span(row, reach, height)
    part = grey[top:bottom, left:right]
    scale = face_px / face.width
    size = max(1, round(scale * part.shape[1])), max(1, round(scale * part.shape[0]))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = apply_tone(np.asarray(cv2.resize(part, size, interpolation=how), np.uint8), curve)
    middle = (left + right) / 2, (top + bottom) / 2
    if face.roll:
        around = (column - left) * scale, (row - top) * scale
        side = round((1 + 2 * margin) * face_px)
        turn = np.asarray(cv2.getRotationMatrix2D(around, face.roll, 1.0), np.float64)
        turn[:, 2] += side / 2 - np.array(around)
        turned = cv2.warpAffine(small, turn, (side, side), borderMode=cv2.BORDER_REPLICATE)
        small, middle = np.asarray(turned, np.uint8), face.centre
    return FaceWindow(small, face_px, scale, middle, face.roll)


def with_surroundings(grey: GreyImage, face: Face, margin: float) -> tuple[GreyImage, Face]:
    """Return a frame that goes on where the window around an upright face is cut off, and the face in it.

    Args:
        grey: The frame.
        face: The face in it.
        margin: As in `cut_window`.
    """
    (column, row), (height, width) = face.centre, grey.shape
    reach = (0.5 + margin) * face.width
    beyond = (reach - row, row + reach - height, reach - column, column + reach - width)
    top, bottom, left, right = (max(0, math.ceil(pixels)) for pixels in beyond)
    if face.roll or not (top or bottom or left or right):
        return grey, face
    framed = cv2.copyMakeBorder(grey, top, bottom, left, right, cv2.BORDER_REPLICATE)
    return np.asarray(framed, np.uint8), replace(face, x=face.x + left, y=face.y + top)


def _span(centre: float, reach: float, length: int) -> tuple[int, int]:
    """Return where a window begins and ends along a side of the frame; it holds a pixel at least."""
    begins = min(max(0, round(centre - reach)), length - 1)
    return begins, max(begins + 1, min(length, round(centre + reach)))


def search_window(
    cascade: cv2.CascadeClassifier, window: FaceWindow, shrink: float, grow: float, least: int = 1
) -> Hits | None:
    """Return the place with the most hits, None if no place has more than `least` of them.

    Args:
        cascade: Searches at a fine step.
        window: The surroundings of the face.
        shrink: The smallest face to look for, in widths of the face.
        grow: The largest one.
        least: Places with this many hits or fewer do not count.
    """
    smallest = max(WINDOW_PX, round(shrink * window.face_px))
    largest = round(grow * window.face_px)
    if min(window.grey.shape) < smallest:
        return None
    boxes, counts = cascade.detectMultiScale2(
        window.grey,
        scaleFactor=_SCALE_STEP,
        minNeighbors=least,
        minSize=(smallest, smallest),
        maxSize=(largest, largest),
    )
    if len(boxes) == 0:
        return None
    best = int(np.argmax(counts))
    return Hits(_in_frame(window, *map(float, boxes[best])), int(counts[best]))


def _in_frame(window: FaceWindow, x: float, y: float, width: float, height: float) -> Face:
    """Return the box of a window in pixels of the frame."""
    rows, columns = window.grey.shape
    right, down = x + width / 2 - columns / 2, y + height / 2 - rows / 2
    angle = np.deg2rad(window.roll)
    cos, sin = float(np.cos(angle)), float(np.sin(angle))
    column = window.centre[0] + (cos * right - sin * down) / window.scale
    row = window.centre[1] + (sin * right + cos * down) / window.scale
    side = width / window.scale
    return Face(round(column - side / 2), round(row - side / 2), round(side), round(side), window.roll)


def _slanted(roll: float) -> float:
    """Return how much larger a square is that holds one turned by `roll` degrees."""
    angle = np.deg2rad(abs(roll))
    return float(np.cos(angle) + np.sin(angle))
