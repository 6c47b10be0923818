"""People's votes beside the ensemble."""

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import calibrate
import second_opinion

LABELS = np.arange(700) % 7


def guesses(right: float, seed: int, sure: float = 0.7) -> NDArray[np.float64]:
    """Return distributions whose largest share is the label's for about a share of the rows."""
    chance = np.random.default_rng(seed)
    said = np.where(chance.random(len(LABELS)) < right, LABELS, chance.integers(0, 7, len(LABELS)))
    shares = np.full((len(LABELS), 7), (1.0 - sure) / 6.0)
    shares[np.arange(len(LABELS)), said] = sure
    return shares


def test_who_is_right_more_often_counts_more() -> None:
    good, bad = guesses(0.8, 1), guesses(0.3, 2)
    for_network, for_people = (second_opinion.weigh(*both, LABELS) for both in ((good, bad), (bad, good)))
    assert for_network.answers > 2 * for_network.votes > 0
    assert for_people.votes > 2 * for_people.answers > 0


def test_two_opinions_are_worth_more_than_one() -> None:
    described = second_opinion.describe(guesses(0.6, 1), guesses(0.6, 2), LABELS)
    assert described["cross_fitted_loss"] < described["loss_without"] - 0.1


def test_votes_that_say_nothing_are_left_alone() -> None:
    answers = guesses(0.7, 1, sure=0.75)
    weighing = second_opinion.weigh(answers, np.full_like(answers, 1.0 / 7.0), LABELS)
    said = calibrate.softmax(weighing.logits(answers, np.full_like(answers, 1.0 / 7.0)))
    assert np.abs(said - answers).max() < 0.1


def test_faces_without_votes_keep_their_answers() -> None:
    answers = np.stack([guesses(0.7, seed) for seed in (1, 2)]).astype(np.float16)
    voted = LABELS < 3
    weighing = second_opinion.Weighing(0.8, 0.4, (0.1,) * 7)
    told = second_opinion.with_votes(answers, guesses(0.5, 3), voted, weighing)
    assert np.array_equal(told[:, ~voted], answers[:, ~voted])
    assert not np.allclose(told[:, voted], answers[:, voted], atol=0.01)
    assert np.allclose(told.sum(axis=2), 1.0, atol=4e-3)


def test_a_share_of_nothing_stays_finite() -> None:
    none = np.array([[1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]])
    assert np.isfinite(second_opinion.Weighing(0.8, 0.4, (0.0,) * 7).logits(none, none)).all()
