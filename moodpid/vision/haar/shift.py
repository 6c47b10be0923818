"""The shift between two pictures that differ by a fraction of a pixel."""

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]
Sums = Values | float


def shift_solution(right: Values, down: Values, ridge: float) -> Values:
    """Return what a difference is multiplied by to become a shift, shape (2, n).

    The first step of Lucas and Kanade, "An Iterative Image Registration Technique" (1981): the shift to the
    right and down that explains a difference best, in least squares. The equations of two unknowns are solved
    here, since numpy's solvers take over a megabyte of memory.

    Args:
        right: How the picture before changes from column to column, shape (n,).
        down: How it changes from row to row, shape (n,).
        ridge: Added to the squares, above 0; where nothing has an edge, nothing shifts.
    """
    across, both, along = float(right @ right) + ridge, float(right @ down), float(down @ down) + ridge
    return solve(across, both, along, right, down)


def solve(across: Sums, both: Sums, along: Sums, right: Values, down: Values) -> Values:
    """Return x and y of `across` x + `both` y = `right` and `both` x + `along` y = `down`, shape (2, ...).

    Of sums of the slopes' squares, products, and products with a difference, x and y are the shift to the
    right and down that explains the difference best.
    """
    rows = [along * right - both * down, across * down - both * right]
    return np.asarray(np.stack(rows) / np.asarray(across * along - both * both, np.float32), np.float32)
