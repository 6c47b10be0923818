"""What is published again though it is the same: for a Home Assistant that starts, and over other writers.

Pure; time is monotonic seconds.
"""

from collections.abc import Callable

from moodpid.mqtt.timings import Timings

Uniform = Callable[[float, float], float]


class BirthSchedule:
    """Decides when everything is published again after a start of Home Assistant.

    Args:
        timings: The pause before it, which keeps devices apart, and between two times.
        uniform: Returns a number between two others, by chance.
    """

    def __init__(self, timings: Timings, uniform: Uniform) -> None:
        self._timings, self._uniform = timings, uniform
        self._due_s = float("inf")
        self._last_s = float("-inf")

    def on_birth(self, now_s: float) -> None:
        """Home Assistant has started."""
        pause_s = self._uniform(*self._timings.birth_delay_s)
        self._due_s = min(self._due_s, max(now_s + pause_s, self._last_s + self._timings.republish_s))

    def is_due(self, now_s: float) -> bool:
        """Return, once, whether everything is to be published again now."""
        if now_s < self._due_s:
            return False
        self._due_s, self._last_s = float("inf"), now_s
        return True


class Repairs:
    """Decides which topics are published again because others deleted or overwrote them.

    Args:
        repair_s: A topic is put right at most this often, so that two writers cannot drive each other.
    """

    def __init__(self, repair_s: float) -> None:
        self._repair_s = repair_s
        self._published: dict[str, bytes] = {}
        self._wrong: set[str] = set()
        self._repaired_s: dict[str, float] = {}

    def clear(self) -> None:
        """Forget what was published: a new session begins."""
        self._published.clear()
        self._wrong.clear()

    def on_published(self, topic: str, payload: str | bytes) -> None:
        """Remember what is to stand on a topic."""
        self._published[topic] = payload.encode() if isinstance(payload, str) else payload
        self._wrong.discard(topic)

    def on_seen(self, topic: str, payload: bytes) -> None:
        """Take in what came on a topic; of a topic on which nothing was published yet, it is of the past."""
        published = self._published.get(topic)
        if published is not None and payload != published:
            self._wrong.add(topic)

    def due(self, now_s: float) -> list[str]:
        """Return the topics to publish again now."""
        due = [
            topic
            for topic in self._wrong
            if now_s - self._repaired_s.get(topic, float("-inf")) >= self._repair_s
        ]
        for topic in due:
            self._wrong.discard(topic)
            self._repaired_s[topic] = now_s
        return due
