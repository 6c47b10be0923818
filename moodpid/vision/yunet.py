"""Face detection with YuNet, a small network that OpenCV runs itself, for machines with power to spare.

The model is not part of moodpid: it is `face_detection_yunet_2023mar.onnx` of the OpenCV Zoo, under the MIT
licence (Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023).
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

from moodpid.errors import ModelError
from moodpid.regular_file import read_regular
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, Frame

_MAX_MODEL_BYTES = 16 << 20  # the file has 0.2 MB
_LONGEST_PX = 320  # of the picture that the network gets: its cost grows with the area
_SCORE = 0.7  # from 0 to 1; faces of empty rooms have less
_OVERLAP = 0.3  # of two boxes of one face
_MOST_FACES = 50
# From the eyes to the square that the classifier learned: its side per distance between the eyes, and how far
# its centre lies below them, in sides
_SIDE, _BELOW_EYES = 2.35, 0.12
_LEAST_SIDE = 0.9  # of the network's box, for faces from the side, whose eyes are near each other


class Network(Protocol):
    """What is used of `cv2.FaceDetectorYN`."""

    def setInputSize(self, size: tuple[int, int], /) -> None:  # noqa: N802 - OpenCV's name
        """Set width and height of the pictures to come."""

    def detect(self, picture: NDArray[np.uint8], /) -> tuple[int, NDArray[np.float32] | None]:
        """Return a status and rows of box (x, y, width, height), five points (x, y) and score."""


def _open(model: str) -> Network:
    try:
        read_regular(Path(model), _MAX_MODEL_BYTES)  # OpenCV gives no reason
    except OSError as error:
        raise ModelError(f"{model}: cannot be read: {error.strerror}") from error
    try:
        network = cv2.FaceDetectorYN.create(
            model, "", (_LONGEST_PX, _LONGEST_PX), _SCORE, _OVERLAP, _MOST_FACES
        )
        return cast("Network", network)
    except (cv2.error, SystemError) as error:
        raise ModelError(
            f"{model}: not a YuNet model that OpenCV {cv2.__version__} can read; "
            "take face_detection_yunet_2023mar.onnx of the OpenCV Zoo"
        ) from error


class YuNetDetector:
    """Looks for faces in every frame as a whole, upright or turned.

    Args:
        model: Path of the `.onnx` file.
        min_face_px: Smaller faces are left out.
        open_network: Opens the model; another one in tests.

    Raises:
        ModelError: The model is no YuNet.
    """

    def __init__(
        self, model: str, min_face_px: int, *, open_network: Callable[[str], Network] = _open
    ) -> None:
        self._network = open_network(model)
        self._min_face_px = min_face_px
        self._size = 0, 0

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Return the faces in the frame, the largest first."""
        height, width = frame.grey.shape
        scale = min(1.0, _LONGEST_PX / max(height, width))
        size = max(1, round(scale * width)), max(1, round(scale * height))
        if size != self._size:
            self._network.setInputSize(size)
            self._size = size
        small = cv2.resize(frame.grey, size, interpolation=cv2.INTER_AREA) if scale < 1 else frame.grey
        _, rows = self._network.detect(np.asarray(cv2.cvtColor(small, cv2.COLOR_GRAY2BGR), np.uint8))
        faces = [face_of(row / scale) for row in ([] if rows is None else rows)]
        found = [face for face in faces if face.width >= self._min_face_px]
        return tuple(sorted(found, key=lambda face: face.area, reverse=True))


def face_of(row: NDArray[np.float32]) -> Face:
    """Return the face of a row of the network, in the row's pixels.

    Args:
        row: Box (x, y, width, height), then the right eye and the left eye (x, y), as the person has them.
    """
    right_x, right_y, left_x, left_y = map(float, row[4:8])
    across, down = left_x - right_x, left_y - right_y
    roll = math.atan2(down, across)
    side = max(_SIDE * math.hypot(across, down), _LEAST_SIDE * float(row[2]))
    column = (right_x + left_x) / 2 - math.sin(roll) * _BELOW_EYES * side
    row_below = (right_y + left_y) / 2 + math.cos(roll) * _BELOW_EYES * side
    left, top = round(column - side / 2), round(row_below - side / 2)
    return Face(left, top, round(side), round(side), math.degrees(roll))
