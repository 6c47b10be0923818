"""One session with the broker, from CONNECT to its end; below the service, doctor and forget alike."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import partial
from typing import Protocol
from weakref import proxy

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from moodpid.mqtt.broker import Broker, BrokerLimits, Message, Subscription
from moodpid.mqtt.packet_socket import Received

_CLOSING_S = 1.0  # what was published last may take this long to leave
_POLL_S, _IDLE_S = 0.1, 0.5  # a publication wakes the loop at once; the rest paces the look at `wanted`


class EndKind(Enum):
    """How a session ended."""

    UNREACHABLE = auto()
    """No connection, or its TLS or websocket handshake failed."""
    NOT_MQTT = auto()
    """The answer was no MQTT."""
    SILENT = auto()
    """No answer to CONNECT came in time."""
    REJECTED = auto()
    """The broker closed before it accepted, perhaps with a reason."""
    LOST = auto()
    """The session was established, and then lost."""
    CLOSED = auto()
    """This side ended it."""


@dataclass(frozen=True, slots=True)
class SessionEnd:
    """How and why a session ended.

    Attributes:
        kind: At which stage.
        reason: The broker's reason, None if it gave none.
        error: What was raised, None if nothing was.
        lasted_s: For how long it was established, in seconds.
    """

    kind: EndKind
    reason: ReasonCode | None = None
    error: Exception | None = None
    lasted_s: float = 0.0


class DeliveryStatus:
    """What became of one message."""

    def __init__(self, sent: paho.MQTTMessageInfo | None, refused: Mapping[int, ReasonCode]) -> None:
        self._sent, self._refused = sent, refused

    @property
    def accepted(self) -> bool | None:
        """Whether the broker took it; None until it acknowledges, for ever if the session ended first."""
        # paho's own `is_published` raises for what could not be sent
        if (
            self._sent is None
            or self._sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS
            or not self._sent.is_published()
        ):
            return None
        return self._sent.mid not in self._refused

    @property
    def reason(self) -> str:
        """Why it was refused, in the broker's words; empty if it was not."""
        reason = self._refused.get(self._sent.mid) if self._sent else None
        return str(reason) if reason else ""


class SessionHandler(Protocol):
    """What a session is for; called on the thread that runs it."""

    def on_connected(self, session: "Session") -> None:
        """Return the broker has accepted the connection."""

    def on_subscribed(self, session: "Session", denied: Mapping[str, ReasonCode]) -> None:
        """All subscriptions are answered; `denied` are the topics that the broker does not allow."""

    def on_message(self, session: "Session", message: Received) -> None:
        """Return a message has come."""


