"""The face detectors that are compared, each behind the same two calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from benchmarks.detection.version_0_1_0 import HaarDetector as Version010

from moodpid.vision.haar import HaarDetector, cascades
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, Frame
from moodpid.vision.yunet import YuNetDetector

MIN_FACE_PX = 64  # [vision] min_face_px of both versions


class Detector(Protocol):
    """Finds faces in frames that follow one another."""

    def detect(self, frame: Frame, /) -> Sequence[Face]:
        """Return the faces in a frame."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A face detector.

    Attributes:
        name: What the tables call it.
        make: Makes one that has seen nothing yet.
        make_thorough: Makes one that searches the whole of every frame.
    """

    name: str
    make: Callable[[], Detector]
    make_thorough: Callable[[], Detector]


class OneCascade:
    """OpenCV's default cascade over every frame, with nothing else.

    Args:
        scale_step, neighbours, min_face_px: The arguments of `detectMultiScale`.
    """

    def __init__(self, scale_step: float, neighbours: int, min_face_px: int) -> None:
        self._cascade = cascades.load(cascades.SECOND_PROPOSER)
        self._arguments = scale_step, neighbours, min_face_px

    def detect(self, frame: Frame) -> Sequence[Face]:
        """Return the faces in a frame."""
        step, neighbours, side = self._arguments
        boxes = self._cascade.detectMultiScale(frame.grey, step, neighbours, minSize=(side, side))
        return [Face(*map(int, box)) for box in boxes]


def _one_cascade(name: str, scale_step: float, neighbours: int, min_face_px: int) -> Contestant:
    def make() -> Detector:
        return OneCascade(scale_step, neighbours, min_face_px)

    return Contestant(name, make, make)


MOODPID = Contestant(
    "moodpid", lambda: HaarDetector(MIN_FACE_PX), lambda: HaarDetector(MIN_FACE_PX, full_every_s=0.0)
)
VERSION_0_1_0 = Contestant(
    "moodpid 0.1.0", lambda: Version010(MIN_FACE_PX), lambda: Version010(MIN_FACE_PX, full_every_s=0.0)
)
# As the package calls it by default: FER(mtcnn=False), version 25.10
FER = _one_cascade("fer (Haar mode)", 1.1, 5, 50)
TEXTBOOK = _one_cascade("textbook loop", 1.3, 5, 1)


def yunet(model: str) -> Contestant:
    """Return the detector of `detector = "yunet"` with this model file."""

    def make() -> Detector:
        return YuNetDetector(model, MIN_FACE_PX)

    return Contestant("YuNet", make, make)


cv2.setNumThreads(1)
