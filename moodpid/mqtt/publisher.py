"""The publisher: states and events to the broker, requests from the broker to the main loop."""

import random
import socket
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from moodpid import config
from moodpid.mood.policy import MoodEvent
from moodpid.mqtt import payloads
from moodpid.mqtt.broker import Broker, Message
from moodpid.mqtt.connection import BrokerConnection, Connection, ConnectionOptions
from moodpid.mqtt.discovery import Discovery
from moodpid.mqtt.discovery_conflict import DiscoveryConflict
from moodpid.mqtt.id_claim import IdClaim
from moodpid.mqtt.id_question import Ask, ask_in_background
from moodpid.mqtt.inbound import InboundRouter
from moodpid.mqtt.orphan_cleanup import OrphanCleaner
from moodpid.mqtt.outbox import Outbox
from moodpid.mqtt.ownership import Ownership
from moodpid.mqtt.publish_throttle import PublishThrottle, TopicState
from moodpid.mqtt.republishing import BirthSchedule, Repairs
from moodpid.mqtt.state_topics import StateTopics
from moodpid.mqtt.timings import Timings
from moodpid.mqtt.topics import OFFLINE, ONLINE, Topics
from moodpid.requests import Post
from moodpid.settings.fields import Capabilities, setting_fields
from moodpid.settings.senses import sense_fields
from moodpid.state import AppState
from moodpid.system.json_file import JsonFile
from moodpid.system.raspberry_pi import read_serial

MAX_PENDING_EVENTS = 16


