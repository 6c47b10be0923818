"""How likely a look is under each mood of a room; a classifier's mistakes do not add up in it."""

import math
from collections.abc import Sequence

from moodpid.mood.emotion import EMOTIONS
from moodpid.mood.observation import FaceReading

Numbers = tuple[float, ...]

# The share of faces that show something else than the network could know. Of valid.npz, a share of 0.02
# costs nothing (log loss of three faces in a home 0.140 against 0.139), and bounds what one look can rule out
_OUTLIERS = 0.02
_FLOOR = 1e-3  # the eight bits of the network's output resolve no less
# A look that differs by this much, in nats, from what was heard so far is news. Twice the standard deviation
# of the logits from frame to frame of a still face, and below that from face to face of one emotion
_NEWS_NATS = 1.0
_REPEATED = 0.1  # the share of an opinion's weight that looks have which bring nothing new
_FRESH_S = 2.5  # after a gap of this length, a face is seen afresh


def pooled_log_likelihood(
    faces: Sequence[FaceReading], prior: Sequence[float], resting: Sequence[float] | None = None
) -> Numbers:
    """Return how well each emotion of the room explains all of its faces, in the order of `Emotion`.

    Scores divided by the prior of the training are likelihoods. Each is mixed with that of a face that shows
    anything at all, so that no look rules out an emotion (a contamination model; Huber, "Robust Estimation of
    a Location Parameter", 1964). Faces are joined in a logarithmic opinion pool (Genest and Zidek, "Combining
    Probability Distributions", 1986) with their shares of the area as weights: one large face counts more
    than a small one, and two that agree count no more than one, since the result is the room's mood.

    Args:
        faces: At least one.
        prior: How often each emotion was in the classifier's training.
        resting: By how much the logarithms of the scores are too high for the people of this room.
    """
    total = math.fsum(face.area for face in faces)
    pooled = [0.0] * len(EMOTIONS)
    for face in faces:
        scores = face.scores.probabilities
        if resting is not None:
            scores = _without(scores, resting)
        share = face.area / total
        for i, (score, p) in enumerate(zip(scores, prior, strict=True)):
            pooled[i] += share * math.log((1 - _OUTLIERS) * score / p + _OUTLIERS)
    return tuple(pooled)


def mean_log_scores(faces: Sequence[FaceReading]) -> Numbers:
    """Return the logarithms of the faces' scores, averaged by area and with the mean 0."""
    total = math.fsum(face.area for face in faces)
    logs = [0.0] * len(EMOTIONS)
    for face in faces:
        share = face.area / total
        for i, score in enumerate(face.scores.probabilities):
            logs[i] += share * math.log(max(score, _FLOOR))
    mean = math.fsum(logs) / len(logs)
    return tuple(x - mean for x in logs)


def _without(scores: Sequence[float], resting: Sequence[float]) -> Numbers:
    raw = [score * math.exp(-bias) for score, bias in zip(scores, resting, strict=True)]
    total = math.fsum(raw) or 1.0
    return tuple(x / total for x in raw)


class OpinionMeter:
    """Decides how much of an independent opinion each look of one source is.

    Neighbouring looks share their mistakes, since they show the same face with the same expression. What is
    heard for the first time counts as an opinion; what merely lasts adds little; and however much a face
    moves, opinions come no faster than one in `smoothing_s` on average (a token bucket of one opinion).
    """

    def __init__(self) -> None:
        self._recent: Numbers | None = None  # a short average of the evidence
        self._heard = (0.0,) * len(EMOTIONS)  # what the belief already accounts for
        self._opinions = 1.0  # how much of an opinion may be given now
        self._at_s = -math.inf

    def weigh(self, evidence: Sequence[float], at_s: float, smoothing_s: float, stays: float) -> float:
        """Return the share, from 0 to 1, of an opinion that this evidence is.

        Args:
            evidence: Logarithms of likelihoods.
            at_s: When it was seen, in monotonic seconds.
            smoothing_s: One opinion in this time.
            stays: The share of the belief that is left of the last update, by this or by `fade`.
        """
        elapsed_s = max(0.0, at_s - self._at_s)
        self._at_s = at_s
        mean = math.fsum(evidence) / len(evidence)
        centred = tuple(x - mean for x in evidence)
        if self._recent is None:
            elapsed_s = 0.0
        quick = 1.0 - math.exp(-2.0 * elapsed_s / smoothing_s)
        if self._recent is None or elapsed_s > _FRESH_S:
            self._recent = centred
        else:
            self._recent = _towards(self._recent, centred, quick)
        self.fade(stays)
        self._opinions = min(1.0, self._opinions + elapsed_s / smoothing_s)
        squares = math.fsum((a - b) ** 2 for a, b in zip(self._recent, self._heard, strict=True))
        news = 1.0 - math.exp(-squares / (2.0 * _NEWS_NATS**2))
        slow = 1.0 - math.exp(-elapsed_s / smoothing_s)
        share = self._opinions * min(1.0, _REPEATED * slow + quick * news)
        self._opinions -= share
        self._heard = _towards(self._heard, self._recent, quick)
        return share

    def fade(self, stays: float) -> None:
        """Account for time without evidence. stays: the share of the belief, from 0 to 1, that is left."""
        self._heard = tuple(stays * x for x in self._heard)


def _towards(start: Sequence[float], end: Sequence[float], share: float) -> Numbers:
    return tuple(a + share * (b - a) for a, b in zip(start, end, strict=True))
