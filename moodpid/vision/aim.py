"""What would make faces easier to read: hints for a person who turns the camera or the lamp."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from moodpid.state import AimHint
from moodpid.vision.haar import cascades
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, Frame, GreyImage

# Of the default cascade: its own size in pixels, one scale to the next, and how many hits make a face
_WINDOW_PX, _SCALE_STEP, _NEIGHBOURS = 24, 1.1, 5
_HOLD_S = 2.5  # a hint stays this long after its last reason, so that it can be read
_SIDE = 0.18  # of the picture's width: the centre of a face this near to the edge is easily lost
_STEP_PX = 4
# Grey levels. A face this dark in front of a scene this much brighter is lit from behind
_BACKLIT_FACE, _BACKLIT_RATIO = 90.0, 1.6
# Without a face: half of the picture in the shade, and a part of it burnt out
_SHADE, _BURNT, _BURNT_SHARE = 60.0, 245.0, 0.08
_TILTS_DEG = (25, -25)
_TURNS_DEG = (90, 270, 180)
_SMALLEST = 0.45  # of the least face that is read: smaller ones are shown as too small
# The cascade's weight of a face. Average faces of 40 to 200 pixels have 5.7 to 13.6 upright, and at most 5.0
# where the cascade takes one for a face that is upside down or on its side
_SURE = 5.5


@dataclass(frozen=True, slots=True)
class Advice:
    """What one frame shows about aiming.

    Attributes:
        faces: Faces that are there and cannot be read: too small, tilted or turned.
        hints: What to mend.
        turn_deg: By how much the picture must be turned clockwise.
    """

    faces: tuple[Face, ...] = ()
    hints: tuple[AimHint, ...] = ()
    turn_deg: int = 0


@dataclass(frozen=True, slots=True)
class _Found:
    """The faces at one angle, and when they were found."""

    angle_deg: int
    at_s: float
    faces: tuple[Face, ...]


class AimAdvisor:
    """Looks for what the pipeline misses, at one angle a frame in turn, so that a frame stays short.

    Args:
        min_face_px: The least width of a face that the pipeline reads.
        cascade: As for `HaarDetector`.
    """

    def __init__(self, min_face_px: int, cascade: str = "") -> None:
        self._cascade = cascades.load(cascades.SECOND_PROPOSER, cascade)
        self._min_face_px = min_face_px
        self._angles_deg = (0, *_TURNS_DEG, *_TILTS_DEG)
        self._next = 0
        self._found: dict[int, _Found] = {}

    def advise(self, frame: Frame, seen: Sequence[Face], *, dark: bool) -> Advice:
        """Return the hints for this frame.

        Args:
            frame: The frame.
            seen: The faces that the pipeline read in it.
            dark: It is too dark to see a face.
        """
        if dark:
            self._found.clear()
            return Advice(hints=(AimHint.DARK,))
        self._drop_old(frame.at_s)
        if not (seen and 0 in self._found):  # surely upright: no other angle is of interest
            self._search(frame)
        if seen and 0 in self._found:
            self._found[0] = replace(self._found[0], faces=())  # those that were too small are read now
        upright = self._found.get(0)
        others = next((found for angle, found in self._found.items() if angle), None)
        if upright or (seen and not others):
            return self._advise_upright(frame.grey, seen, upright)
        backlit = (AimHint.BACKLIT,) if not seen and _burnt(frame.grey) else ()
        if others is None:
            return Advice(hints=backlit)
        if others.angle_deg in _TURNS_DEG:
            return Advice(others.faces, (AimHint.TURNED,), others.angle_deg % 360)
        return Advice(others.faces, (AimHint.TILTED, *backlit))

    def _advise_upright(self, grey: GreyImage, seen: Sequence[Face], upright: _Found | None) -> Advice:
        if seen or upright is None:
            return Advice(hints=tuple(_hints(grey, seen)))
        small = [face for face in upright.faces if face.width < self._min_face_px]
        if not small:  # one that is read at the next frame
            return Advice()
        return Advice(tuple(small), (AimHint.SMALL, *_side(small, grey.shape[1])))

    def _drop_old(self, now_s: float) -> None:
        self._found = {
            angle: found for angle, found in self._found.items() if 0 <= now_s - found.at_s <= _HOLD_S
        }

    def _search(self, frame: Frame) -> None:
        """Search at the next angle; a face that stands upright there ends what was found at others."""
        angle_deg = self._angles_deg[self._next]
        self._next = (self._next + 1) % len(self._angles_deg)
        faces = self._upright(frame.grey) if angle_deg == 0 else self._in_turned(frame.grey, angle_deg)
        if faces:
            self._found = {angle_deg: _Found(angle_deg, frame.at_s, faces)}

    def _upright(self, grey: GreyImage) -> tuple[Face, ...]:
        return self._sure_faces(grey, max(_WINDOW_PX, round(_SMALLEST * self._min_face_px)))

    def _in_turned(self, grey: GreyImage, angle_deg: int) -> tuple[Face, ...]:
        """Return the faces that stand upright after a clockwise turn, by their places before it."""
        # At half the size: only whether a face is there counts
        half = np.asarray(cv2.resize(grey, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        if angle_deg in _TURNS_DEG:
            turned: GreyImage = np.ascontiguousarray(np.rot90(half, -angle_deg // 90))
        else:
            height, width = half.shape
            # Positive angles of OpenCV turn the other way
            matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -angle_deg, 1.0)
            turned = np.asarray(
                cv2.warpAffine(half, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8
            )
        faces = self._sure_faces(turned, max(_WINDOW_PX, self._min_face_px // 2))
        return tuple(_turned_back(face, turned.shape, grey.shape, angle_deg) for face in faces)

    def _sure_faces(self, grey: GreyImage, smallest: int) -> tuple[Face, ...]:
        boxes, _levels, weights = self._cascade.detectMultiScale3(
            grey,
            scaleFactor=_SCALE_STEP,
            minNeighbors=_NEIGHBOURS,
            minSize=(smallest, smallest),
            outputRejectLevels=True,
        )
        return tuple(
            Face(*map(int, box)) for box, weight in zip(boxes, weights, strict=True) if weight >= _SURE
        )


def _turned_back(face: Face, turned: tuple[int, ...], shape: tuple[int, ...], angle_deg: int) -> Face:
    """Return the upright square around a face of the turned picture of half the size."""
    x, y = face.x + face.width / 2 - turned[1] / 2, face.y + face.height / 2 - turned[0] / 2
    cos, sin = math.cos(math.radians(-angle_deg)), math.sin(math.radians(-angle_deg))
    size = 2 * face.width
    left = 2 * (x * cos - y * sin) + shape[1] / 2 - size / 2
    top = 2 * (x * sin + y * cos) + shape[0] / 2 - size / 2
    return Face(round(left), round(top), size, size)


def _hints(grey: GreyImage, faces: Sequence[Face]) -> list[AimHint]:
    backlit = [AimHint.BACKLIT] if any(_backlit(grey, face) for face in faces) else []
    return [*_side(faces, grey.shape[1]), *backlit]


def _side(faces: Sequence[Face], width: int) -> list[AimHint]:
    centres = [(face.x + face.width / 2) / width for face in faces]
    return [AimHint.SIDE] if any(not _SIDE <= centre <= 1 - _SIDE for centre in centres) else []


def _backlit(grey: GreyImage, face: Face) -> bool:
    inner = face.width // 5
    # The box of a face at the edge begins outside of the picture
    rows = slice(max(0, face.y + inner), max(0, face.y + face.height - inner))
    columns = slice(max(0, face.x + inner), max(0, face.x + face.width - inner))
    part = grey[rows, columns]
    if not part.size:
        return False
    level, around = float(part.mean()), float(np.percentile(grey[::_STEP_PX, ::_STEP_PX], 80))
    return level < _BACKLIT_FACE and around > _BACKLIT_RATIO * level


def _burnt(grey: GreyImage) -> bool:
    sample = grey[::_STEP_PX, ::_STEP_PX]
    return bool(np.median(sample) < _SHADE and (sample >= _BURNT).mean() > _BURNT_SHARE)
