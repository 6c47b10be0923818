"""The publisher: tells the home over MQTT what is, and tells the daemon what the home asks for."""

import logging
import random
import socket
import time
from collections import deque
from collections.abc import Sequence

from moodpid import config
from moodpid.mood.policy import MoodEvent
from moodpid.mqtt import homeassistant, payloads
from moodpid.mqtt.broker import Broker, Message
from moodpid.mqtt.connection import Connection, Terms
from moodpid.mqtt.id_claim import Hello, Twins
from moodpid.mqtt.inbound import Ears, Found, News, Sign
from moodpid.mqtt.orphan_cleanup import Traces
from moodpid.mqtt.publish_throttle import Pace
from moodpid.mqtt.state_topics import Reporter
from moodpid.mqtt.topics import OFFLINE, Topics
from moodpid.settings.fields import Offers, controls
from moodpid.state import Post, Present
from moodpid.system.json_file import JsonFile

BIRTH_PAUSE_S = (0.2, 3.0)
ROUND_REST_S = 10.0  # everything is told again at most this often, however often Home Assistant is born
MOST_EVENTS_WAITING = 16

log = logging.getLogger(__name__)


class MqttPublisher:
    """Publishes the present state when it changes, and turns messages into requests for the loop.

    While the broker is away nothing is kept for it: the present state is told on every connect.

    Args:
        device: Who we are.
        broker: Where the broker is and below which topic to publish.
        post: Where requests go.
        password: For `broker.username`.
        offers: What this installation can do.
        memory: Remembers our topics over a restart, so that a new id or prefix leaves no orphan.

    Raises:
        ConfigError: If the files named for TLS cannot be used.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the last three are seldom given
        self,
        device: config.Device,
        broker: config.Mqtt,
        post: Post,
        password: str = "",
        offers: Offers = Offers(),  # noqa: B008 - it is frozen
        memory: JsonFile = JsonFile(None),  # noqa: B008 - keeps nothing
    ) -> None:
        self._topics = Topics.of(device, broker)
        table = controls(offers)
        self._twins = Twins(socket.gethostname())
        self._ears = Ears(self._topics, table, post, self._twins.claim)
        self._discovery = (
            homeassistant.discovery(device, self._topics, table, picture=offers.picture)
            if self._topics.discovery
            else {}
        )
        text = payloads.as_json(self._discovery) if self._discovery else ""
        self._reporter = Reporter(self._topics, table, text)
        self._traces = Traces(memory, self._topics)
        self._pace = Pace()
        self._round_s = float("-inf")
        self._rival = ""
        self._told_session = 0
        self._spoke = False
        self._waiting: deque[MoodEvent] = deque(maxlen=MOST_EVENTS_WAITING)
        self._again_s = float("inf")
        self._found = b""
        self._contradicted = False
        will = Message(self._topics.status, OFFLINE)
        terms = Terms(f"moodpid-{device.id}", will, self._ears.subscriptions, self._ears.hear)
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
        # Before the session is read: news of a connection that is gone are then told apart from those of this
        news = self._ears.news.drain()
        session, now_s = self._connection.session, time.monotonic()
        if session != self._told_session:
            self._told_session, self._spoke = session, False
            self._twins.connected()
        if session:
            for one in news:
                self._learn(one, now_s)
        if not (session and self._may_speak(now_s)):
            self._ears.obeys = False
            self._waiting.clear()
            return
        self._traces.turn()
        self._react(now_s)
        self._waiting.extend(events)
        # A state that is held back comes later by itself, an event does not
        told = self._affordable_events(now_s)
        for report in self._pace.due(self._reporter.reports(present, now_s), now_s):
            if report.topic == self._topics.discovery:
                self._remove_what_is_gone()
            self._connection.publish(Message(report.topic, report.payload(), report.retain))
        for happened in told:
            self._connection.publish(Message(self._topics.event, payloads.event(happened), retain=False))

    def stop(self) -> None:
        """Say `offline` and begin to disconnect; returns at once."""
        self._connection.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait until that is done; False if it took longer than `timeout_s` seconds."""
        ended = self._connection.join(timeout_s)
        if ended:
            self._ears.news.close()
        return ended

    def _affordable_events(self, now_s: float) -> list[MoodEvent]:
        told = []
        while self._waiting and self._pace.spend(now_s):
            told.append(self._waiting.popleft())
        return told

    def _may_speak(self, now_s: float) -> bool:
        """Whether no other moodpid has our id; says so once when one has, and once when it is gone."""
        hello = self._twins.turn(now_s)
        # Before our claim is heard: from then on no newcomer goes unanswered, however long a turn takes
        self._ears.obeys = self._twins.speaks
        if hello is not None:
            self._connection.publish(Message(self._topics.presence, hello.as_json(), retain=False))
        if self._twins.rival != self._rival:
            self._rival = self._twins.rival
            if self._rival:
                where = f"the moodpid on {self._rival} uses {self._topics.root} already"
                log.warning("%s: this one stays silent; give one of them another [device] id", where)
            else:
                log.info("no other moodpid uses %s any more", self._topics.root)
        speaks = self._twins.speaks
        if speaks and not self._spoke:
            self._pace.forget()
            self._traces.tidy_up(self._connection.deliver)
        self._spoke = speaks
        return speaks

    def _learn(self, news: News, now_s: float) -> None:
        match news:
            case Hello():
                self._twins.hear(news)
            case Found(payload):
                self._found = payload
            case Sign.BORN:
                pause_s = random.uniform(*BIRTH_PAUSE_S)  # noqa: S311 - keeps devices apart, guards nothing
                self._again_s = min(self._again_s, max(now_s + pause_s, self._round_s + ROUND_REST_S))
            case Sign.OFFLINE | Sign.ONLINE:
                self._contradicted = news is Sign.OFFLINE

    def _react(self, now_s: float) -> None:
        """Let that be told again which somebody missed or denied."""
        if now_s >= self._again_s:
            self._again_s, self._round_s = float("inf"), now_s
            self._pace.forget()
        if self._contradicted and self._pace.spend(now_s):
            self._contradicted = False
            self._pace.forget(self._topics.status)

    def _remove_what_is_gone(self) -> None:
        """Take away the entities that an older version left with Home Assistant."""
        found = payloads.parse_object(self._found)
        if found and (removal := homeassistant.removal(found, self._discovery)):
            self._connection.publish(Message(self._topics.discovery, payloads.as_json(removal)))
