"""Evenings in a living room whose moods are known: moods, people, faces, and what a camera sees of them."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moodpid.mood.emotion import EMOTIONS, EmotionScores
from moodpid.mood.face_likelihood import mean_log_scores
from moodpid.mood.observation import FaceReading, Observation

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LOOKS_HZ = 4
NOBODY = len(EMOTIONS)
"""The number of the truth while nobody is in the room; the others are places in the order of `Emotion`."""

# In the order of Emotion: the shares of the evening's time, as issue and README have them for a home
HOME = (0.04, 0.01, 0.015, 0.20, 0.06, 0.035, 0.64)
PARTY = (0.02, 0.005, 0.01, 0.60, 0.02, 0.065, 0.28)
SICKROOM = (0.05, 0.01, 0.04, 0.08, 0.40, 0.02, 0.40)
# How long a mood lasts on average, in seconds: an assumption, longer for the moods that linger
MOOD_LASTS_S = (90.0, 45.0, 45.0, 90.0, 180.0, 30.0, 240.0)
_FERPLUS = [4, 5, 6, 1, 3, 2, 0]  # the columns of FER+'s votes in the order of Emotion


@dataclass(frozen=True, slots=True)
class Room:
    """What happens in a room; all of it are assumptions, to be varied.

    Attributes:
        frequencies: The share of time of each mood, in the order of `Emotion`.
        hours: Length of an evening.
        people: How many live here; each comes and goes.
        own_face: The share of the faces' variance that is the person's own, from 0 to below 1.
        face_lasts_s: How long one expression of a person lasts on average.
        lapses: The share of expressions that show something other than the mood.
        jitter: Standard deviation of the logits from look to look, while the expression stays.
        missed: The share of single looks in which the detector misses a face.
        visible_s, hidden_s: How long a person faces the camera, and turns away, on average.
        stays_s, away_s: How long a person is in the room, and out of it, on average.
    """

    frequencies: tuple[float, ...] = HOME
    hours: float = 4.0
    people: int = 1
    own_face: float = 0.3
    face_lasts_s: float = 6.0
    lapses: float = 0.03
    jitter: float = 0.35
    missed: float = 0.05
    visible_s: float = 25.0
    hidden_s: float = 4.0
    stays_s: float = 3000.0
    away_s: float = 1200.0


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Faces whose emotion people agree on, as the classifier reads them.

    Attributes:
        logs: Logarithms of the scores, centred, shape (faces, 7).
        labels: Their emotions, shape (faces,).
        training_prior: How often each emotion was in the classifier's training.
        means: The mean of `logs` of each emotion, shape (7, 7).
        profile: The same as `moodpid.mood.face_likelihood.mean_log_scores` has them, for the model's sidecar.
    """

    logs: Floats
    labels: Ints
    training_prior: tuple[float, ...]
    means: Floats = field(init=False)
    profile: Floats = field(init=False)

    def __post_init__(self) -> None:
        means = [self.logs[self.labels == k].mean(axis=0) for k in range(NOBODY)]
        object.__setattr__(self, "means", np.array(means))
        scores = np.exp(self.logs)
        scores /= scores.sum(axis=1, keepdims=True)
        read = [mean_log_scores((FaceReading(EmotionScores(tuple(s)), 1.0),)) for s in scores.tolist()]
        profile = [np.array(read)[self.labels == k].mean(axis=0) for k in range(NOBODY)]
        object.__setattr__(self, "profile", np.array(profile))

    def residuals(self) -> Floats:
        """How each face deviates from the mean of its emotion, shape (faces, 7)."""
        return np.asarray(self.logs - self.means[self.labels])


