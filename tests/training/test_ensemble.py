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
    zeros, ones = np.zeros((1, 4, 7), np.float16), np.ones((1, 4, 7), np.float16)
    blended = ensemble.blend(members, np.array([0.5, 0.5]), [zeros, ones], unseen=3.0)
    assert blended[0, :, 0].tolist() == [0.25, 0.75, 0.25, 0.75]
