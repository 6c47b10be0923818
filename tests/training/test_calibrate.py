"""Confidence that can be believed."""

import calibrate
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st


def too_sure(factor: float, n: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Logits that are `factor` times what they should be, and labels drawn from the right ones."""
    random = np.random.default_rng(3)
    logits = random.normal(0, 1.5, (n, 7))
    shares = calibrate.softmax(logits)
    labels = np.array([random.choice(7, p=row) for row in shares])
    return logits * factor, labels


@pytest.mark.parametrize("factor", [0.5, 1.0, 2.5])
def test_the_temperature_undoes_what_the_logits_overstate(factor: float) -> None:
    assert calibrate.fit_temperature(*too_sure(factor)) == pytest.approx(factor, rel=0.1)


def test_calibration_lowers_the_error() -> None:
    logits, labels = too_sure(2.5)
    before = calibrate.expected_calibration_error(calibrate.softmax(logits), labels)
    assert before > 0.1
    assert calibrate.cross_fitted_error(logits, labels) < 0.03


def test_always_right_and_fully_sure_is_no_error() -> None:
    labels = np.arange(7)
    assert calibrate.expected_calibration_error(np.eye(7), labels) == 0


@given(st.integers(1, 200), st.integers(0, 1000))
def test_every_answer_falls_in_one_bin(n: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    shares = calibrate.softmax(random.normal(0, 3, (n, 7)))
    bins = calibrate.reliability(shares, random.integers(0, 7, n))
    assert sum(each.count for each in bins) == n
