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
from moodpid.mqtt.connection import Connection, ConnectionOptions
from moodpid.mqtt.id_claim import ClaimMessage, IdClaim
from moodpid.mqtt.inbound import DiscoverySeen, InboundEvent, InboundRouter, StatusSignal
from moodpid.mqtt.orphan_cleanup import OrphanCleaner
from moodpid.mqtt.publish_throttle import PublishThrottle
from moodpid.mqtt.state_topics import StateTopics
from moodpid.mqtt.topics import OFFLINE, Topics
from moodpid.requests import Post
from moodpid.settings.fields import Capabilities, setting_fields
from moodpid.state import AppState
from moodpid.system.json_file import JsonFile

BIRTH_DELAY_S = (0.2, 3.0)
REPUBLISH_INTERVAL_S = (
    10.0  # everything is told again at most this often, however often Home Assistant is born
)
MAX_PENDING_EVENTS = 16

log = logging.getLogger(__name__)


class MqttPublisher:
    """Publishes the present state when it changes, and turns messages into requests for the loop.

    While the broker is away nothing is kept for it: the present state is told on every connect.

    Args:
        device: Who we are.
        broker: Where the broker is and below which topic to publish.
        post: Where requests go.
        password: For `broker.username`.
        capabilities: What this installation can do.
        memory: Remembers our topics over a restart, so that a new id or prefix leaves no orphan.

    Raises:
        ConfigError: If the files named for TLS cannot be used.
    """

    name = "MQTT connection"

    def __init__(  # noqa: PLR0913, PLR0917 - the last three are seldom given
        self,
        device: config.DeviceConfig,
        broker: config.MqttConfig,
        post: Post,
        password: str = "",
        capabilities: Capabilities = Capabilities(),  # noqa: B008 - it is frozen
        memory: JsonFile = JsonFile(None),  # noqa: B008 - keeps nothing
    ) -> None:
        self._topics = Topics.of(device, broker)
        table = setting_fields(capabilities)
        self._id_claim = IdClaim(socket.gethostname())
        self._inbound = InboundRouter(self._topics, table, post, self._id_claim.claim)
        self._discovery = (
            homeassistant.discovery(
                device,
                self._topics,
                table,
                picture=capabilities.picture,
                page_url=capabilities.page_url,
            )
            if self._topics.discovery
            else {}
        )
        text = payloads.as_json(self._discovery) if self._discovery else ""
        self._state_topics = StateTopics(self._topics, table, text)
        self._orphans = OrphanCleaner(memory, self._topics)
        self._throttle = PublishThrottle()
        self._republished_s = float("-inf")
        self._other_host = ""
        self._announced_session = 0
        self._owned_id = False
        self._pending_events: deque[MoodEvent] = deque(maxlen=MAX_PENDING_EVENTS)
        self._republish_at_s = float("inf")
        self._seen_discovery = b""
        self._contradicted = False
        will = Message(self._topics.status, OFFLINE)
        terms = ConnectionOptions(
            f"moodpid-{device.id}", will, self._inbound.subscriptions, self._inbound.on_message
        )
        self._connection = Connection(Broker(broker, password), terms)

    def start(self) -> None:
        """Begin to connect, in the background."""
        self._connection.start()

    @property
    def connected(self) -> bool:
        """Whether the broker hears us now."""
        return self._connection.session > 0

    def publish(self, present: AppState, events: Sequence[MoodEvent]) -> None:
        """Publish what changed since the last call; meant for every turn of the loop, and never waits."""
        # Before the session is read: news of a connection that is gone are then told apart from those of this
        news = self._inbound.events.drain()
        session, now_s = self._connection.session, time.monotonic()
        if session != self._announced_session:
            self._announced_session, self._owned_id = session, False
            self._id_claim.connected()
        if session:
            for one in news:
                self._handle(one, now_s)
        if not (session and self._claim_id(now_s)):
            self._inbound.accepts_commands = False
            self._pending_events.clear()
            return
        self._orphans.finish()
        self._republish(now_s)
        self._pending_events.extend(events)
        # A state that is held back comes later by itself, an event does not
        told = self._affordable_events(now_s)
        for report in self._throttle.due(self._state_topics.topic_states(present, now_s), now_s):
            if report.topic == self._topics.discovery:
                self._remove_old_entities()
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
            self._inbound.events.close()
        return ended

    def _affordable_events(self, now_s: float) -> list[MoodEvent]:
        told = []
        while self._pending_events and self._throttle.try_take(now_s):
            told.append(self._pending_events.popleft())
        return told

    def _claim_id(self, now_s: float) -> bool:
        """Whether no other moodpid has our id; says so once when one has, and once when it is gone."""
        hello = self._id_claim.due_message(now_s)
        # Before our claim is heard: from then on no newcomer goes unanswered, however long a turn takes
        self._inbound.accepts_commands = self._id_claim.owns_id
        if hello is not None:
            self._connection.publish(Message(self._topics.presence, hello.as_json(), retain=False))
        if self._id_claim.other_host != self._other_host:
            self._other_host = self._id_claim.other_host
            if self._other_host:
                where = f"the moodpid on {self._other_host} uses {self._topics.root} already"
                log.warning("%s: this one stays silent; give one of them another [device] id", where)
            else:
                log.info("no other moodpid uses %s any more", self._topics.root)
        speaks = self._id_claim.owns_id
        if speaks and not self._owned_id:
            self._throttle.forget()
            self._orphans.start(self._connection.deliver)
        self._owned_id = speaks
        return speaks

    def _handle(self, news: InboundEvent, now_s: float) -> None:
        match news:
            case ClaimMessage():
                self._id_claim.on_claim(news)
            case DiscoverySeen(payload):
                self._seen_discovery = payload
            case StatusSignal.BORN:
                pause_s = random.uniform(*BIRTH_DELAY_S)  # noqa: S311 - keeps devices apart, guards nothing
                self._republish_at_s = min(
                    self._republish_at_s, max(now_s + pause_s, self._republished_s + REPUBLISH_INTERVAL_S)
                )
            case StatusSignal.OFFLINE | StatusSignal.ONLINE:
                self._contradicted = news is StatusSignal.OFFLINE

    def _republish(self, now_s: float) -> None:
        """Let that be told again which somebody missed or denied."""
        if now_s >= self._republish_at_s:
            self._republish_at_s, self._republished_s = float("inf"), now_s
            self._throttle.forget()
        if self._contradicted and self._throttle.try_take(now_s):
            self._contradicted = False
            self._throttle.forget(self._topics.status)

    def _remove_old_entities(self) -> None:
        """Take away the entities that an older version left with Home Assistant."""
        found = payloads.parse_object(self._seen_discovery)
        if found and (removal := homeassistant.removal(found, self._discovery)):
            self._connection.publish(Message(self._topics.discovery, payloads.as_json(removal)))
