"""Mean and standard deviation of a series, under the names that features have."""

import numpy as np
from numpy.typing import NDArray


def moments(name: str, series: NDArray[np.float32] | NDArray[np.float64]) -> dict[str, float]:
    """Return `NAME_m`, the mean of `series`, and `NAME_s`, its standard deviation."""
    return {f"{name}_m": float(series.mean()), f"{name}_s": float(series.std())}
