"""What one frame shows: the emotions of its faces, and nothing of the picture."""

from dataclasses import dataclass

from moodpid.mood.emotion import EmotionScores


@dataclass(frozen=True, slots=True)
class FaceReading:
    """One face.

    Attributes:
        scores: Those of the classifier, calibrated.
        area: Its area as a share of the picture's, above 0 and at most 1; near faces weigh more.
    """

    scores: EmotionScores
    area: float


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation.

    Attributes:
        at_s: When the picture was taken, in monotonic seconds.
        faces: The faces in view; none means that nobody was seen, never a neutral face.
    """

    at_s: float
    faces: tuple[FaceReading, ...]
