"""Other senses than the camera: evidence of the room's mood by speech, a watch or a microphone."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moodpid.mood.emotion import AFFECT, EMOTIONS, Emotion, Mood
from moodpid.mood.face_likelihood import OpinionMeter

# How far, on the circumplex, a sense's point may lie from the mood that it comes from: so far that a lone
# point favours its own mood over neutral no more than a clear face does
_SPREAD = 0.45
# The share of readings that have nothing to do with the mood; bounds what a sense can rule out
_OUTLIERS = 0.1


@dataclass(frozen=True, slots=True)
class Sense:
    """How far one sense is trusted.

    Attributes:
        weight: From 0 to 1: how much of an independent opinion each of its statements is.
        expires_s: How long a statement holds, in seconds.
    """

    weight: float = 0.5
    expires_s: float = 60.0


def evidence_of_affect(valence: float | None, arousal: float | None) -> tuple[float, ...]:
    """Return logarithms of likelihoods, in the order of `Emotion`, for a point on the circumplex.

    Args:
        valence: From -1 to 1, None where the sense knows nothing of it.
        arousal: Likewise.
    """
    likelihoods = []
    for emotion in EMOTIONS:
        place = AFFECT[Mood(emotion)]
        squares = sum(
            (reported - there) ** 2
            for reported, there in ((valence, place.valence), (arousal, place.arousal))
            if reported is not None
        )
        likelihoods.append(math.exp(-squares / (2 * _SPREAD**2)))
    return _robust(likelihoods)


def evidence_of_scores(scores: Mapping[Emotion, float]) -> tuple[float, ...]:
    """Return logarithms of likelihoods, in the order of `Emotion`, for scores of which one is above 0.

    What is not named has the score 0.
    """
    return _robust([scores.get(emotion, 0.0) for emotion in EMOTIONS])


def _robust(likelihoods: Sequence[float]) -> tuple[float, ...]:
    most = max(likelihoods)  # may be so small that a mean of all would be 0
    shares = [x / most for x in likelihoods]
    mean = math.fsum(shares) / len(shares)
    return tuple(math.log((1 - _OUTLIERS) * x / mean + _OUTLIERS) for x in shares)


class SenseReading:
    """The present reading of one sense, and how much of it the belief already accounts for."""

    def __init__(self, sense: Sense) -> None:
        self._sense = sense
        self._meter = OpinionMeter()
        self._evidence: tuple[float, ...] = (0.0,) * len(EMOTIONS)
        self._report_weight = 0.0
        self._until_s = -math.inf

    def set(self, evidence: tuple[float, ...], weight: float, at_s: float) -> None:
        """Replace the reading; see `MoodFilter.sense`."""
        self._evidence, self._report_weight = evidence, weight
        self._until_s = at_s + self._sense.expires_s

    def active(self, now_s: float) -> bool:
        """Return whether it has a reading."""
        return self._sense.weight * self._report_weight > 0 and now_s < self._until_s

    def fade(self, stays: float) -> None:
        """Take in that it reported nothing meanwhile; see `OpinionMeter.fade`."""
        self._meter.fade(stays)

    def weighed(self, now_s: float, smoothing_s: float, stays: float) -> tuple[tuple[float, ...], float]:
        """Return the evidence and its share of an opinion; arguments as in `OpinionMeter.weigh`."""
        # Scaled by its weight, so that a surer report with the same content counts as new
        scaled = [self._report_weight * x for x in self._evidence]
        share = self._meter.weigh(scaled, now_s, smoothing_s, stays)
        return self._evidence, self._sense.weight * self._report_weight * share
