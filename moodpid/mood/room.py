"""What a room teaches over days: how often its moods are, and how its people look at rest."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from moodpid.mood.emotion import EMOTIONS, Emotion
from moodpid.mood.face_likelihood import mean_log_scores
from moodpid.mood.observation import FaceReading

Numbers = tuple[float, ...]

# How often people are in these moods at home, as faces show them: mostly neutral. An estimate of ours, in
# line with Trampe, Quoidbach and Taquet, "Emotions in Everyday Life" (2015), where joy is by far the most
# frequent and each dark emotion is rare; what faces show is calmer than what people report
HOME_PRIOR: Mapping[Emotion, float] = {
    Emotion.ANGRY: 0.04,
    Emotion.DISGUST: 0.01,
    Emotion.FEAR: 0.015,
    Emotion.HAPPY: 0.20,
    Emotion.SAD: 0.06,
    Emotion.SURPRISE: 0.035,
    Emotion.NEUTRAL: 0.64,
}


def prior_from(shares: Mapping[Emotion, float]) -> Numbers:
    """Return frequencies, in the order of `Emotion`, of which some are known.

    Args:
        shares: Above 0. Where some emotions are missing and the sum is below 1, these share the rest as in
            `HOME_PRIOR`; else all are scaled to the sum 1, and a missing one gets next to nothing.
    """
    rest = {emotion: p for emotion, p in HOME_PRIOR.items() if emotion not in shares}
    left = max(_LEAST * len(rest), 1.0 - math.fsum(shares.values())) / (math.fsum(rest.values()) or 1.0)
    raw = [shares.get(emotion, left * HOME_PRIOR[emotion]) for emotion in EMOTIONS]
    total = math.fsum(raw)
    return tuple(x / total for x in raw)


# All times are of faces in view: an absence teaches nothing and forgets nothing
_PRIOR_WORTH_S = 3600.0  # the shipped frequencies are worth an hour of watching
_RESTING_WORTH_S = 1800.0  # an average face at rest is worth half an hour
_FORGET_S = 40 * 3600.0  # some ten evenings
_LEAST, _MOST = 0.005, 0.9  # however long a mood was away, it can come back
_RESTING_NATS = 1.0  # a face at rest explains no more than this, so that a sad week stays sad
_STEP_S = 1.0  # learned at most this often
_GAP_S = 2.5  # an interval counts for no longer than this


@dataclass(frozen=True, slots=True)
class ClassifierProfile:
    """What the filter must know of the classifier.

    Attributes:
        prior: How often each emotion was in its training, in the order of `Emotion`.
        mean_logs: The mean logarithms of its scores for faces of each emotion, shape (7, 7), each row with
            the mean 0; None where they were not measured: then no resting faces are learned.
        model: Tells one model from another; what was learned with one is not valid for another.
    """

    prior: Numbers
    mean_logs: tuple[Numbers, ...] | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class RoomState:
    """What was learned, and is kept over a restart.

    Attributes:
        moods_s: How long each mood was seen, in seconds, in the order of `Emotion`; old ones fade.
        resting: The sum over time of how the scores' logarithms deviate from what the mood explains.
        watched_s: How many seconds of `resting` there are; old ones fade.
    """

    moods_s: Numbers = (0.0,) * len(EMOTIONS)
    resting: Numbers = (0.0,) * len(EMOTIONS)
    watched_s: float = 0.0

    @property
    def empty(self) -> bool:
        """Whether nothing was learned."""
        return self.watched_s == 0.0


class RoomModel:
    """Learns a room's frequencies of moods, and the resting faces of its people.

    The frequencies are those of Saerens, Latinne and Decaestecker, "Adjusting the Outputs of a Classifier to
    New a Priori Probabilities" (2002), made online: the belief in each mood is added up over the time in
    which faces are in view, old time fades, and the home's frequencies stand in it as pseudo-counts.

    A resting face is what remains of the scores' logarithms, on average over hours, when that which the mood
    explains is taken away (the same expectation maximization, for an additive bias of the classifier).

    Args:
        prior: The frequencies to begin with.
        mean_logs: The mean logarithms of the scores of faces of each emotion, shape (7, 7), each row with the
            mean 0; None where the model's file does not have them: then no resting face is learned.
        learns: Whether the frequencies follow the room. Resting faces are learned either way.
        state: What was learned before.
    """

    def __init__(
        self,
        prior: Numbers,
        mean_logs: tuple[Numbers, ...] | None = None,
        *,
        learns: bool = True,
        state: RoomState | None = None,
    ) -> None:
        self._home, self._means, self._learns = prior, mean_logs, learns
        self._pending_s = 0.0
        self.state = state or RoomState()

    @property
    def state(self) -> RoomState:
        """What was learned so far."""
        return self._state

    @state.setter
    def state(self, state: RoomState) -> None:
        self._state = state
        self.prior = self._frequencies()
        self.resting = self._resting()

    def forget(self) -> None:
        """Begin again with the home's frequencies and average faces."""
        self.state = RoomState()

    def learn(self, belief: Sequence[float], faces: Sequence[FaceReading], elapsed_s: float) -> None:
        """Take a look at faces into account.

        Args:
            belief: The belief in each mood.
            faces: At least one.
            elapsed_s: Since the last look.
        """
        self._pending_s += min(max(0.0, elapsed_s), _GAP_S)
        if self._pending_s < _STEP_S:
            return
        seconds, self._pending_s = self._pending_s, 0.0
        keeps = math.exp(-seconds / _FORGET_S)
        old = self._state
        moods = tuple(keeps * m + seconds * b for m, b in zip(old.moods_s, belief, strict=True))
        resting = old.resting
        if self._means is not None:
            resting = tuple(
                keeps * old_sum
                + seconds * (log - math.fsum(b * mean for b, mean in zip(belief, means, strict=True)))
                for old_sum, log, means in zip(
                    resting, mean_log_scores(faces), zip(*self._means, strict=True), strict=True
                )
            )
        self.state = RoomState(moods, resting, keeps * old.watched_s + seconds)

    def _frequencies(self) -> Numbers:
        if not self._learns:
            return self._home
        raw = [_PRIOR_WORTH_S * p + m for p, m in zip(self._home, self._state.moods_s, strict=True)]
        total = math.fsum(raw)
        bounded = [min(_MOST, max(_LEAST, x / total)) for x in raw]
        total = math.fsum(bounded)
        return tuple(x / total for x in bounded)

    def _resting(self) -> Numbers | None:
        """By how much the logarithms of the scores are too high here; None for not at all."""
        if self._means is None or self._state.empty:
            return None
        worth = self._state.watched_s + _RESTING_WORTH_S
        return tuple(min(_RESTING_NATS, max(-_RESTING_NATS, r / worth)) for r in self._state.resting)