@dataclass(frozen=True, slots=True, eq=False)
class Evening:
    """One evening.

    Attributes:
        truth: The mood at each look, `NOBODY` while nobody is there, shape (looks,).
        scores: What the classifier gives for each person, shape (looks, people, 7).
        areas: The area of each person's face, 0 where it is not seen, shape (looks, people).
        shown: Which of the faces each person shows, -1 while none is turned to the camera, of this shape.
        sizes: The area of each person's face, seen or not, of this shape.
    """

    truth: Ints
    scores: Floats
    areas: Floats
    shown: Ints
    sizes: Floats

    def observations(self) -> list[Observation]:
        """Return the looks, `LOOKS_HZ` to the second."""
        looks = []
        for number, (scores, areas) in enumerate(zip(self.scores.tolist(), self.areas.tolist(), strict=True)):
            faces = (
                FaceReading(EmotionScores(tuple(s)), a) for s, a in zip(scores, areas, strict=True) if a > 0
            )
            looks.append(Observation(number / LOOKS_HZ, tuple(faces)))
        return looks


def load_images(data: Path) -> tuple[NDArray[np.uint8], Ints]:
    """Return the faces whose FER2013 label at least half of the FER+ voters share, and the labels.

    Raises:
        OSError, ValueError, KeyError, EOFError, BadZipFile: The data cannot be read.
    """
    with np.load(data) as arrays:
        images, labels, votes = arrays["images"], arrays["fer_label"], arrays["ferplus_votes"]
    named = votes[:, _FERPLUS].astype(int)
    agreed = (named.argmax(axis=1) == labels) & (2 * named.max(axis=1) >= np.maximum(votes.sum(axis=1), 1))
    return images[agreed], labels[agreed].astype(np.int64)


def load_faces(data: Path, model: Path) -> Faces:
    """Classify the faces of `load_images`.

    Raises:
        OSError, ValueError, KeyError, EOFError, BadZipFile: The data cannot be read.
        ModelError: The model cannot be read.
    """
    from moodpid.vision.classifier import TfliteClassifier  # noqa: PLC0415 - the simulation needs no model

    images, labels = load_images(data)
    classifier = TfliteClassifier(model)
    scores = np.array([classifier.classify_crop(image).probabilities for image in images])
    logs = np.log(np.maximum(scores, 1e-6))
    return Faces(logs - logs.mean(axis=1, keepdims=True), labels, classifier.prior)