class MqttPublisher:
    """Publishes the state when it changes, and turns messages into requests for the main loop.

    While the broker is away nothing is kept for it: the state of the moment is published on every connect.

    Args:
        topics: Where everything is published.
        connection: To the broker.
        inbound: Receives the messages of that connection.
        ownership: Decides whether this instance may publish.
        states: Makes the states of topics.
        discovery: What Home Assistant reads of the device; empty without Home Assistant.
        orphans: Deletes what an earlier id or prefix left.
        outbox: Sends within the broker's limits.
        timings: Pauses.
        clock: Monotonic seconds.
    """

    name = "MQTT connection"

    def __init__(  # noqa: PLR0913 - its parts are handed in
        self,
        topics: Topics,
        connection: Connection,
        *,
        inbound: InboundRouter,
        ownership: Ownership,
        states: StateTopics,
        discovery: Discovery,
        orphans: OrphanCleaner,
        outbox: Outbox,
        timings: Timings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._topics, self._connection, self._clock = topics, connection, clock
        self._inbound, self._ownership, self._states = inbound, ownership, states
        self._discovery, self._orphans, self._outbox = discovery, orphans, outbox
        self._throttle = PublishThrottle()
        self._births = BirthSchedule(timings, random.uniform)
        self._repairs = Repairs(timings.repair_s)
        self._conflict = DiscoveryConflict(topics)
        self._pending_events: deque[MoodEvent] = deque(maxlen=MAX_PENDING_EVENTS)
        self._session = 0

    def start(self) -> None:
        """Begin to connect, in the background."""
        self._connection.start()

    @property
    def connected(self) -> bool:
        """Whether there is a session with the broker."""
        return self._connection.session > 0

    @property
    def owns_id(self) -> bool:
        """Whether this instance publishes and takes commands: no other has its id."""
        return self._inbound.accepts_commands

    def publish(self, state: AppState, events: Sequence[MoodEvent]) -> None:
        """Publish what changed since the last call; meant for every step of the loop, and never waits."""
        # Before the session is read, so that messages of a session that is gone do not count for this one
        claims, seen = self._inbound.claims.drain(), self._inbound.seen.drain()
        session, now_s = self._connection.session, self._clock()
        self._outbox.step(now_s)
        if session != self._session:
            self._session = session
            self._ownership.connected()
            self._repairs.clear()
            self._conflict.reset()
        if not session:
            self._stay_silent()
            return
        for claim in claims:
            self._ownership.on_claim(claim)
        for topic, payload in seen.items():
            self._on_seen(topic, payload, now_s)
        if not self._claim_id(now_s):
            self._stay_silent()
            return
        self._inbound.release_held(now_s)
        self._publish_due(state, events, now_s)
        if self._outbox.is_idle:  # else a broker that ends the session would put the blame on the wrong one
            self._orphans.step(lambda message: self._connection.publish(message, qos=1))

    def stop(self) -> None:
        """Publish `offline`, where the id is ours, and begin to disconnect; return at once."""
        self._connection.stop()

    def join(self, timeout_s: float) -> bool:
        """Wait until that is done; return False if it took longer than `timeout_s` seconds."""
        ended = self._connection.join(timeout_s)
        if ended:
            self._inbound.close()
        return ended

    def _stay_silent(self) -> None:
        """Do nothing for a while: there is no session, or another instance owns the id."""
        self._inbound.accepts_commands = False
        self._pending_events.clear()

    def _claim_id(self, now_s: float) -> bool:
        """Return whether this instance owns the id; begin to publish when it has just become the owner."""
        begins = self._ownership.step(now_s)
        # Before others read the claim: from then on no newcomer goes unanswered, however long a step takes
        self._inbound.accepts_commands = self._ownership.owns_id
        if begins:
            self._throttle.forget()
            self._orphans.start(self._session)
        return self._ownership.owns_id

    def _on_seen(self, topic: str, payload: bytes, now_s: float) -> None:
        """Take in what others published on a topic of this device, or on Home Assistant's status."""
        if topic in self._topics.births:
            if payload == ONLINE.encode():
                self._births.on_birth(now_s)
            return
        if topic == self._topics.discovery:
            self._discovery.on_seen(payload)
            self._conflict.on_seen(payload, now_s)
        self._repairs.on_seen(topic, payload)

    def _publish_due(self, state: AppState, events: Sequence[MoodEvent], now_s: float) -> None:
        if self._births.is_due(now_s):
            self._throttle.forget()
        for topic in self._repairs.due(now_s):
            self._throttle.forget(topic)
        self._pending_events.extend(events)
        # A state that is held back comes later by itself, an event does not
        affordable = self._affordable_events(now_s)
        for topic_state in self._throttle.due(self._states.topic_states(state, now_s), now_s):
            self._publish_state(topic_state)
        for event in affordable:
            self._outbox.send(Message(self._topics.event, payloads.event(event), retain=False))

    def _publish_state(self, topic_state: TopicState) -> None:
        if topic_state.topic == self._topics.discovery and self._conflict.lost:
            return
        if topic_state.topic == self._topics.discovery and (removal := self._discovery.removal()):
            self._outbox.send(Message(topic_state.topic, removal))
        payload = topic_state.payload()
        self._outbox.send(Message(topic_state.topic, payload, topic_state.retain))
        if topic_state.retain:
            self._repairs.on_published(topic_state.topic, payload)

    def _affordable_events(self, now_s: float) -> list[MoodEvent]:
        affordable = []
        while self._pending_events and self._throttle.try_take(now_s):
            affordable.append(self._pending_events.popleft())
        return affordable


def build_publisher(  # noqa: PLR0913 - all but three have a default
    device: config.DeviceConfig,
    broker: config.MqttConfig,
    post: Post,
    password: str = "",
    *,
    capabilities: Capabilities = Capabilities(),  # noqa: B008 - it is frozen
    memory: JsonFile = JsonFile(None),  # noqa: B008 - keeps nothing
    timings: Timings = Timings(),  # noqa: B008 - it is frozen
) -> MqttPublisher:
    """Return a publisher with its own connection to the broker, not yet started.

    Args:
        device: The device's id and name.
        broker: Where the broker is, and the prefixes of the topics.
        post: Where requests go.
        password: For `broker.username`.
        capabilities: What this installation can do.
        memory: Remembers the topics over a restart, so that a new id or prefix leaves no orphan.
        timings: Time limits and pauses.

    Raises:
        ConfigError: The files named for TLS cannot be used.
    """
    server = Broker(broker, password)

    def connect(options: ConnectionOptions) -> Connection:
        return BrokerConnection(server, options, timings)

    ask = partial(ask_in_background, broker, password, timings)
    parts = PublisherParts(device, Topics.of(device, broker), post, ask, capabilities, memory, timings)
    return assemble_publisher(parts, connect, server.address)


@dataclass(frozen=True, slots=True)
class PublisherParts:
    """What a publisher is made of, whatever it is connected to; see `build_publisher`."""

    device: config.DeviceConfig
    topics: Topics
    post: Post
    ask: Ask
    capabilities: Capabilities = field(default_factory=Capabilities)
    memory: JsonFile = field(default_factory=lambda: JsonFile(None))
    timings: Timings = field(default_factory=Timings)


def assemble_publisher(
    parts: PublisherParts,
    connect: Callable[[ConnectionOptions], Connection],
    address: str,
    clock: Callable[[], float] = time.monotonic,
) -> MqttPublisher:
    """Return a publisher, not yet started.

    Args:
        parts: What it publishes, and where requests go.
        connect: Makes its connection.
        address: Of the broker, for messages.
        clock: Monotonic seconds.
    """
    topics, timings, fields = parts.topics, parts.timings, setting_fields(parts.capabilities)
    claim = IdClaim(socket.gethostname(), timings)
    obeyed = (*fields, *sense_fields(parts.capabilities))
    inbound = InboundRouter(topics, obeyed, post=parts.post, claim=claim.claim)
    connection = connect(_connection_options(parts.device, topics, inbound))
    discovery = Discovery(parts.device, topics, parts.capabilities)
    return MqttPublisher(
        topics,
        connection,
        inbound=inbound,
        ownership=Ownership(claim, connection, topics),
        states=StateTopics(topics, fields, discovery.payload),
        discovery=discovery,
        orphans=OrphanCleaner(
            parts.memory, topics, parts.ask, machine=read_serial(), music=parts.capabilities.music
        ),
        outbox=Outbox(connection, address),
        timings=timings,
        clock=clock,
    )


def _connection_options(
    device: config.DeviceConfig, topics: Topics, inbound: InboundRouter
) -> ConnectionOptions:
    """Return the will, the last message (the same, where the id is ours), and the subscriptions."""
    offline = Message(topics.status, OFFLINE)

    def last_message() -> Message | None:
        return offline if inbound.accepts_commands else None  # another instance may go on

    return ConnectionOptions(
        f"moodpid-{device.id}", offline, last_message, inbound.subscriptions, inbound.on_message
    )
