#!/usr/bin/env python3
"""Compare the mood filter with the two usual ways to smooth, on streams with known changes of mood.

    .venv/bin/python tools/benchmarks/mood_filter.py --data FER2013/valid.npz

A stream shows one emotion after the other for 10 to 40 seconds each, four looks a second. Once a second it
draws another picture of the emotion from the data, which the model classifies: neighbouring looks show the
same face, as they do in a room. Each way of smoothing is tried with a range of settings, from quick and
nervous to slow and calm, and its false changes an hour are read off at the same mean delay.

The data are faces of FER2013, with `images` (N, 48, 48) and `fer_label`: see tools/training/data.py.
"""

import argparse
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from random import Random
from zipfile import BadZipFile

from moodpid.mood.emotion import EMOTIONS, UNIFORM, Emotion, EmotionScores, Mood
from moodpid.mood.mood_filter import FilterSettings, MoodFilter
from moodpid.mood.observation import FaceReading, Observation

LOOKS_HZ = 4
SAME_FACE_S = 1.0
EPISODE_S = (10.0, 40.0)
# Slower than this, every way misses many of the moods, which last 25 s on average
DELAYS_S = (4.0, 6.0, 8.0, 10.0)
MODEL = Path(__file__).parents[2] / "models" / "emotion.tflite"

Scores = Mapping[Emotion, Sequence[EmotionScores]]
Smoother = Callable[[EmotionScores], Emotion | None]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the stream: what is true, and what the classifier says."""

    truth: Emotion
    scores: EmotionScores


@dataclass(frozen=True, slots=True)
class Result:
    """How a smoother did: mean delay until the true mood is reported, and changes to a wrong one an hour."""

    delay_s: float
    false_per_hour: float


def stream(scores: Scores, hours: float, random: Random) -> Iterator[Look]:
    """Yield looks at a room whose mood is known."""
    truth, looks_left = EMOTIONS[0], hours * 3600 * LOOKS_HZ
    while looks_left > 0:
        truth = random.choice([e for e in EMOTIONS if e is not truth and scores[e]])
        episode = round(random.uniform(*EPISODE_S) * LOOKS_HZ)
        looks_left -= episode
        for number in range(episode):
            if number % round(SAME_FACE_S * LOOKS_HZ) == 0:
                shown = random.choice(scores[truth])
            yield Look(truth, shown)


def in_a_row(n: int) -> Smoother:
    """Return the usual way: a mood is reported once `n` looks in a row agree."""
    last, run, reported = None, 0, None

    def smooth(scores: EmotionScores) -> Emotion | None:
        nonlocal last, run, reported
        run = run + 1 if scores.top is last else 1
        last = scores.top
        reported = last if run >= n else reported
        return reported

    return smooth


def majority(n: int) -> Smoother:
    """Return the other usual way: what most of the last `n` looks say."""
    window: deque[Emotion] = deque(maxlen=n)

    def smooth(scores: EmotionScores) -> Emotion | None:
        window.append(scores.top)
        return Counter(window).most_common(1)[0][0]

    return smooth


def bayes(smoothing_s: float, prior: tuple[float, ...]) -> Smoother:
    """Ours, without the dwell, which would help it; time passes as the looks do."""
    settings = FilterSettings(
        smoothing_s=smoothing_s, dwell_s=0.0, somebody_after_s=1 / LOOKS_HZ, prior=prior
    )
    mood_filter, looks = MoodFilter(settings), 0

    def smooth(scores: EmotionScores) -> Emotion | None:
        nonlocal looks
        looks += 1
        mood = mood_filter.update(Observation(looks / LOOKS_HZ, (FaceReading(scores, 0.1),))).mood
        return None if mood is Mood.NOBODY else Emotion(mood)

    return smooth


def judge(looks: Iterable[Look], smooth: Smoother) -> Result:
    """Follow a stream with a smoother."""
    reported, false_changes, count, delays = None, 0, 0, []
    for truth, episode in groupby(looks, key=lambda look: look.truth):
        found_after, length = None, 0
        for length, look in enumerate(episode, start=1):
            now = smooth(look.scores)
            false_changes += now is not reported and now is not truth
            reported = now
            if reported is truth and found_after is None:
                found_after = length
        count += length
        delays.append(found_after or length)
    hours = count / LOOKS_HZ / 3600
    return Result(sum(delays) / len(delays) / LOOKS_HZ, false_changes / hours)


def families(prior: tuple[float, ...]) -> dict[str, list[Smoother]]:
    """Each way of smoothing, from nervous to calm."""
    return {
        "N equal in a row": [in_a_row(n) for n in (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32)],
        "majority of a window": [majority(n) for n in (1, 3, 6, 10, 14, 20, 28, 36, 48, 64, 80, 100)],
        "moodpid": [bayes(s, prior) for s in (0.1, 0.2, 0.4, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 6.0, 9.0)],
    }


def at_delay(results: Sequence[Result], delay_s: float) -> float | None:
    """Return the false changes an hour at a mean delay, interpolated; None outside of all settings."""
    ordered = sorted(results, key=lambda r: r.delay_s)
    for low, high in pairwise(ordered):
        if low.delay_s <= delay_s <= high.delay_s:
            share = (delay_s - low.delay_s) / (high.delay_s - low.delay_s or 1.0)
            return low.false_per_hour + share * (high.false_per_hour - low.false_per_hour)
    return None


def compare(
    scores: Scores, prior: tuple[float, ...] = UNIFORM.probabilities, hours: float = 2.0, seed: int = 1
) -> dict[str, list[Result]]:
    """Every way of smoothing on one and the same stream."""
    looks = list(stream(scores, hours, Random(seed)))  # noqa: S311 - a stream, not a secret
    return {name: [judge(looks, one) for one in ways] for name, ways in families(prior).items()}


def classify(data: Path, model: Path) -> tuple[Scores, tuple[float, ...]]:
    """Return what the model says of every picture of the data, by its true label; and the model's prior."""
    import numpy as np  # noqa: PLC0415 - the comparison itself needs neither numpy nor a model

    from moodpid.vision.classifier import TfliteClassifier  # noqa: PLC0415 - likewise

    with np.load(data) as arrays:
        images, labels = arrays["images"], arrays["fer_label"]
    classifier = TfliteClassifier(model)
    scores: dict[Emotion, list[EmotionScores]] = {emotion: [] for emotion in EMOTIONS}
    for image, label in zip(images, labels, strict=True):
        scores[EMOTIONS[label]].append(classifier.classify_crop(image))
    return scores, classifier.prior


def main() -> int:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help=".npz with images and fer_label")
    parser.add_argument("--model", type=Path, default=MODEL)
    parser.add_argument("--hours", type=float, default=2.0, help="length of the stream")
    options = parser.parse_args()
    try:
        scores, prior = classify(options.data, options.model)
    except (OSError, ValueError, EOFError, KeyError, BadZipFile) as error:
        print(f"mood_filter: {options.data} is no .npz of faces: {error}", file=sys.stderr)
        return 1
    results = compare(scores, prior, options.hours)
    print("| false changes an hour at a mean delay of |", " | ".join(f"{d:g} s" for d in DELAYS_S), "|")
    print("| --- |", " | ".join("---" for _ in DELAYS_S), "|")
    for name, family in results.items():
        cells = [at_delay(family, d) for d in DELAYS_S]
        print(f"| {name} |", " | ".join("-" if c is None else f"{c:.0f}" for c in cells), "|")
    return 0


if __name__ == "__main__":
    sys.exit(main())
