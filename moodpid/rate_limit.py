"""A log line at most once a minute, however often there is a reason for it."""

import logging

EVERY_S = 60.0


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
