"""What recordings are made of."""

from pathlib import Path

import numpy as np

from moodpid.errors import PictureError
from moodpid.vision.opencv import cv2


def picture(file: Path, level: int = 100, size: tuple[int, int] = (48, 64)) -> Path:
    cv2.imwrite(str(file), np.full(size, level, np.uint8))
    return file


def unexpected(fault: PictureError) -> None:
    raise AssertionError(str(fault))
