"""Several networks as one."""

import numpy as np
import pytest

pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import ensemble

LABELS = np.arange(70) % 7


def member(name: str, right: float, fold: int = 0, folds: int = 0, seed: int = 1) -> ensemble.Member:
    """Return a member that is right for a share of the labels and names any class else."""
    chance = np.random.default_rng(seed)
    said = np.where(chance.random(len(LABELS)) < right, LABELS, chance.integers(0, 7, len(LABELS)))
    shares = np.full((len(LABELS), 7), 0.05)
    shares[np.arange(len(LABELS)), said] = 0.7
    return ensemble.Member(name, fold, folds, np.log(shares))


def test_a_better_member_weighs_more() -> None:
    weights = ensemble.fit_weights([member("good", 0.9), member("bad", 0.2, seed=2)], LABELS)
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > 0.8


def test_each_member_is_described_by_what_it_adds() -> None:
    members = [member("a", 0.7), member("b", 0.7, seed=2), member("c", 0.7, seed=3)]
    described = ensemble.describe(members, LABELS)
    assert set(described["members"]) == {"a", "b", "c"}
    best = max(each["valid_accuracy"] for each in described["members"].values())
    assert described["valid_accuracy"] >= best


def test_a_member_counts_most_for_faces_left_out() -> None:
    members = [member("a", 0.5, fold=0, folds=2), member("b", 0.5, fold=1, folds=2)]
    first, second = (np.tile(np.eye(7, dtype=np.float16)[label], (1, 4, 1)) for label in (0, 1))
    blended = ensemble.blend(members, np.array([0.5, 0.5]), [first, second], unseen=3.0)
    assert blended[0, :, 0].tolist() == [0.75, 0.25, 0.75, 0.25]
    assert blended[0, :, 1].tolist() == [0.25, 0.75, 0.25, 0.75]


@pytest.mark.parametrize("right", [0.1, 0.95])
def test_answers_are_as_sure_as_the_ensemble_may_be(right: float) -> None:
    members = [member("a", right), member("b", right, seed=2)]
    temperature = ensemble.describe(members, LABELS)["temperature"]
    assert (temperature > 1.0) == (right < 0.7)  # each is sure to 70 %, and often they agree
    given = [np.exp(each.valid)[None].astype(np.float16) for each in members]
    blended = ensemble.blend(members, np.array([0.5, 0.5]), given, temperature)
    assert np.allclose(blended.sum(axis=2), 1.0, atol=2e-3)
    untouched = ensemble.blend(members, np.array([0.5, 0.5]), given)
    assert (blended.max(axis=2).mean() < untouched.max(axis=2).mean()) == (temperature > 1.0)
