"""The living room of the benchmark is as it promises, and the filter beats the usual ways in it."""

import numpy as np
import pytest
from benchmarks.living_room.__main__ import FACING, compare, contenders
from benchmarks.living_room.evenings import HOME, LOOKS_HZ, NOBODY, PARTY, Evening, Faces, Room, household
from benchmarks.living_room.figures import Figures, judge

SEED = 3


@pytest.fixture(scope="module")
def faces() -> Faces:
    """Faces of a calibrated classifier that is right about most of them."""
    random = np.random.default_rng(SEED)
    labels = random.integers(0, NOBODY, 1400)
    logs = random.normal(0.0, 1.0, (1400, NOBODY))
    logs[np.arange(1400), labels] += 2.2
    logs *= 2.2  # what makes the scores of two Gaussians so far apart probabilities
    return Faces(logs - logs.mean(axis=1, keepdims=True), labels, (1 / NOBODY,) * NOBODY)


def test_an_evening_has_the_frequencies_that_were_asked_for(faces: Faces) -> None:
    room = Room(frequencies=PARTY, hours=40.0, stays_s=1e6)
    evening = household(faces, room, 0, SEED).evening()
    here = evening.truth[evening.truth < NOBODY]
    assert len(here) > 0
    assert np.mean(here == 3) == pytest.approx(0.6, abs=0.08)


def test_the_same_seed_gives_the_same_evening(faces: Faces) -> None:
    first, second = (household(faces, Room(hours=0.2), 1, SEED).evening() for _ in range(2))
    assert np.array_equal(first.scores, second.scores)
    assert first.observations() == second.observations()


def test_nobody_is_seen_while_nobody_is_there(faces: Faces) -> None:
    evening = household(faces, Room(hours=3.0), 0, SEED).evening()
    assert evening.areas[evening.truth == NOBODY].max(initial=0.0) == 0.0


def test_facing_people_stay_and_are_seen(faces: Faces) -> None:
    evening = household(faces, FACING, 2, SEED).evening()
    assert evening.areas.shape == (FACING.hours * 3600 * LOOKS_HZ, 3)
    assert np.mean(evening.areas > 0) > 0.999


def test_what_is_always_right_is_judged_so() -> None:
    truth = np.repeat([6, 3, 4, 7, 6], 40 * LOOKS_HZ)
    assert judge([truth], [truth], LOOKS_HZ) == Figures(1.0, 0.0, 1.0, 0.0, 90.0, 90.0)


def test_a_dark_mood_that_was_never_there_counts_once() -> None:
    truth = np.full(3600 * LOOKS_HZ, 6)
    report = truth.copy()
    report[100:140], report[500:600] = 4, 3
    figures = judge([truth], [report], LOOKS_HZ)
    assert figures.false_dark_per_hour == 1.0
    assert figures.right == pytest.approx(1 - 140 / len(truth))


def test_in_a_home_the_filter_beats_the_other_filters(faces: Faces) -> None:
    homes: list[list[Evening]] = [[household(faces, Room(hours=0.7), n, SEED).evening()] for n in (0, 1)]
    results = {name: found[-1] for name, found in compare(contenders(faces, HOME), homes).items()}
    best = results["moodpid, prior of a home"]
    for name in ("8 equal in a row", "majority of the last 28", "moodpid 0.1.0"):
        assert best.right > results[name].right
        assert best.false_dark_per_hour < 0.6 * results[name].false_dark_per_hour
    assert best.delay_s <= 10.0
