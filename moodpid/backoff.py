"""Pauses between tries: twice as long after each failure, up to a limit, and never twice the same."""

import random
from typing import Protocol

_MAX_DOUBLINGS = 32  # beyond it a float only grows


class UniformRandom(Protocol):
    """A source of chance, such as `random.Random`."""

    def uniform(self, a: float, b: float) -> float:
        """Return a number from `a` to `b`."""


class Backoff:
    """Counts the failures since the last success and jitters the pauses, so that devices part.

    Args:
        first_s: The first pause, in seconds, before its jitter.
        longest_s: The longest pause.
        rng: The source of the jitter, from half of a pause to the whole.
    """

    def __init__(self, first_s: float, longest_s: float, rng: UniformRandom | None = None) -> None:
        self._first_s, self._longest_s = first_s, longest_s
        self._rng: UniformRandom = rng or random.Random()  # noqa: S311 - it guards nothing
        self.failures = 0

    def next_pause_s(self) -> float:
        """Count a failure and return how long to wait before the next try, in seconds."""
        doubled_s = self._first_s * 2.0 ** min(self.failures, _MAX_DOUBLINGS)
        self.failures += 1
        return min(self._longest_s, doubled_s) * self._rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Forget the failures: it worked for long enough."""
        self.failures = 0
