"""How steady MPD is: how long to wait before the next try, and what of it is worth a line in the log.

Pure; time is monotonic seconds.
"""

import math
from random import Random

FIRST_DELAY_S = 0.5
MAX_DELAY_S = 30.0
# As the longest pause: what drops us sooner must not be tried more often than what is not there at all
STABLE_S = MAX_DELAY_S
_FLAPPING = 2  # lost so many times in a row before it was steady


class ConnectionHealth:
    """Remembers how it went; a connection that lasted `STEADY_S` makes all forgotten.

    Args:
        rng: Jitters the pauses.
    """

    def __init__(self, rng: Random) -> None:
        self._random = rng
        self._next_pause_s = FIRST_DELAY_S
        self._since_s = math.inf
        self._lost = 0
        self._reported = ""

    @property
    def flapping(self) -> bool:
        """It came and went again and again, and has not been steady since."""
        return self._lost >= _FLAPPING

    @property
    def stable_at_s(self) -> float:
        """When `settled` has something to say at the earliest, if the connection lasts."""
        return self._since_s + STABLE_S if self.flapping else math.inf

    def on_connected(self, now_s: float) -> bool:
        """There is a connection; whether that is news already, before it has lasted."""
        self._since_s = now_s
        if self.flapping:
            return False
        self._reported = ""
        return True

    def confirm_stable(self, now_s: float) -> bool:
        """The connection is still there; whether that it lasts is news."""
        if now_s - self._since_s < STABLE_S:
            return False
        news = self.flapping
        self._lost, self._reported, self._next_pause_s = 0, "", FIRST_DELAY_S
        return news

    def on_lost(self, kind: str, now_s: float) -> bool:
        """The connection was lost, or there was none; whether that is news.

        Args:
            kind: Of the trouble: each is told once.
            now_s: The time.
        """
        if self._since_s < math.inf:
            self.confirm_stable(now_s)
            self._lost += 1
            self._since_s = math.inf
        word = "comes and goes" if self.flapping else kind
        news, self._reported = word != self._reported, word
        return news

    def pause_s(self) -> float:
        """How long to wait before the next try, in seconds; each time twice as long, up to a limit."""
        pause_s, self._next_pause_s = self._next_pause_s, min(MAX_DELAY_S, 2 * self._next_pause_s)
        return pause_s * self._random.uniform(0.5, 1.0)
