"""Pictures for the tests of vision, rendered from the average faces."""

from pathlib import Path

import numpy as np

from moodpid.mood.emotion import Emotion
from moodpid.vision.image_files import read_grey
from moodpid.vision.opencv import cv2
from moodpid.vision.types import GreyImage

REPOSITORY = Path(__file__).parents[2]
FACES = REPOSITORY / "models" / "faces"
MODEL = REPOSITORY / "models" / "emotion.tflite"


def room(*places: tuple[Emotion, int, int, int], width: int = 640, height: int = 480) -> GreyImage:
    """A grey wall with average faces on it, each (emotion, left, top, side) in pixels."""
    wall_clock = np.full((height, width), 110, np.uint8)
    for emotion, left, top, side in places:
        face = cv2.resize(read_grey(FACES / f"{emotion}.png"), (side, side), interpolation=cv2.INTER_CUBIC)
        wall_clock[top : top + side, left : left + side] = face
    return wall_clock
