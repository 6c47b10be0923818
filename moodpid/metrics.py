"""Latency and rate of the loop, temperature of the processor, and the throttle that follows it."""

from collections.abc import Callable

from moodpid.state import Metrics
from moodpid.system.raspberry_pi import read_temperature_c

_SMOOTHING = 0.1  # the share of the newest value
_TEMPERATURE_EVERY_S = 15.0
_BREAK_S = 5.0  # between two observations: the camera was off, lost, or asleep
# Just below where the firmware throttles, `moodpid.system.raspberry_pi.THROTTLED_FROM_C`
_THROTTLE_FROM_C, _RELEASE_BELOW_C = 78.0, 72.0
_THROTTLED_SHARE = 0.5
_LEAST_FPS = 0.4  # at a lower rate the gaps exceed what `moodpid.mood.presence` counts


class LoopMetrics:
    """Measures latency, rate and temperature once per step of the loop.

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

    def read(self, frame_s: float | None, now_s: float) -> Metrics:
        """Return the metrics after a step; latency and rate are None while nothing is observed.

        Args:
            frame_s: When the frame of this step was taken, None if there was none.
            now_s: Now; both in monotonic seconds.
        """
        if frame_s is not None:
            self._latency_s = _smooth(self._latency_s, max(0.0, now_s - frame_s))
            period_s = None if self._last_observation_s is None else frame_s - self._last_observation_s
            if period_s is not None and period_s < _BREAK_S:  # a longer one says nothing of the rate
                self._period_s = _smooth(self._period_s, max(1e-3, period_s))
            self._last_observation_s = frame_s
        if now_s - self._temperature_at_s >= _TEMPERATURE_EVERY_S:
            self._temperature_at_s, self._temperature_c = now_s, self._read_temperature_c()
        if self._last_observation_s is None or now_s - self._last_observation_s >= _BREAK_S:
            self._period_s = self._latency_s = None
        return Metrics(self._latency_s, 1 / self._period_s if self._period_s else None, self._temperature_c)


class ThermalThrottle:
    """Halves the rate while the processor is hot, before the firmware throttles music and all.

    Attributes:
        share: The share of the requested rate to run at, above 0 up to 1.
    """

    share = 1.0

    def rate_for(self, fps: float) -> float:
        """Return the rate to run at, in Hz, for a requested one."""
        return max(min(fps, _LEAST_FPS), fps * self.share)

    def update(self, temperature_c: float | None) -> bool:
        """Take a temperature in °C, None if unknown; return whether `share` changed."""
        if temperature_c is None:
            return False
        # Hysteresis of some degrees
        hot = temperature_c >= (_THROTTLE_FROM_C if self.share == 1.0 else _RELEASE_BELOW_C)
        old, self.share = self.share, _THROTTLED_SHARE if hot else 1.0
        return self.share != old


def _smooth(old: float | None, new: float) -> float:
    return new if old is None else old + _SMOOTHING * (new - old)
