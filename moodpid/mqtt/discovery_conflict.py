"""Two instances with one id and different base topics: both publish one device to Home Assistant."""

import logging
from collections import deque

from moodpid.mqtt import payloads
from moodpid.mqtt.topics import Topics
from moodpid.text import clean

log = logging.getLogger(__name__)

REPAIRS = 3
"""How often in a row the message is put right."""
WINDOW_S = 60.0
"""Messages of another instance that are farther apart are no conflict."""


class DiscoveryConflict:
    """Ends the repairs of the discovery message where another instance overwrites it again and again.

    Args:
        topics: Of this instance.

    Attributes:
        lost: Whether the device is left to the other instance, until its message is gone or a session begins.
    """

    def __init__(self, topics: Topics) -> None:
        self._topics = topics
        self._seen_s: deque[float] = deque(maxlen=REPAIRS + 1)
        self._logged_root = ""
        self.lost = False

    def reset(self) -> None:
        """Start again, with a new session or without a message on the topic."""
        self._seen_s.clear()
        self.lost = False

    def on_seen(self, payload: bytes, now_s: float) -> None:
        """Take in what came on the discovery topic, at `now_s` monotonic seconds."""
        if not payload:
            self.reset()  # the other instance has another id now, or was forgotten
            return
        root = _root(payload)
        if root in {"", self._topics.root}:
            return
        self._seen_s.append(now_s)
        if self._came_within_window(REPAIRS) and root != self._logged_root:
            self._logged_root = root
            log.warning(
                "another moodpid, below %s, publishes this device to Home Assistant: both have the id %s; "
                "give each a [device] id of its own, and restart both",
                clean(root),
                self._topics.root.rpartition("/")[2],
            )
        self.lost = self.lost or self._came_within_window(REPAIRS + 1)

    def _came_within_window(self, count: int) -> bool:
        """Return whether the last `count` messages of another instance came within the window."""
        return len(self._seen_s) >= count and self._seen_s[-1] - self._seen_s[-count] <= WINDOW_S


def _root(payload: bytes) -> str:
    """Return what the topics of a discovery message start with; empty for what is none of moodpid's."""
    match payloads.parse_object(payload):
        case {"components": {"mood": {"state_topic": str(topic)}}} if topic.endswith("/mood"):
            return topic.removesuffix("/mood")
    return ""
