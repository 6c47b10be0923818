"""The connection to the broker, on a thread of its own: made, lost, and made again for ever."""

import itertools
import logging
import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from moodpid.mqtt.broker import Broker, Message, describe, is_about_credentials

ANSWER_LIMIT_S = 10.0
MAX_DELAY_S = 10.0
MAX_DELAY_REFUSED_S = 60.0
STABLE_S = 10.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """What a connection is for.

    Attributes:
        name: Begins the client id; a random part follows, so that twins do not throw each other out.
        will: What the broker is to say when it loses us, and what we say when we go.
        subscriptions: Topics to listen to.
        on_message: Called on the network thread with topic, payload and whether the message was retained;
            what it returns is said to it.
    """

    name: str
    will: Message
    subscriptions: tuple[str, ...]
    on_message: Callable[[str, bytes, bool], Message | None]


class DeliveryStatus:
    """What the broker says to a message that it is to acknowledge."""

    def __init__(self, sent: paho.MQTTMessageInfo | None, refused: set[int]) -> None:
        self._sent, self._refused = sent, refused

    @property
    def accepted(self) -> bool | None:
        """Whether the broker has taken it; None as long as it has not said, for ever if we lost it first."""
        # Its own `is_published` raises for what could not be sent
        if (
            self._sent is None
            or self._sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS
            or not self._sent.is_published()
        ):
            return None
        return self._sent.mid not in self._refused


class _Link(Enum):
    UP = auto()
    DOWN = auto()
    REFUSED = auto()


def retry_delay_s(failures: int, longest_s: float) -> float:
    """How long to wait before the next try: doubled with every failure, and never twice the same."""
    jitter = random.uniform(0.5, 1.0)  # noqa: S311 - keeps devices apart, guards nothing
    return jitter * min(longest_s, 2.0 ** min(failures, 10))


class Connection:
    """Keeps one connection to the broker, whatever the broker does.

    The thread is ours and runs paho's network loop: paho's own thread backs off without jitter, waits for
    ever for an answer, dies of a malformed packet, and cannot be joined with a time limit.

    Attributes:
        session: A number for each time that we got connected, 0 while we are not.
    """

    def __init__(self, broker: Broker, terms: ConnectionOptions) -> None:
        self.session = 0
        self._broker, self._options = broker, terms
        self._client_id = f"{terms.name}-{secrets.token_hex(4)}"
        self._sessions = itertools.count(1)
        self._client: paho.Client | None = None
        self._refused: set[int] = set()
        self._reason: ReasonCode | None = None
        self._link: _Link | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begin to connect, in the background."""
        self._thread.start()

    def publish(self, message: Message) -> bool:
        """Hand a message to the network thread without waiting; False, and forgotten, if not connected."""
        client = self._client
        if client is None or not self.session:
            return False
        info = client.publish(message.topic, message.payload, retain=message.retain)
        return info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def deliver(self, message: Message) -> DeliveryStatus:
        """Like `publish`, for what the broker is to acknowledge on this connection (QoS 1)."""
        client = self._client
        if client is None or not self.session:
            return DeliveryStatus(None, self._refused)
        sent = client.publish(message.topic, message.payload, qos=1, retain=message.retain)
        return DeliveryStatus(sent, self._refused)

    def stop(self) -> None:
        """Publish the will ourselves and begin to disconnect; returns at once."""
        self._stop.set()
        client = self._client
        if client is not None and self.publish(self._options.will):
            client.disconnect()

    def join(self, timeout_s: float) -> bool:
        """Wait for the thread to end; False if it still lives after `timeout_s` seconds."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        failures = 0
        while not self._stop.is_set():
            began_s = time.monotonic()
            link, why = self._attempt()
            if self._stop.is_set():
                return
            self._log_state(link, why)
            failures = 0 if time.monotonic() - began_s > STABLE_S + ANSWER_LIMIT_S else failures + 1
            self._stop.wait(
                retry_delay_s(failures, MAX_DELAY_REFUSED_S if link is _Link.REFUSED else MAX_DELAY_S)
            )

    def _attempt(self) -> tuple[_Link, str]:
        """Connect and stay connected; how it ended and why, to be read after "the broker"."""
        self._reason, self._refused, connected = None, set(), False
        client = self._broker.client(self._client_id, self._options.will)
        client.on_connect, client.on_disconnect = self._on_connect, self._on_disconnect
        client.on_subscribe, client.on_message = self._on_subscribe, self._on_message
        client.on_publish = self._on_publish
        try:
            self._broker.connect(client)
            self._client = client
            answered = self._pump(client)
        except OSError as error:
            return _Link.DOWN, f"cannot be reached: {describe(error)}; trying again until it can"
        except Exception as error:  # noqa: BLE001 - paho raises whatever a malformed packet makes it meet
            return _Link.DOWN, f"does not speak MQTT: {error!r}; trying again"
        finally:
            connected = self.session > 0
            self.session, self._client = 0, None
        return self._verdict(answered=answered, connected=connected)

    def _pump(self, client: paho.Client) -> bool:
        """Run the network loop until the connection ends; False if the broker did not answer in time."""
        began_s = time.monotonic()
        # A publication wakes the loop at once; the limit only paces keepalive and a stop before CONNACK
        while client.loop(timeout=5.0 if self.session else 0.5) == MQTTErrorCode.MQTT_ERR_SUCCESS:
            late = time.monotonic() - began_s > ANSWER_LIMIT_S
            if not self.session and (late or self._stop.is_set()):
                client.disconnect()
                client.loop(timeout=0.1)
                return False
        return True

    def _verdict(self, *, answered: bool, connected: bool) -> tuple[_Link, str]:
        reason = self._reason
        if not answered:
            return _Link.DOWN, f"accepts us but says nothing for {ANSWER_LIMIT_S:.0f} s; trying again"
        if connected:
            return _Link.DOWN, f"is gone ({reason or 'connection lost'}); trying again until it is back"
        if is_about_credentials(reason):
            remedy = "check [mqtt] username and its password"
            return _Link.REFUSED, f"refuses the user name or password ({reason}): {remedy}"
        self._broker.on_rejected(reason)
        return _Link.DOWN, f"closes before we are connected ({reason or 'without a reason'}); trying again"

    def _log_state(self, link: _Link, what: str) -> None:
        """One log line for each change of state."""
        if link is not self._link:
            self._link = link
            level = logging.INFO if link is _Link.UP else logging.WARNING
            log.log(level, "the broker at %s %s", self._broker.address, what)

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self._reason = reason
            return
        self._broker.on_accepted()
        if self._options.subscriptions:
            self._broker.subscribe(client, self._options.subscriptions)
        self.session = next(self._sessions)
        self._log_state(_Link.UP, f"hears us ({self._broker.version})")
        if self._stop.is_set():
            client.disconnect()

    def _on_subscribe(
        self, _client: object, _data: object, _mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        for topic, reason in zip(self._options.subscriptions, reasons, strict=False):
            if reason.is_failure:
                log.warning(
                    "the broker at %s does not let us read %s: %s", self._broker.address, topic, reason
                )

    def _on_publish(
        self, _client: object, _data: object, mid: int, reason: ReasonCode, _properties: object
    ) -> None:
        if reason.is_failure:
            self._refused.add(mid)

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
        if answer := self._options.on_message(message.topic, bytes(message.payload), message.retain):
            self.publish(answer)
