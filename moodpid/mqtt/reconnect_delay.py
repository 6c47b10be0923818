"""How long to wait before the next session; pure."""

from moodpid.backoff import Backoff, UniformRandom
from moodpid.mqtt.broker import is_about_credentials
from moodpid.mqtt.session import EndKind, SessionEnd
from moodpid.mqtt.timings import Timings


class ReconnectDelay:
    """Counts how sessions end: a broker that is away apart from one that refuses, or ends them soon.

    A restart of the broker is often both, one after the other: the time in which nothing listened does not
    make the pauses after it longer.

    Args:
        timings: The pauses, and how long a session must last to clear the failures before it.
        rng: Jitters the pauses.
    """

    def __init__(self, timings: Timings, rng: UniformRandom | None = None) -> None:
        self._stable_s = timings.stable_s
        self._unreachable = Backoff(timings.first_retry_s, timings.longest_retry_s, rng)
        self._refused = Backoff(timings.first_retry_s, timings.longest_retry_s, rng)

    def next_pause_s(self, end: SessionEnd) -> float:
        """Return how long to wait after a session that ended so, in seconds."""
        if end.kind is not EndKind.LOST and not is_about_credentials(end.reason):
            return self._unreachable.next_pause_s()
        self._unreachable.reset()
        if end.lasted_s >= self._stable_s:
            self._refused.reset()
        return self._refused.next_pause_s()
