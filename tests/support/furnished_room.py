"""A furnished room with one face in it, seen by a camera that may be nudged."""

from dataclasses import dataclass

import numpy as np

from moodpid.mood.emotion import Emotion
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, GreyImage
from tests.support.rooms import room

MARGIN = 100  # pixels beyond the view, in which a nudge finds more of the room
PLACE = Face(240, 140, 120, 120)
FRAME = 40  # pixels of plain wall around a face without a body


@dataclass(frozen=True, slots=True)
class FurnishedRoom:
    """What is in the room.

    Attributes:
        place: Of the face.
        body: Whether a patterned body is below it, wider than the face.
        width, height: Of the view, in pixels.
        seed: Of the furniture.
    """

    place: Face = PLACE
    body: bool = False
    width: int = 640
    height: int = 480
    seed: int = 3

    def view(
        self,
        number: int,
        *,
        nudge: tuple[float, float] = (0, 0),
        moved: tuple[int, int] = (0, 0),
        light: float = 1.0,
        covered: bool = False,
    ) -> GreyImage:
        """What a camera sees that was nudged by these pixels, with the face moved by those.

        The number is that of the frame: each has another noise. Where it is covered, something stands before
        the face.
        """
        wall = self._wall()
        place = self.place
        left, top = MARGIN + place.x + moved[0], MARGIN + place.y + moved[1]
        if self.body:
            shirt = pattern(9, round(2.3 * place.width), wall.shape[0] - top - place.height)
            column = left + (place.width - shirt.shape[1]) // 2
            wall[top + place.height :, column : column + shirt.shape[1]] = shirt
        else:
            wall[top - FRAME : top + place.height + FRAME, left - FRAME : left + place.width + FRAME] = 110
        face = room((Emotion.NEUTRAL, 0, 0, place.width), width=place.width, height=place.height)
        wall[top : top + place.height, left : left + place.width] = face
        if covered:
            wall[top - 10 : top + place.height + 10, left - 10 : left + place.width + 10] = pattern(
                5, place.width + 20, place.height + 20
            )
        shift = np.array([[1, 0, nudge[0] - MARGIN], [0, 1, nudge[1] - MARGIN]], np.float32)
        seen = np.asarray(cv2.warpAffine(wall, shift, (self.width, self.height)), np.float64)
        noise = np.random.default_rng(number).normal(0, 3.0, seen.shape)
        return np.asarray(np.clip(seen * light + noise, 0, 255), np.uint8)

    def _wall(self) -> GreyImage:
        """Edges of all kinds."""
        width, height = self.width + 2 * MARGIN, self.height + 2 * MARGIN
        random, grey = np.random.default_rng(self.seed), np.full((height, width), 110, np.uint8)
        for _ in range(60):
            left, top = random.integers(0, (width, height))
            wide, high = random.integers(20, 150, 2)
            grey[top : top + high, left : left + wide] = random.integers(60, 180)
        return np.asarray(cv2.GaussianBlur(grey, (0, 0), 1.0), np.uint8)


def pattern(seed: int, width: int, height: int) -> GreyImage:
    """Folds of cloth, without a face."""
    coarse = np.random.default_rng(seed).integers(40, 200, (60, 25)).astype(np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