class Household:
    """People with faces of their own, in a room of theirs.

    A person is a direction in which all of their faces deviate from the average: of the faces of an emotion
    those are shown often that deviate alike. Over all persons the faces are those of the data.

    Args:
        faces: Where faces are drawn from.
        room: What happens.
        seed: Decides everything that is left to chance.
    """

    def __init__(self, faces: Faces, room: Room, seed: tuple[int, ...]) -> None:
        self._faces, self._room = faces, room
        self._random = np.random.default_rng(seed)
        self._weights = [self._person() for _ in range(room.people)]

    def evening(self) -> Evening:
        """One more evening of these people."""
        room, looks = self._room, round(self._room.hours * 3600 * LOOKS_HZ)
        moods = self._moods(looks)
        here, scores, areas, shown, sizes = [], [], [], [], []
        for weights in self._weights:
            present, visits = self._alternate(looks, room.stays_s, room.away_s, self._random.random() < 0.7)
            facing, _ = self._alternate(looks, room.visible_s, room.hidden_s, True)
            seen = present & facing & (self._random.random(looks) >= room.missed)
            size = np.minimum(np.exp(self._random.normal(-3.0, 0.5, visits.max() + 1))[visits], 1.0)
            faces = self._expressions(moods, weights)
            here.append(present)
            areas.append(np.where(seen, size, 0.0))
            scores.append(self._scores(faces))
            shown.append(np.where(present & facing, faces, -1))
            sizes.append(size)
        truth = np.where(np.any(here, axis=0), moods, NOBODY)
        return Evening(
            truth,
            scores=np.stack(scores, axis=1),
            areas=np.stack(areas, axis=1),
            shown=np.stack(shown, axis=1),
            sizes=np.stack(sizes, axis=1),
        )

    def _person(self) -> list[Floats]:
        """For each emotion, how often this person shows each of its faces."""
        residuals, own = self._faces.residuals(), self._room.own_face
        spread = residuals.T @ residuals / len(residuals)
        inverse = np.linalg.pinv(spread, rcond=1e-6)
        values, vectors = np.linalg.eigh(spread)
        deviation = (
            np.sqrt(own) * vectors @ (np.sqrt(np.maximum(values, 0)) * self._random.normal(size=NOBODY))
        )
        weights = []
        for emotion in range(NOBODY):
            r = residuals[self._faces.labels == emotion]
            likeness = _squares(r, inverse) - _squares(r - deviation, inverse) / (1 - own)
            chances = np.exp((likeness - likeness.max()) / 2)
            weights.append(chances / chances.sum())
        return weights

    def _moods(self, looks: int) -> Ints:
        """Yield a semi-Markov process: moods last gamma-distributed times, the next is drawn afresh."""
        lasts = np.array(MOOD_LASTS_S)
        chances = np.array(self._room.frequencies) / lasts
        count = round(2 * looks / LOOKS_HZ / lasts.min())
        moods = self._random.choice(NOBODY, size=count, p=chances / chances.sum())
        lengths = self._random.gamma(2.0, lasts[moods] / 2)
        return np.asarray(moods[_at_looks(lengths, looks)])

    def _alternate(
        self, looks: int, on_s: float, off_s: float, begins: bool
    ) -> tuple[NDArray[np.bool_], Ints]:
        """On and off in turn: whether it is on at each look, and in which of the turns it is."""
        count = round(4 * looks / LOOKS_HZ / min(on_s, off_s)) + 8
        on = (np.arange(count) % 2 == 0) == begins
        turns = _at_looks(self._random.gamma(2.0, np.where(on, on_s, off_s) / 2), looks)
        return np.asarray(on[turns]), turns

    def _expressions(self, moods: Ints, weights: list[Floats]) -> Ints:
        """Return the face of one person at every look: an expression ends with its time or with the mood."""
        room, looks, random = self._room, len(moods), self._random
        count = round(4 * looks / LOOKS_HZ / room.face_lasts_s) + 8
        starts = np.cumsum(random.gamma(2.0, room.face_lasts_s / 2, count) * LOOKS_HZ).astype(np.int64)
        changes = np.flatnonzero(np.diff(moods)) + 1
        starts = np.unique(np.concatenate([[0], starts[starts < looks], changes]))
        shown = moods[starts]
        lapse = random.random(len(starts)) < room.lapses
        shown = np.where(lapse, random.choice(NOBODY, size=len(starts), p=HOME), shown)
        faces = np.zeros(len(starts), np.int64)
        for emotion in range(NOBODY):
            of_it = np.flatnonzero(self._faces.labels == emotion)
            faces[shown == emotion] = random.choice(of_it, size=(shown == emotion).sum(), p=weights[emotion])
        return np.asarray(faces[np.searchsorted(starts, np.arange(looks), side="right") - 1])

    def _scores(self, shown: Ints) -> Floats:
        """Return what the classifier gives for these faces, one a look."""
        jitter = self._random.normal(0.0, self._room.jitter, (len(shown), NOBODY))
        logits = self._faces.logs[shown] + jitter
        scores = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(scores / scores.sum(axis=1, keepdims=True))


def household(faces: Faces, room: Room, number: int, seed: int) -> Household:
    """One of several households: one, two or three people live in each in turn."""
    return Household(faces, replace(room, people=1 + number % 3), (seed, number))


def _at_looks(lengths_s: Floats, looks: int) -> Ints:
    """Return the stretch in which each look lies."""
    ends = np.cumsum(lengths_s)
    places = np.searchsorted(ends, np.arange(looks) / LOOKS_HZ, side="right")
    return np.asarray(np.minimum(places, len(lengths_s) - 1), np.int64)


def _squares(rows: Floats, matrix: Floats) -> Floats:
    return np.asarray(np.einsum("ni,ij,nj->n", rows, matrix, rows))
