"""How long to wait before the next try to reach MPD, and which failures are worth a log line.

Pure; time is monotonic seconds.
"""

import math
from random import Random

from moodpid.backoff import Backoff

FIRST_DELAY_S = 0.5
MAX_DELAY_S = 30.0
# As the longest pause: what drops us sooner must not be tried more often than what is not there at all
STABLE_S = MAX_DELAY_S
_FLAPPING = 2  # lost so many times in a row before it was stable


class ReconnectDelay:
    """Remembers losses; a connection that lasted `STABLE_S` clears them.

    Args:
        rng: Jitters the pauses.
    """

    def __init__(self, rng: Random) -> None:
        self._backoff = Backoff(FIRST_DELAY_S, MAX_DELAY_S, rng)
        self._since_s = math.inf
        self._lost = 0
        self._reported = ""

    @property
    def flapping(self) -> bool:
        """Whether it came and went again and again, and has not been stable since."""
        return self._lost >= _FLAPPING

    @property
    def stable_at_s(self) -> float:
        """When `confirm_stable` returns True at the earliest, if the connection lasts."""
        return self._since_s + STABLE_S if self.flapping else math.inf

    def on_connected(self, now_s: float) -> bool:
        """Return whether a new connection is worth a log line already, before it has lasted."""
        self._since_s = now_s
        if self.flapping:
            return False
        self._reported = ""
        return True

    def confirm_stable(self, now_s: float) -> bool:
        """Return whether it is worth a log line that the connection lasts."""
        if now_s - self._since_s < STABLE_S:
            return False
        news = self.flapping
        self._lost, self._reported = 0, ""
        self._backoff.reset()
        return news

    def on_lost(self, kind: str, now_s: float) -> bool:
        """Return whether a loss, or a failure to connect, is worth a log line.

        Args:
            kind: Of the trouble: each is logged once.
            now_s: The time.
        """
        if self._since_s < math.inf:
            self.confirm_stable(now_s)
            self._lost += 1
            self._since_s = math.inf
        word = "flapping" if self.flapping else kind
        news, self._reported = word != self._reported, word
        return news

    def pause_s(self) -> float:
        """Return how long to wait before the next try, in seconds: twice as long each time, up to a limit."""
        return self._backoff.next_pause_s()
