"""What the MQTT tests share: a listener at the broker, stand-ins for brokers, and ready-made states."""

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Self

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from moodpid import config
from moodpid.mood.emotion import Emotion, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.mood.policy import EventType, MoodEvent
from moodpid.mqtt.broker import BrokerLimits, Message
from moodpid.mqtt.connection import ConnectionOptions
from moodpid.mqtt.id_question import IdUse
from moodpid.mqtt.packet_socket import Received
from moodpid.mqtt.publisher import PublisherParts, assemble_publisher, build_publisher
from moodpid.mqtt.session import DeliveryStatus, SessionEnd
from moodpid.mqtt.timings import Timings
from moodpid.mqtt.topics import Topics
from moodpid.requests import Post, Request
from moodpid.state import AppState, CameraState, CameraStatus, PlayerState, PlayerStatus, Settings
from moodpid.text import clean
from tests.support.fakes import Clock, scores

WAIT_S = 100.0  # for what must come, on the slowest machine
TURN_S = 0.02
AGES_S = 10.0
"""No turn takes as long on a busy machine; one that waits for a broker takes longer."""
FAREWELL_S = 5.0
"""All that stopping the service may take."""
DEVICE = config.DeviceConfig(id="living-room", name="Living room")
FAST = Timings(
    first_retry_s=0.05,
    longest_retry_s=0.05,
    listen_s=0.05,
    birth_delay_s=(0.05, 0.1),
    republish_s=0.2,
)
"""For tests, which wait for nothing longer than they must."""
CHANGED = MoodEvent(EventType.MOOD_CHANGED, Mood.SAD, Mood.HAPPY)


