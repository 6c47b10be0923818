"""Limits on rates: a token bucket, and a log line at most once a minute."""

import logging

INTERVAL_S = 60.0


class TokenBucket:
    """Allows a burst, and so many a second in the long run.

    Args:
        burst: The most at once.
        rate_hz: How many come back every second.
    """

    def __init__(self, burst: float, rate_hz: float) -> None:
        self._burst, self._rate_hz = burst, rate_hz
        self._left = burst
        self._at_s = float("-inf")

    def try_take(self, now_s: float) -> bool:
        """Take one token at `now_s` (monotonic seconds); return False if none is left."""
        self._left = min(self._burst, self._left + max(0.0, now_s - self._at_s) * self._rate_hz)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class ThrottledLogger:
    """Warns at most once every `INTERVAL_S` seconds, with the number of warnings left out since."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._quiet_until_s = float("-inf")
        self._left_out = 0

    def warn(self, message: str, now_s: float) -> None:
        """Log `message` if the last line is long enough ago; `now_s` in monotonic seconds."""
        if now_s < self._quiet_until_s:
            self._left_out += 1
            return
        more = f" ({self._left_out} more like it in the last minute)" if self._left_out else ""
        self._log.warning("%s%s", message, more)
        self._quiet_until_s, self._left_out = now_s + INTERVAL_S, 0
