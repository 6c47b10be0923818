"""Limits on how often a thing happens: a token bucket, and a log line at most once a minute."""

import logging

EVERY_S = 60.0


class TokenBucket:
    """So many at once, and so many a second in the long run.

    Args:
        burst: How many may come at once.
        rate_hz: How many come back every second.
    """

    def __init__(self, burst: float, rate_hz: float) -> None:
        self._burst, self._rate_hz = burst, rate_hz
        self._left = burst
        self._at_s = float("-inf")

    def try_take(self, now_s: float) -> bool:
        """Take one at `now_s` (monotonic seconds); False if none is left."""
        self._left = min(self._burst, self._left + max(0.0, now_s - self._at_s) * self._rate_hz)
        self._at_s = now_s
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


class ThrottledLogger:
    """Warns at most once every `EVERY_S` seconds, and says how many warnings it kept to itself."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._quiet_until_s = float("-inf")
        self._kept_back = 0

    def warn(self, message: str, now_s: float) -> None:
        """Log `message` if the last line is long enough ago; `now_s` in monotonic seconds."""
        if now_s < self._quiet_until_s:
            self._kept_back += 1
            return
        more = f" ({self._kept_back} more like it in the last minute)" if self._kept_back else ""
        self._log.warning("%s%s", message, more)
        self._quiet_until_s, self._kept_back = now_s + EVERY_S, 0