class MqttListener:
    """Another client of the broker: receives everything from the moment it is ready, and may publish."""

    def __init__(self, port: int, topic: str = "#", *, username: str = "") -> None:
        self.messages: list[paho.MQTTMessage] = []
        self._news: queue.SimpleQueue[paho.MQTTMessage] = queue.SimpleQueue()
        self._ready: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        if username:
            self._client.username_pw_set(username)
        self._client.on_connect = lambda client, *_: client.subscribe(topic)
        self._client.on_subscribe = lambda _client, _data, mid, *_: self._ready.put(mid)
        self._client.on_message = lambda _client, _data, message: self._news.put(message)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._ready.get(timeout=WAIT_S)

    def publish(self, topic: str, payload: bytes | str, *, retain: bool = False) -> None:
        """Publish, and wait until it is on its way, or until the broker has it if it is to retain it."""
        self._client.publish(topic, payload, qos=int(retain), retain=retain).wait_for_publish(WAIT_S)

    def wait_for(
        self, what: Callable[[paho.MQTTMessage], Any], timeout_s: float = WAIT_S
    ) -> paho.MQTTMessage:
        """The next message, of those not waited for yet, for which `what` holds."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                message = self._news.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                seen = [(m.topic, bytes(m.payload)[:80]) for m in self.messages]
                raise AssertionError(f"not heard within {timeout_s} s; heard {seen}") from None
            self.messages.append(message)
            if what(message):
                return message

    def messages_on(self, topic: str, text: str) -> Callable[[], bool]:
        """Whether `topic` has said `text` by now, for those who must do something meanwhile."""

        def heard() -> bool:
            while not self._news.empty():
                self.messages.append(self._news.get())
            return any(m.topic == topic and bytes(m.payload) == text.encode() for m in self.messages)

        return heard

    def wait_for_text(self, topic: str, text: str, timeout_s: float = WAIT_S) -> paho.MQTTMessage:
        """The next message on `topic` that says `text`."""
        return self.wait_for(lambda m: m.topic == topic and bytes(m.payload) == text.encode(), timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client._reset_sockets()  # paho closes its pair of sockets only when it is collected


CONNECT, PUBLISH, SUBSCRIBE, PINGREQ = 0x10, 0x30, 0x82, 0xC0  # MQTT 5.0, 2.1.2


def wait_until(what: Callable[[], Any], timeout_s: float = WAIT_S) -> None:
    """Look every few milliseconds until `what` holds."""
    deadline = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        time.sleep(0.005)


def happy(confidence: float = 0.83, *, faces: int = 1, since_s: float = 100.0) -> MoodState:
    """A happy room."""
    return MoodState(Mood.HAPPY, since_s, confidence, faces, scores(Emotion.HAPPY, confidence), since_s)


def present(mood: MoodState | None = None, *, settings: Settings = Settings()) -> AppState:  # noqa: B008
    """All is well, and the music plays."""
    camera = CameraState(CameraStatus.WATCHING)
    player = PlayerState(PlayerStatus.PLAY, clean("A Song"), clean("A Singer"), Mood.HAPPY, "Happy")
    return AppState(camera, player, mood, mood, settings, room_known=True)


class Delivered(DeliveryStatus):
    """The broker took the message at once."""

    def __init__(self) -> None:
        super().__init__(None, {})

    @property
    def accepted(self) -> bool | None:
        return True


def answered(use: IdUse) -> Future[IdUse]:
    """A question that is answered at once."""
    answer: Future[IdUse] = Future()
    answer.set_result(use)
    return answer


def unused(_: Topics) -> Future[IdUse]:
    """No instance with these topics runs."""
    return answered(IdUse())


class StubConnection:
    """A connection that is always up, encodes as the real one does, and keeps what is published."""

    def __init__(self, options: ConnectionOptions) -> None:
        self.options = options
        self.session = 1
        self.limits = BrokerLimits()
        self.last_end: SessionEnd | None = None
        self.published: list[Message] = []

    def start(self) -> None:
        """Nothing to begin."""

    def publish(self, message: Message, qos: int = 0) -> DeliveryStatus:
        assert qos in (0, 1)
        assert message.topic.encode()
        assert isinstance(message.payload, bytes) or message.payload.encode() is not None
        self.published.append(message)
        return Delivered()

    def stop(self) -> None:
        """Nothing to end."""

    def join(self, timeout_s: float) -> bool:  # noqa: ARG002 - there is no thread
        return True

    @property
    def topics(self) -> list[str]:
        return [message.topic for message in self.published]


class PublisherHarness:
    """A publisher on a `StubConnection`, in simulated time; it owns its id and has published everything once.

    Args:
        post: Where requests go.
        timings: Time limits and pauses.
    """

    def __init__(self, post: Post = lambda _: True, timings: Timings = FAST) -> None:
        self.clock = Clock()
        self.connection: StubConnection
        topics = Topics.of(DEVICE, config.MqttConfig())
        parts = PublisherParts(DEVICE, topics, post, unused, timings=timings)
        self.publisher = assemble_publisher(parts, self._connect, "a stub", self.clock)
        self.step()
        self.step(timings.listen_s + 0.01)

    def _connect(self, options: ConnectionOptions) -> StubConnection:
        self.connection = StubConnection(options)
        return self.connection

    def step(self, seconds: float = 0.0, state: AppState | None = None) -> None:
        """Let time pass, and take one step of the loop."""
        self.clock.sleep(seconds)
        self.publisher.publish(state or present(happy()), ())

    def receive(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        """Let a message come from the broker."""
        size = len(topic) + len(payload)
        answer = self.connection.options.on_message(Received(topic, payload, retained, size))
        if answer:
            self.connection.publish(answer)

    @property
    def subscriptions(self) -> list[str]:
        return [subscription.topic for subscription in self.connection.options.subscriptions]


class PublisherLoop:
    """Stands in for the daemon: publishes the state again and again."""

    def __init__(self, broker: config.MqttConfig, password: str = "", timings: Timings = FAST) -> None:
        self.requests: list[Request] = []
        self.state = present(happy(since_s=time.monotonic() - 60))
        self.events: deque[MoodEvent] = deque()
        self.slowest_s = 0.0
        self.publisher = build_publisher(DEVICE, broker, self._post, password, timings=timings)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._turn)
        self.publisher.start()
        self._thread.start()

    def _post(self, request: Request) -> bool:
        if len(self.requests) >= 32:
            return False
        self.requests.append(request)
        return True

    def _turn(self) -> None:
        while not self._ended.wait(TURN_S):
            began_s = time.monotonic()
            self.publisher.publish(self.state, [self.events.popleft() for _ in range(len(self.events))])
            self.slowest_s = max(self.slowest_s, time.monotonic() - began_s)

    def halt(self) -> None:
        """Make no turn from now on, as a loop whose camera takes its time."""
        self._ended.set()
        self._thread.join(30)

    def end(self) -> bool:
        self.halt()
        self.publisher.stop()
        return self.publisher.join(FAREWELL_S)


Start = Callable[..., PublisherLoop]


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]
