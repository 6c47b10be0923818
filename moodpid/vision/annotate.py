"""Draws boxes and labels into a frame, for owners who publish the picture."""

from collections.abc import Sequence

import numpy as np

from moodpid.vision.opencv import cv2
from moodpid.vision.pipeline import ClassifiedFace
from moodpid.vision.types import Frame

EVERY_S = 5.0
_QUALITY = 75  # of JPEG, from 0 to 100
_WIDEST_PX = 640
_INK = (0, 220, 255)  # blue, green, red


class FrameAnnotator:
    """Draws a frame now and then, and keeps the last drawing.

    Attributes:
        picture: JPEG, None before the first.
    """

    def __init__(self) -> None:
        self.picture: bytes | None = None
        self._drawn_s = float("-inf")

    def update(self, frame: Frame, faces: Sequence[ClassifiedFace]) -> None:
        """Draw this frame if the last drawing is `EVERY_S` seconds old."""
        if frame.at_s - self._drawn_s >= EVERY_S:
            self._drawn_s, self.picture = frame.at_s, draw(frame, faces)

    def forget(self) -> None:
        """Drop the last drawing."""
        self.picture, self._drawn_s = None, float("-inf")


def draw(frame: Frame, faces: Sequence[ClassifiedFace]) -> bytes:
    """Return the frame as JPEG, at most 640 pixels wide, with a box and a label for each face."""
    scale = min(1.0, _WIDEST_PX / frame.grey.shape[1])
    canvas = cv2.cvtColor(cv2.resize(frame.grey, None, fx=scale, fy=scale), cv2.COLOR_GRAY2BGR)
    for face in faces:
        box = face.box
        outline = np.asarray(cv2.boxPoints((box.centre, (box.width, box.height), box.roll)), np.float32)
        cv2.polylines(
            canvas, [np.rint(scale * outline).astype(np.int32)], isClosed=True, color=_INK, thickness=2
        )
        x, y = round(scale * box.x), round(scale * box.y)
        label = f"{face.scores.top} {face.scores[face.scores.top]:.0%}"
        cv2.putText(canvas, label, (x, max(14, y - 6)), cv2.FONT_HERSHEY_SIMPLEX, 0.55, _INK, 1, cv2.LINE_AA)
    return bytes(cv2.imencode(".jpg", canvas, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1])
