"""Observations become a mood: recursive Bayesian filtering with hysteresis and a minimum dwell."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from moodpid.mood.emotion import EMOTIONS, UNIFORM, EmotionScores, Mood
from moodpid.mood.face_likelihood import OpinionMeter, pooled_log_likelihood
from moodpid.mood.observation import Observation
from moodpid.mood.presence import Presence
from moodpid.mood.room import RoomModel
from moodpid.mood.senses import Sense, SenseReading

_SAME_PERSON = 0.5  # how likely a person who comes into an empty room is the one who left it

_PLACES = {Mood(emotion): place for place, emotion in enumerate(EMOTIONS)}

DARK_MOODS = frozenset({Mood.SAD, Mood.ANGRY, Mood.FEAR, Mood.DISGUST})
# To call a neutral room sad is worse than to be late: chosen on tools/benchmarks/living_room
_FALSE_DARK_COST = 3.0


@dataclass(frozen=True, slots=True)
class FilterSettings:
    """How the filter weighs and waits; all times in seconds.

    Attributes:
        smoothing_s: Looks within this long count as one independent opinion at most: neighbouring looks show
            the same face, so a longer time trusts each of them less and smooths more.
        change_every_s: How long an emotion lasts on average before it turns into another.
        threshold: The belief, from 0.5 to below 1, that another mood must reach to take over; a dark mood
            after one that is not needs three times the odds. Until then the present one stays, however weak
            it is: this is the hysteresis.
        dwell_s: A mood lasts at least this long.
        somebody_after_s: The room counts as occupied after a face was in view this long, so that one false
            detection in an empty room is nobody.
        nobody_after_s: The room counts as empty after this long without a face.
        memory_s: How long on average a belief outlasts the faces it came from.
        prior: How often the emotions were in the classifier's training, in the order of `Emotion`; its
            scores are divided by it to become likelihoods.
    """

    smoothing_s: float = 2.5
    change_every_s: float = 60.0
    threshold: float = 0.6
    dwell_s: float = 8.0
    somebody_after_s: float = 1.0
    nobody_after_s: float = 10.0
    memory_s: float = 120.0
    prior: tuple[float, ...] = UNIFORM.probabilities


@dataclass(frozen=True, slots=True)
class MoodState:
    """The mood of the room.

    Attributes:
        mood: The mood that is published.
        since_s: When it began, in monotonic seconds.
        confidence: How much it is believed, from 0 to 1.
        faces: How many faces the last observation has.
        scores: The belief in each emotion.
        at_s: The time of that observation, in monotonic seconds.
    """

    mood: Mood
    since_s: float
    confidence: float
    faces: int
    scores: EmotionScores
    at_s: float


class MoodFilter:
    """A hidden Markov model over the seven emotions, in continuous time, beside an integrator for presence.

    Between two looks the belief leaks towards the frequencies of the room, as a process does that jumps to a
    fresh emotion every `change_every_s` (the forward algorithm; Rabiner, "A Tutorial on Hidden Markov
    Models", 1989). A look then multiplies it by the likelihood of what was seen, to the power of the share of
    an independent opinion that the look is. So the frame rate changes next to nothing.

    Args:
        settings: How it weighs and waits.
        room: How often moods are in this room; None for as often as in the classifier's training.
        senses: Further sources of evidence, by name.
        room_known: Whether the room is known to be empty at first.
    """

    def __init__(
        self,
        settings: FilterSettings,
        room: RoomModel | None = None,
        senses: Mapping[str, Sense] | None = None,
        *,
        room_known: bool = True,
    ) -> None:
        self._settings = settings
        self.room = room or RoomModel(settings.prior, learns=False)
        self._senses = {name: SenseReading(sense) for name, sense in (senses or {}).items()}
        self._belief = self.room.prior
        self._opinions = OpinionMeter()
        self._presence = Presence(settings.somebody_after_s, settings.nobody_after_s, known=room_known)
        self._mood = Mood.NOBODY
        self._since_s: float | None = None
        self._at_s: float | None = None

    def adjust(self, *, threshold: float | None = None, dwell_s: float | None = None) -> None:
        """Change how readily the mood follows, in what is given; what was seen so far keeps its weight."""
        old = self._settings
        self._settings = replace(
            old,
            threshold=old.threshold if threshold is None else threshold,
            dwell_s=old.dwell_s if dwell_s is None else dwell_s,
        )

    def update(self, observation: Observation) -> MoodState:
        """Take one observation into account; they come in the order of their time."""
        now_s = observation.at_s
        elapsed_s = 0.0 if self._at_s is None else max(0.0, now_s - self._at_s)
        self._at_s = now_s
        if self._since_s is None:
            self._since_s = now_s
        self._update_belief(observation, elapsed_s)
        sensed = self.senses_anything(now_s)
        self._presence.update(elapsed_s, faces=bool(observation.faces), sensed=sensed)
        mood = self._next_mood(now_s, informed=bool(observation.faces) or sensed)
        if mood is not self._mood:
            self._mood, self._since_s = mood, now_s
            if mood is Mood.NOBODY:
                self._forget(_SAME_PERSON)
        return MoodState(
            self._mood, self._since_s, self._confidence(), len(observation.faces), self._scores(), now_s
        )

    def reset(self, at_s: float) -> MoodState:
        """Start again with an empty room, after a pause in watching; return its state.

        Args:
            at_s: Now, in monotonic seconds.
        """
        self._presence.reset()
        self._mood, self._since_s, self._at_s = Mood.NOBODY, at_s, at_s
        self._forget(0.0)
        return MoodState(Mood.NOBODY, at_s, 1.0, 0, self._scores(), at_s)

    def sense(self, name: str, evidence: tuple[float, ...], weight: float, at_s: float) -> None:
        """Take in a report of a sense, until it expires or is replaced; unknown senses are ignored.

        Args:
            name: One of the senses that the filter was made with.
            evidence: Logarithms of likelihoods, in the order of `Emotion`.
            weight: From 0 to 1, on top of the sense's own weight.
            at_s: When it came, in monotonic seconds.
        """
        if name in self._senses:
            self._senses[name].set(evidence, weight, at_s)

    def senses_anything(self, now_s: float) -> bool:
        """Return whether a report of a sense holds."""
        return any(reading.active(now_s) for reading in self._senses.values())

    def follows_senses(self, now_s: float, *, in_the_dark: bool = False) -> bool:
        """Return whether the mood moves on without the camera: by senses that report, or ceased to.

        Args:
            now_s: Now, in monotonic seconds.
            in_the_dark: The camera works, but sees nothing. Then a sense that ceases to report does not empty
                the room if the camera saw somebody in it.
        """
        silence_counts = not (in_the_dark and self._presence.may_stay_unseen)
        return self.senses_anything(now_s) or (self._presence.by_senses and silence_counts)

    @property
    def knows_room(self) -> bool:
        """Whether it is known if somebody is there; at first it need not be."""
        return self._presence.known

    def _update_belief(self, observation: Observation, elapsed_s: float) -> None:
        settings, faces, now_s = self._settings, observation.faces, observation.at_s
        informed = bool(faces) or self.senses_anything(now_s)
        stays = math.exp(-elapsed_s / (settings.change_every_s if informed else settings.memory_s))
        belief = self._decayed(stays)
        if faces:
            evidence = pooled_log_likelihood(faces, settings.prior, self.room.resting)
            share = self._opinions.weigh(evidence, now_s, settings.smoothing_s, stays)
            belief = _multiplied(belief, evidence, share)
        else:
            self._opinions.fade(stays)
        for reading in self._senses.values():
            if reading.active(now_s):
                belief = _multiplied(belief, *reading.weighed(now_s, settings.smoothing_s, stays))
            else:
                reading.fade(stays)
        self._belief = belief
        if faces:
            self.room.learn(belief, faces, elapsed_s)

    def _forget(self, stays: float) -> None:
        """Keep the share `stays`, from 0 to 1, of the belief and of what it accounts for."""
        self._belief = self._decayed(stays)
        self._opinions.fade(stays)
        for reading in self._senses.values():
            reading.fade(stays)

    def _decayed(self, stays: float) -> tuple[float, ...]:
        """Return the belief of which the share `stays` is kept, and the rest is the room's prior again."""
        return tuple(stays * b + (1 - stays) * p for b, p in zip(self._belief, self.room.prior, strict=True))

    def _next_mood(self, now_s: float, *, informed: bool) -> Mood:
        """Return the mood: the presence decides whether a person is there, the belief decides the emotion.

        informed: Whether this observation has a face or a sense reports. Without either, no other emotion
        takes over.
        """
        if self._presence.level == 0.0:
            return Mood.NOBODY
        top = max(range(len(EMOTIONS)), key=self._belief.__getitem__)
        if self._mood is Mood.NOBODY:
            return Mood(EMOTIONS[top]) if self._presence.level == 1.0 else Mood.NOBODY
        lasted_s = now_s - (self._since_s or 0.0)
        needed = self._needed_belief(Mood(EMOTIONS[top]))
        if informed and self._belief[top] >= needed and lasted_s >= self._settings.dwell_s:
            return Mood(EMOTIONS[top])
        return self._mood

    def _needed_belief(self, mood: Mood) -> float:
        """Return the belief with which `mood` takes over from the present one."""
        threshold = self._settings.threshold
        if mood not in DARK_MOODS or self._mood in DARK_MOODS:
            return threshold
        odds = _FALSE_DARK_COST * threshold / (1 - threshold)
        return odds / (1 + odds)

    def _confidence(self) -> float:
        if self._mood is Mood.NOBODY:
            return 1.0 - self._presence.level
        return self._belief[_PLACES[self._mood]]

    def _scores(self) -> EmotionScores:
        return EmotionScores(self._belief)


# At a sensitivity of 0, 80 and 100. Above the first, a clearly angry face that lasts is never believed, since
# doubt comes back, once in `change_every_s`
_LEAST_SENSITIVE, _DEFAULT, _MOST_SENSITIVE = 0.7, 0.6, 0.5
_DEFAULT_SENSITIVITY = 80.0


def threshold_for(sensitivity: float) -> float:
    """Return the threshold for a sensitivity from 0 (stubborn) to 100 (fickle): from 0.7 to 0.5."""
    short = _DEFAULT_SENSITIVITY - min(100.0, max(0.0, sensitivity))
    if short > 0.0:
        return round(_DEFAULT + (_LEAST_SENSITIVE - _DEFAULT) * short / _DEFAULT_SENSITIVITY, 6)
    return round(_DEFAULT + (_DEFAULT - _MOST_SENSITIVE) * short / (100.0 - _DEFAULT_SENSITIVITY), 6)


def sensitivity_for(threshold: float) -> float:
    """Return the sensitivity, within 0 and 100: the inverse of `threshold_for`; 0 above its range."""
    above = threshold - _DEFAULT
    if above > 0.0:
        return max(0.0, _DEFAULT_SENSITIVITY * (1.0 - above / (_LEAST_SENSITIVE - _DEFAULT)))
    share = above / (_DEFAULT - _MOST_SENSITIVE)
    return min(100.0, _DEFAULT_SENSITIVITY - (100.0 - _DEFAULT_SENSITIVITY) * share)


def _multiplied(belief: Sequence[float], evidence: Sequence[float], share: float) -> tuple[float, ...]:
    """Return the belief after evidence of the weight `share`, with the sum 1."""
    peak = max(evidence)
    raw = [b * math.exp(share * (e - peak)) for b, e in zip(belief, evidence, strict=True)]
    total = math.fsum(raw)
    return tuple(x / total for x in raw)
