"""The seven emotions of a face, the eight moods of a room, and where they lie for music."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Emotion(StrEnum):
    """The seven classes of FER2013 (Goodfellow et al., 2013), in its order."""

    ANGRY = "angry"
    DISGUST = "disgust"
    FEAR = "fear"
    HAPPY = "happy"
    SAD = "sad"
    SURPRISE = "surprise"
    NEUTRAL = "neutral"


class Mood(StrEnum):
    """The mood of a room: one of the seven emotions, or nobody is there."""

    ANGRY = "angry"
    DISGUST = "disgust"
    FEAR = "fear"
    HAPPY = "happy"
    SAD = "sad"
    SURPRISE = "surprise"
    NEUTRAL = "neutral"
    NOBODY = "nobody"


EMOTIONS = tuple(Emotion)


class Affect(NamedTuple):
    """A point on Russell's circumplex ("A circumplex model of affect", 1980), each axis from -1 to 1."""

    valence: float
    arousal: float

    def distance(self, other: "Affect") -> float:
        """Return the Euclidean distance on the plane."""
        return math.dist(self, other)


# Read off the figures of Russell (1980): pleasant to the right, activated above
AFFECT: dict[Mood, Affect] = {
    Mood.ANGRY: Affect(-0.6, 0.7),
    Mood.DISGUST: Affect(-0.7, 0.3),
    Mood.FEAR: Affect(-0.5, 0.8),
    Mood.HAPPY: Affect(0.8, 0.5),
    Mood.SAD: Affect(-0.7, -0.4),
    Mood.SURPRISE: Affect(0.2, 0.8),
    Mood.NEUTRAL: Affect(0.0, 0.0),
    Mood.NOBODY: Affect(0.0, 0.0),
}


@dataclass(frozen=True, slots=True)
class EmotionScores:
    """How probable each emotion is.

    Attributes:
        probabilities: Seven numbers from 0 to 1 in the order of `Emotion`, with the sum 1.
    """

    probabilities: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.probabilities) != len(EMOTIONS):
            raise ValueError(f"scores need {len(EMOTIONS)} probabilities, got {len(self.probabilities)}")
        if not all(0.0 <= p <= 1.0 for p in self.probabilities):  # NaN fails this too
            raise ValueError(f"probabilities lie between 0 and 1: {self.probabilities}")
        if abs(math.fsum(self.probabilities) - 1.0) > 1e-3:  # noqa: PLR2004 - float32 rounding and to spare
            raise ValueError(f"probabilities have the sum 1: {self.probabilities}")

    def __getitem__(self, emotion: Emotion) -> float:
        return self.probabilities[EMOTIONS.index(emotion)]

    @property
    def top(self) -> Emotion:
        """The most probable emotion; the earlier in the order of `Emotion` of two that are equal."""
        return EMOTIONS[self.probabilities.index(max(self.probabilities))]

    def as_dict(self) -> dict[str, float]:
        """Return name to probability, in the order of `Emotion`."""
        return {emotion.value: p for emotion, p in zip(EMOTIONS, self.probabilities, strict=True)}

    @property
    def affect(self) -> Affect:
        """The mean of the emotions' places on the circumplex, weighted by probability."""
        points = [AFFECT[Mood(emotion)] for emotion in EMOTIONS]
        pairs = list(zip(points, self.probabilities, strict=True))
        return Affect(sum(a.valence * p for a, p in pairs), sum(a.arousal * p for a, p in pairs))


UNIFORM = EmotionScores((1 / len(EMOTIONS),) * len(EMOTIONS))
