"""The publisher: tells the home over MQTT what is, and tells the daemon what the home asks for."""

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from moodpid import config
from moodpid.mood.filter import MoodState
from moodpid.mood.policy import MoodEvent
from moodpid.mqtt import commands, payloads
from moodpid.mqtt.broker import Broker, Message
from moodpid.mqtt.connection import Connection, Terms
from moodpid.mqtt.murmur import Murmur
from moodpid.mqtt.pace import Allowance, Pace, Report
from moodpid.mqtt.topics import OFFLINE, ONLINE, Topics
from moodpid.state import Post, Present

# More requests than people make; a switch that flutters must not open and close the camera all day
REQUEST_BURST = 16.0
REQUEST_RATE_HZ = 4.0

log = logging.getLogger(__name__)


class MqttPublisher:
    """Publishes the present state when it changes, and turns messages into requests for the loop.

    While the broker is away nothing is kept for it: the present state is told on every connect.

    Args:
        device: Who we are.
        broker: Where the broker is and below which topic to publish.
        post: Where requests go.
        password: For `broker.username`.

    Raises:
        ConfigError: If the files named for TLS cannot be used.
    """

    def __init__(self, device: config.Device, broker: config.Mqtt, post: Post, password: str = "") -> None:
        self._topics = Topics.of(device, broker)
        self._post = post
        self._pace = Pace()
        self._murmur = Murmur(log)
        self._requests = Allowance(REQUEST_BURST, REQUEST_RATE_HZ)
        self._beginnings = _Beginnings()
        self._told_session = 0
        terms = Terms(
            f"moodpid-{device.id}",
            will=Message(self._topics.status, OFFLINE),
            subscriptions=commands.subscriptions(self._topics),
            on_message=self._heard,
        )
        self._connection = Connection(Broker(broker, password), terms)

    def start(self) -> None:
        """Begin to connect, in the background."""
        self._connection.start()

    @property
    def connected(self) -> bool:
        """Whether the broker hears us now."""
        return self._connection.session > 0

    def tell(self, present: Present, events: Sequence[MoodEvent]) -> None:
        """Publish what changed since the last call; meant for every turn of the loop, and never waits."""
        session = self._connection.session
        if not session:
            return
        if session != self._told_session:
            self._pace.forget()
            self._told_session = session
        now_s = time.monotonic()
        for report in self._pace.due(self._reports(present, now_s), now_s):
            self._connection.publish(Message(report.topic, report.payload))
        for happened in events:
            if self._pace.spend(now_s):
                self._connection.publish(Message(self._topics.event, payloads.event(happened), retain=False))

    def stop(self) -> None:
        """Say `offline` and begin to disconnect; returns at once."""
        self._connection.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait until that is done; False if it took longer than `timeout_s` seconds."""
        return self._connection.join(timeout_s)

    def _reports(self, present: Present, now_s: float) -> Iterator[Report]:
        topics = self._topics
        if present.mood is not None:
            mood = present.mood
            text = payloads.mood(mood, self._beginnings.local(mood.since_s, now_s))
            yield Report(topics.mood, text, (mood.mood, mood.faces, mood.since_s), _drift(mood))
        for topic, text in (
            (topics.camera, payloads.camera(present.camera)),
            (topics.player, payloads.player(present.player)),
            (topics.enabled, payloads.switch(on=present.enabled)),
            # Last, so that who waits for it finds the rest in place
            (topics.status, ONLINE),
        ):
            yield Report(topic, text, text)

    def _heard(self, topic: str, payload: bytes, retained: bool) -> None:
        """On the network thread: a message becomes a request, or at most a line in the log."""
        now_s = time.monotonic()
        try:
            request = commands.read(self._topics, topic, payload, retained=retained)
        except commands.CommandError as error:
            self._murmur.warn(f"ignored {error}", now_s)
            return
        if not (self._requests.spend(now_s) and self._post(request)):
            self._murmur.warn(f"ignored a message on {topic}: too many at once", now_s)


def _drift(mood: MoodState) -> tuple[float, ...]:
    return (mood.confidence, *mood.scores.probabilities)


class _Beginnings:
    """Local times for monotonic ones, the same for the same beginning unless the clock was set."""

    _TOLERANCE = timedelta(seconds=2)

    def __init__(self) -> None:
        self._last: tuple[float, datetime] | None = None

    def local(self, at_s: float, now_s: float) -> datetime:
        local = datetime.now().astimezone() - timedelta(seconds=now_s - at_s)
        if self._last is None or self._last[0] != at_s or abs(local - self._last[1]) > self._TOLERANCE:
            self._last = at_s, local
        return self._last[1]
