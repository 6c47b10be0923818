"""What is sent and how: within the broker's limits, without the topics that it refuses, each named once.

The first message of a session on each topic is acknowledged (QoS 1), so that a refusal is known. Some brokers
end the session instead: after one that ended soon, with such messages in flight, the next session sends them
one by one, and the topic that is in flight when it ends, too, is left out.
"""

import logging

from moodpid.mqtt.broker import Message, packet_bytes
from moodpid.mqtt.connection import Connection
from moodpid.mqtt.session import DeliveryStatus, SessionEnd

# MQTT 5.0, 3.14.2.1: reasons that speak of a message, after which one loss is enough to blame it
_BLAME_AT_ONCE = {135, 144, 148, 149, 151, 153, 154, 155}
_BLAME_AFTER = 2
_MOST_WAITING = 15  # events of one topic that wait besides the last one
_PATIENCE_S = 5.0
"""How long a careful session waits for one acknowledgement."""

log = logging.getLogger(__name__)


class Outbox:
    """Sends messages by a connection.

    Args:
        connection: To the broker.
        broker: The broker's address, for the log.
    """

    def __init__(self, connection: Connection, broker: str) -> None:
        self._connection, self._broker = connection, broker
        self._session = 0
        self._careful = False
        self._suspicious = False
        self._progress_s = 0.0
        self._accepted: set[str] = set()
        self._in_flight: dict[str, DeliveryStatus] = {}
        self._waiting: dict[str, list[Message]] = {}  # retained ones replace each other, events do not
        self._refused: dict[str, str] = {}  # in this session; another may have other rights
        self._blamed: set[str] = set()  # they end every session: left out until this process ends
        self._losses: dict[str, int] = {}
        self._named: set[tuple[str, str]] = set()

    def step(self, now_s: float) -> None:
        """Take in what the broker acknowledged, and send what waits; call it in each step of the loop.

        Args:
            now_s: Monotonic seconds.
        """
        session = self._connection.session
        for topic, status in list(self._in_flight.items()):
            if status.accepted is None:
                continue
            del self._in_flight[topic]
            self._progress_s = now_s
            if status.accepted:
                self._accepted.add(topic)
                self._losses.pop(topic, None)
            else:
                self._leave_out(topic, status.reason or "refused")
        if session != self._session:
            self._begin(session)
            self._progress_s = now_s
        if now_s - self._progress_s > _PATIENCE_S:  # a broker that acknowledges nothing
            self._careful = False
        while self._waiting and not self._is_full():
            topic = next(iter(self._waiting))
            first, *more = self._waiting.pop(topic)
            self._send_first(first)
            for message in more:
                self.send(message)

    def send(self, message: Message) -> None:
        """Send a message now, or when it is its turn; leave it out if the broker does not take it."""
        topic = message.topic
        if topic in self._blamed or topic in self._refused:
            return
        if not self._connection.limits.fits(message):
            limit = self._connection.limits.max_packet_bytes
            self._leave_out(topic, f"it has {packet_bytes(message)} bytes, its limit is {limit}")
        elif topic in self._accepted or (topic in self._in_flight and not self._careful):
            self._connection.publish(message)
        elif self._waiting or self._is_full():
            before = [] if message.retain else self._waiting.get(topic, [])
            self._waiting[topic] = [*before[-_MOST_WAITING:], message]
        else:
            self._send_first(message)

    @property
    def is_idle(self) -> bool:
        """Whether all that was to be acknowledged is."""
        return not (self._in_flight or self._waiting)

    def _is_full(self) -> bool:
        """Return whether an acknowledgement has to come before another first message."""
        # One is left for `OrphanCleaner`
        most = 1 if self._careful else self._connection.limits.max_in_flight - 1
        return len(self._in_flight) >= max(1, most)

    def _send_first(self, message: Message) -> None:
        self._in_flight[message.topic] = self._connection.publish(message, qos=1)

    def _begin(self, session: int) -> None:
        """Start afresh with a new session, careful if the one before ended soon; blame who ended it."""
        end = self._connection.last_end
        if self._session:
            if self._careful and end and len(self._in_flight) == 1:
                self._blame(next(iter(self._in_flight)), end)
            # With nothing in flight, no message can have ended it
            self._suspicious = end is not None and bool(self._in_flight)
        if session:
            self._careful = self._suspicious
        self._session = session
        self._accepted.clear()
        self._refused.clear()
        self._in_flight.clear()
        self._waiting.clear()

    def _blame(self, topic: str, end: SessionEnd) -> None:
        self._losses[topic] = self._losses.get(topic, 0) + 1
        known = end.reason is not None and end.reason.value in _BLAME_AT_ONCE
        if known or self._losses[topic] >= _BLAME_AFTER:
            self._blamed.add(topic)
            self._name(topic, f"it closes the connection after one ({end.reason or 'without a reason'})")

    def _leave_out(self, topic: str, why: str) -> None:
        self._refused[topic] = why
        self._name(topic, why)

    def _name(self, topic: str, why: str) -> None:
        if (topic, why) not in self._named:
            self._named.add((topic, why))
            log.warning(
                "the broker at %s rejects a message on %s (%s), so it is left out;"
                " `moodpid doctor` names what to change on the broker",
                self._broker,
                topic,
                why,
            )
