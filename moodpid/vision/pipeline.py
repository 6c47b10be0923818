"""Turns a frame into the emotions of its faces; no pixels leave this module."""

from collections.abc import Iterable
from dataclasses import dataclass

from moodpid.mood.emotion import EmotionScores
from moodpid.mood.observation import FaceReading, Observation
from moodpid.vision.types import EmotionClassifier, Face, FaceDetector, Frame


@dataclass(frozen=True, slots=True)
class ClassifiedFace:
    """The box of a face and the probabilities of its emotions."""

    box: Face
    scores: EmotionScores


class FacePipeline:
    """Joins a detector and a classifier."""

    def __init__(self, detector: FaceDetector, classifier: EmotionClassifier) -> None:
        self._detector = detector
        self._classifier = classifier

    def analyze(self, frame: Frame) -> tuple[ClassifiedFace, ...]:
        """Return the faces in the frame, the largest first."""
        return tuple(
            ClassifiedFace(face, self._classifier.classify(frame, face))
            for face in self._detector.detect(frame)
        )


def observation(frame: Frame, faces: Iterable[ClassifiedFace]) -> Observation:
    """Return the frame's faces without their pixels and places."""
    height, width = frame.grey.shape
    return Observation(frame.at_s, tuple(_readings(faces, height * width)))


def _readings(faces: Iterable[ClassifiedFace], frame_area: int) -> Iterable[FaceReading]:
    for face in faces:
        yield FaceReading(face.scores, face.box.width * face.box.height / frame_area)
