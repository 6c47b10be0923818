"""How well a mood was followed, in figures that people can judge."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from moodpid.mood.emotion import EMOTIONS, Emotion

Ints = NDArray[np.int64]
DARK = tuple(EMOTIONS.index(e) for e in (Emotion.SAD, Emotion.ANGRY, Emotion.FEAR, Emotion.DISGUST))
LONG_S = 30.0


@dataclass(frozen=True, slots=True)
class Figures:
    """How a way of smoothing did while somebody was there.

    Attributes:
        right: The share of time in which the true mood was reported.
        false_dark_per_hour: Reported stretches of sad, angry, fear or disgust in which that was never true.
        felt: The share of true moods of `LONG_S` and more that were reported before they ended.
        delay_s: Until a long mood was reported, the median; one that never was counts with its length.
        changes_per_hour, true_changes_per_hour: Changes of what was reported and of what was true.
    """

    right: float
    false_dark_per_hour: float
    felt: float
    delay_s: float
    changes_per_hour: float
    true_changes_per_hour: float


def judge(truths: Sequence[Ints], reports: Sequence[Ints], looks_hz: float) -> Figures:
    """Compare what was reported with what was true, of several evenings together.

    Args:
        truths: The mood at each look of each evening, a place in the order of `Emotion` or 7 for nobody.
        reports: What was reported of them.
        looks_hz: Looks a second.
    """
    right = occupied = false_dark = changes = true_changes = 0
    delays: list[float] = []
    felt = 0
    for truth, report in zip(truths, reports, strict=True):
        somebody = truth < len(EMOTIONS)
        occupied += int(somebody.sum())
        right += int((truth == report)[somebody].sum())
        reported, true = _stretches(report), _stretches(truth)
        changes, true_changes = changes + len(reported) - 1, true_changes + len(true) - 1
        false_dark += sum(report[a] in DARK and not (truth[a:b] == report[a]).any() for a, b in reported)
        for a, b in true:
            if truth[a] < len(EMOTIONS) and b - a >= LONG_S * looks_hz:
                found = np.flatnonzero(report[a:b] == truth[a])
                felt += len(found) > 0
                delays.append(float(found[0] if len(found) else b - a) / looks_hz)
    hours = max(1, occupied) / looks_hz / 3600
    return Figures(
        right / max(1, occupied),
        false_dark / hours,
        felt / max(1, len(delays)),
        float(np.median(delays)) if delays else 0.0,
        changes / hours,
        true_changes / hours,
    )


def _stretches(moods: Ints) -> list[tuple[int, int]]:
    """Return the stretches of one mood: first look, and the first after it."""
    edges = [0, *(np.flatnonzero(np.diff(moods)) + 1).tolist(), len(moods)]
    return list(pairwise(edges))
