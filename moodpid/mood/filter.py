"""Looks become a mood: recursive Bayesian filtering over time, with hysteresis and a minimum dwell."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from moodpid.mood.emotion import EMOTIONS, UNIFORM, EmotionScores, Mood
from moodpid.mood.observation import FaceReading, Observation

_FLOOR = 1e-3  # no classifier is surer than this that an emotion is absent


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """How the filter weighs and waits; all times in seconds.

    Attributes:
        smoothing_s: Looks over this long count as one independent opinion: neighbouring looks show the
            same face, so a longer time trusts them less and smooths more.
        change_every_s: How long an emotion lasts on average before it turns into another.
        threshold: The belief, from 0.5 to 1, that a new mood must reach (the upper side of the hysteresis:
            the present mood stays until another one is believed this much).
        dwell_s: A mood lasts at least this long.
        nobody_after_s: The room counts as empty after this long without a face.
        memory_s: After this long with nobody there the old mood is forgotten.
        prior: How often the emotions were in the classifier's training, in the order of `Emotion`; its
            scores are divided by it to become likelihoods.
    """

    smoothing_s: float = 1.0
    change_every_s: float = 60.0
    threshold: float = 0.7
    dwell_s: float = 8.0
    nobody_after_s: float = 10.0
    memory_s: float = 120.0
    prior: tuple[float, ...] = UNIFORM.probabilities


@dataclass(frozen=True, slots=True)
class MoodState:
    """What the room feels like.

    Attributes:
        mood: The mood that is told to the world.
        since_s: When it began, in monotonic seconds.
        confidence: How much it is believed, from 0 to 1.
        faces: How many faces the last look saw.
        scores: The belief in each emotion.
        at_s: When this state was worked out, in monotonic seconds.
    """

    mood: Mood
    since_s: float
    confidence: float
    faces: int
    scores: EmotionScores
    at_s: float
