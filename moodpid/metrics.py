"""How the machine does its work: how quickly, how often, how warm."""

from collections.abc import Callable

from moodpid.state import Metrics
from moodpid.system.raspberry_pi import read_temperature_c

_SMOOTHING = 0.1  # the share of the newest look in what is told
_TEMPERATURE_EVERY_S = 15.0
# We give way a little before the firmware does, at `moodpid.system.raspberry_pi.THROTTLED_FROM_C`
_FEWER_LOOKS_FROM_C, _ALL_LOOKS_BELOW_C = 78.0, 72.0
_HOT_SHARE = 0.5


class LoopMetrics:
    """Measures, once a turn of the loop.

    Args:
        temperature_c: Reads the processor's temperature.
    """

    def __init__(self, temperature_c: Callable[[], float | None] = read_temperature_c) -> None:
        self._read_temperature_c = temperature_c
        self._temperature_at_s = float("-inf")
        self._last_observation_s: float | None = None
        self._period_s: float | None = None
        self._latency_s: float | None = None
        self._temperature_c: float | None = None

    def read(self, look_s: float | None, now_s: float) -> Metrics:
        """The vitals after a turn.

        Args:
            look_s: When the picture of this turn was taken, None if there was none.
            now_s: Now; both in monotonic seconds.
        """
        if look_s is not None:
            self._latency_s = _smooth(self._latency_s, max(0.0, now_s - look_s))
            if self._last_observation_s is not None:
                self._period_s = _smooth(self._period_s, max(1e-3, look_s - self._last_observation_s))
            self._last_observation_s = look_s
        if now_s - self._temperature_at_s >= _TEMPERATURE_EVERY_S:
            self._temperature_at_s, self._temperature_c = now_s, self._read_temperature_c()
        return Metrics(self._latency_s, 1 / self._period_s if self._period_s else None, self._temperature_c)


class ThermalThrottle:
    """Slows the looks down while the processor is hot, before the firmware slows all down, music included.

    Attributes:
        share: Of the looks that are asked for, how many to make.
    """

    share = 1.0

    def update(self, temperature_c: float | None) -> bool:
        """Take a new temperature in; whether `share` has changed. Without a thermometer it never does."""
        if temperature_c is None:
            return False
        # Apart by some degrees, so that it does not go to and fro
        hot = temperature_c >= (_FEWER_LOOKS_FROM_C if self.share == 1.0 else _ALL_LOOKS_BELOW_C)
        old, self.share = self.share, _HOT_SHARE if hot else 1.0
        return self.share != old


def _smooth(old: float | None, new: float) -> float:
    return new if old is None else old + _SMOOTHING * (new - old)