class Session:
    """One session; `run` it once.

    Args:
        broker: Where to connect.
        client_id: The name at the broker.
        will: What the broker publishes when the connection is lost; None for nothing.
        handler: What the session is for.

    Attributes:
        connected: The broker has accepted it, and it has not ended.
        limits: What the broker takes.
    """

    def __init__(
        self, broker: Broker, client_id: str, *, will: Message | None, handler: SessionHandler
    ) -> None:
        self.connected = False
        self.limits = BrokerLimits()
        self._broker, self._handler = broker, handler
        self._accepted_s: float | None = None
        self._reason: ReasonCode | None = None
        self._refused: dict[int, ReasonCode] = {}
        self._asked: dict[int, tuple[str, ...]] = {}
        self._denied: dict[str, ReasonCode] = {}
        # No method of this session: client and session would keep each other alive
        self._client = broker.client(client_id, will, partial(handler.on_message, proxy(self)))
        self._client.on_connect, self._client.on_disconnect = self._on_connect, self._on_disconnect
        self._client.on_subscribe, self._client.on_publish = self._on_subscribe, self._on_publish
        self._client.on_message = self._on_message

    @property
    def reports_refusals(self) -> bool:
        """Whether an acknowledgement shows that a message was refused, which MQTT 3.1.1 cannot."""
        return self._broker.is_v5 and self.limits.max_qos > 0

    def run(
        self,
        wanted: Callable[[], bool],
        answer_limit_s: float,
        last_message: Callable[[], Message | None] = lambda: None,
    ) -> SessionEnd:
        """Connect and stay until the session ends or is no longer wanted.

        Args:
            wanted: Whether to go on; looked at every `_IDLE_S` seconds at the latest.
            answer_limit_s: How long the broker may take to accept.
            last_message: Returns what is published before this side ends the session.
        """
        try:
            self._broker.connect(self._client)
            kind = self._loop(wanted, time.monotonic() + answer_limit_s, last_message)
        except OSError as error:
            return self._end(EndKind.UNREACHABLE, error)
        except Exception as error:  # noqa: BLE001 - paho raises whatever a malformed packet makes it meet
            return self._end(EndKind.NOT_MQTT, error)
        finally:
            self.connected = False
            self._close()
        return self._end(kind)

    def publish(self, message: Message, qos: int = 0) -> DeliveryStatus:
        """Hand a message to the thread of the session without waiting; forgotten if not connected.

        Args:
            message: The message; its retain flag is dropped where the broker does not keep messages.
            qos: 1 to have it acknowledged, as far as the broker can.
        """
        if not self.connected:
            return DeliveryStatus(None, self._refused)
        qos, retain = min(qos, self.limits.max_qos), message.retain and self.limits.retain
        return DeliveryStatus(
            self._client.publish(message.topic, message.payload, qos=qos, retain=retain), self._refused
        )

    def subscribe(self, subscriptions: Sequence[Subscription]) -> None:
        """Ask for messages; `on_subscribed` follows when all are answered."""
        self._denied = {}
        self._asked |= self._broker.subscribe(self._client, subscriptions)

    def _loop(
        self, wanted: Callable[[], bool], answer_until_s: float, last_message: Callable[[], Message | None]
    ) -> EndKind:
        while self._client.loop(timeout=_IDLE_S if self.connected else _POLL_S) == _SUCCESS:
            if not wanted():
                self._disconnect(last_message())
                return EndKind.CLOSED
            if not self.connected and time.monotonic() > answer_until_s:
                return EndKind.SILENT
        return EndKind.LOST if self.connected else EndKind.REJECTED

    def _disconnect(self, last_message: Message | None) -> None:
        """Disconnect in order, after what was published last."""
        if last_message:
            self.publish(last_message)
        self._client.disconnect()
        until_s = time.monotonic() + _CLOSING_S
        while self._client.loop(timeout=_POLL_S) == _SUCCESS and time.monotonic() < until_s:
            pass

    def _close(self) -> None:
        """Close the socket; paho's client closes the rest of its own when nothing refers to it."""
        client = self._client
        if opened := client.socket():
            opened.close()
        client.on_connect = client.on_disconnect = client.on_subscribe = None
        client.on_publish = client.on_message = None

    def _end(self, kind: EndKind, error: Exception | None = None) -> SessionEnd:
        lasted_s = 0.0 if self._accepted_s is None else time.monotonic() - self._accepted_s
        if self._accepted_s is not None and kind is not EndKind.CLOSED:
            kind = EndKind.LOST
        return SessionEnd(kind, self._reason, error, lasted_s)

    def _on_connect(
        self, _client: object, _data: object, _flags: object, reason: ReasonCode, properties: object
    ) -> None:
        if self._accepted_s is not None:
            raise ValueError("not MQTT: accepted a second time")
        if reason.is_failure:
            self._reason = reason
            return
        self._broker.on_accepted()
        self.limits = BrokerLimits.of(properties)
        self._accepted_s, self.connected = time.monotonic(), True
        self._handler.on_connected(self)

    def _on_subscribe(
        self, _client: object, _data: object, mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        topics = self._asked.pop(mid, ())
        answers = zip(topics, reasons, strict=False)
        self._denied |= {topic: reason for topic, reason in answers if reason.is_failure}
        if not self._asked:
            self._handler.on_subscribed(self, self._denied)

    def _on_publish(
        self, _client: object, _data: object, mid: int, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self._refused[mid] = reason

    def _on_disconnect(
        self,
        _client: object,
        _data: object,
        flags: paho.DisconnectFlags,
        reason: ReasonCode,
        _properties: object,
    ) -> None:
        if flags.is_disconnect_packet_from_server:
            self._reason = reason

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        """Pass on a message of a quality of service that nobody asked for, but brokers may send."""
        payload = bytes(message.payload)
        self._handler.on_message(self, Received(message.topic, payload, message.retain, len(payload)))


_SUCCESS = MQTTErrorCode.MQTT_ERR_SUCCESS
