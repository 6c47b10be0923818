"""The closed form gives the shift that numpy's solver gives."""

import numpy as np
import pytest

from moodpid.vision.haar.shift import shift_solution


def test_the_shift_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    right, down, difference = rng.normal(size=(3, 400)).astype(np.float32)
    slopes = np.stack([right, down], axis=1)
    expected = np.linalg.lstsq(slopes, difference, rcond=None)[0]
    assert shift_solution(right, down, 1e-6) @ difference == pytest.approx(expected, abs=1e-5)


def test_where_nothing_has_an_edge_nothing_shifts() -> None:
    flat = np.zeros(400, np.float32)
    assert np.array_equal(shift_solution(flat, flat, 1e-3) @ np.ones(400, np.float32), [0.0, 0.0])
