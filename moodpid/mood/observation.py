"""What one look at the room gave: the emotions of the faces in it, and nothing of the picture."""

from dataclasses import dataclass

from moodpid.mood.emotion import EmotionScores


@dataclass(frozen=True, slots=True)
class FaceReading:
    """One face.

    Attributes:
        scores: What the classifier gave for it, calibrated.
        area: Its area as a share of the picture's, above 0 and at most 1; near faces weigh more.
    """

    scores: EmotionScores
    area: float


@dataclass(frozen=True, slots=True)
class Observation:
    """One look.

    Attributes:
        at_s: When the picture was taken, in monotonic seconds.
        faces: The faces in view; none means that nobody was seen, never that somebody is neutral.
    """

    at_s: float
    faces: tuple[FaceReading, ...]
