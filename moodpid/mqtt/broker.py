"""The broker that the configuration names: address, TLS, credentials, protocol version, and its limits."""

import socket
import ssl
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from moodpid import config
from moodpid.mqtt.packet_socket import MAX_PACKET_BYTES, PacketSocket, Received, TimeLimited
from moodpid.mqtt.tls import tls_context

CONNECT_LIMIT_S = 5.0
KEEPALIVE_S = 20
_PAHO_IN_FLIGHT = 20  # messages that paho sends before the first is acknowledged
RECEIVE_BUFFER_BYTES = 128 * 1024
"""Bytes that wait in the kernel: what waits behind a flood waits no longer than it takes to read them."""
# tcp(7), socket(7). A broker may ask for a keepalive of hours: the kernel notices a dead one within a minute
_SOCKET_OPTIONS = (
    (socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 30),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000),  # milliseconds
)

# MQTT 5.0, 3.2.2.2
_BAD_CREDENTIALS = {134, 135}  # bad user name or password, not authorized
_UNSUPPORTED_VERSION, _RETAIN_UNSUPPORTED, _QOS_UNSUPPORTED = 132, 154, 155
_FIRST_OF_MQTT_5 = 128
DEFAULT_PORTS = {
    (config.Transport.TCP, False): 1883,
    (config.Transport.TCP, True): 8883,
    (config.Transport.WEBSOCKETS, False): 80,
    (config.Transport.WEBSOCKETS, True): 443,
}
_BEFORE_OLDER_VERSION = 2  # some old brokers close on MQTT 5 without a word
_ONE_BY_ONE = 8  # some brokers take no more topics in one SUBSCRIBE (AWS IoT Core quotas)


@dataclass(frozen=True, slots=True)
class Message:
    """One message to publish."""

    topic: str
    payload: str | bytes
    retain: bool = True


@dataclass(frozen=True, slots=True)
class Subscription:
    """A topic to read; with `others_only`, MQTT 5 brokers do not send back what this client publishes."""

    topic: str
    others_only: bool = False


@dataclass(frozen=True, slots=True)
class BrokerLimits:
    """What the broker takes, by its CONNACK (MQTT 5.0, 3.2.2.3); MQTT 3.1.1 knows no such limits.

    Attributes:
        max_packet_bytes: The largest packet, None without a limit.
        retain: It keeps retained messages.
        max_qos: The highest quality of service, 0 to 2.
        max_in_flight: Messages that may wait for its acknowledgement (Receive Maximum), up to paho's limit.
    """

    max_packet_bytes: int | None = None
    retain: bool = True
    max_qos: int = 2
    max_in_flight: int = _PAHO_IN_FLIGHT

    @classmethod
    def of(cls, properties: object) -> "BrokerLimits":
        """Return the limits in the properties of a CONNACK."""
        return cls(
            getattr(properties, "MaximumPacketSize", None),
            bool(getattr(properties, "RetainAvailable", 1)),
            int(getattr(properties, "MaximumQoS", 2)),
            min(_PAHO_IN_FLIGHT, max(1, int(getattr(properties, "ReceiveMaximum", _PAHO_IN_FLIGHT)))),
        )

    def fits(self, message: Message) -> bool:
        """Return whether the broker takes a packet of the message's size."""
        return self.max_packet_bytes is None or packet_bytes(message) <= self.max_packet_bytes


def packet_bytes(message: Message) -> int:
    """Return the most bytes that a PUBLISH packet with the message can have (MQTT 5.0, 3.3)."""
    payload = message.payload.encode() if isinstance(message.payload, str) else message.payload
    # A type, four bytes of length, the topic's length, a packet identifier, no properties
    return 1 + 4 + 2 + len(message.topic.encode()) + 2 + 1 + len(payload)


class Broker:
    """Makes clients for the broker, with MQTT 5 unless it turns out to know only 3.1.1.

    Args:
        settings: Where the broker is.
        password: For `settings.username`.
        answer_limit_s: How long a handshake may take.

    Attributes:
        address: Host and port, for messages.

    Raises:
        ConfigError: The files named for TLS cannot be used.
    """

    def __init__(
        self, settings: config.MqttConfig, password: str = "", *, answer_limit_s: float = CONNECT_LIMIT_S
    ) -> None:
        self._settings, self._password = settings, password
        self._answer_limit_s = answer_limit_s
        self._tls = tls_context(settings)
        self._port = settings.port or DEFAULT_PORTS[settings.transport, settings.tls]
        self._protocol = MQTTProtocolVersion.MQTTv5
        self._hung_up = 0
        self._will_retain, self._will_qos = True, 1
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        self.address = f"{host}:{self._port}"

    @property
    def version(self) -> str:
        """The protocol's version that is spoken, in words."""
        return "MQTT 5" if self.is_v5 else "MQTT 3.1.1"

    @property
    def is_v5(self) -> bool:
        """Whether MQTT 5 is spoken, in which brokers report what they refuse."""
        return self._protocol == MQTTProtocolVersion.MQTTv5

    def client(
        self, client_id: str, will: Message | None, on_message: Callable[[Received], None]
    ) -> paho.Client:
        """Return a client that is not yet connected; the caller runs its loop.

        Args:
            client_id: Its name at the broker.
            will: What the broker publishes when the connection is lost.
            on_message: Receives the messages.
        """
        transport: Literal["tcp", "websockets"] = self._settings.transport.value
        client = _Client(
            client_id,
            protocol=self._protocol,
            transport=transport,
            on_message=on_message,
            answer_limit_s=self._answer_limit_s,
        )
        if self._settings.transport is config.Transport.WEBSOCKETS:
            client.ws_set_options(self._settings.path)
        client.connect_timeout = CONNECT_LIMIT_S
        if will is not None:
            retain = will.retain and self._will_retain
            client.will_set(will.topic, will.payload, qos=self._will_qos, retain=retain)
        if self._settings.username:
            client.username_pw_set(self._settings.username, self._password or None)
        if self._tls is not None:
            client.tls_set_context(self._tls)
        # Without this, a publication of the main thread would write to the socket itself
        client.on_socket_register_write = lambda *_: None
        return client

    def connect(self, client: paho.Client) -> None:
        """Open the connection and send CONNECT; takes up to `CONNECT_LIMIT_S` seconds an address.

        Raises:
            OSError: Nothing listens there, or a handshake fails.
        """
        if not self.is_v5:
            client.connect(self._settings.host, self._port, KEEPALIVE_S)
            return
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        properties.MaximumPacketSize = MAX_PACKET_BYTES
        client.connect(self._settings.host, self._port, KEEPALIVE_S, clean_start=True, properties=properties)

    def subscribe(
        self, client: paho.Client, subscriptions: Sequence[Subscription]
    ) -> dict[int, tuple[str, ...]]:
        """Ask for messages; with MQTT 5 they keep their retain flag on the way.

        Returns:
            The topics of each SUBSCRIBE packet, by its identifier.
        """
        asked: dict[int, tuple[str, ...]] = {}
        for start in range(0, len(subscriptions), _ONE_BY_ONE):
            part = subscriptions[start : start + _ONE_BY_ONE]
            _, number = client.subscribe(self._requests(part))
            if number is not None:
                asked[number] = tuple(subscription.topic for subscription in part)
        return asked

    def _requests(
        self, subscriptions: Iterable[Subscription]
    ) -> list[tuple[str, int]] | list[tuple[str, SubscribeOptions]]:
        if not self.is_v5:
            return [(subscription.topic, 0) for subscription in subscriptions]
        return [
            (
                subscription.topic,
                SubscribeOptions(qos=0, noLocal=subscription.others_only, retainAsPublished=True),
            )
            for subscription in subscriptions
        ]

    def on_accepted(self) -> None:
        """Keep the version of the protocol: the broker has answered it."""
        self._hung_up = 0

    def on_lost(self) -> None:
        """Begin with MQTT 5 again: a proxy whose broker restarts hangs up as old brokers do."""
        self._hung_up = 0
        self._protocol = MQTTProtocolVersion.MQTTv5

    def on_rejected(self, reason: ReasonCode | None) -> None:
        """Choose what to try next after a connection that was closed before it was accepted.

        Args:
            reason: What the broker gave as a reason; None if it closed without one, as old brokers do on a
                version that they do not know. A reason that only MQTT 5 has proves version 5.
        """
        number = reason.value if reason is not None else None
        if number in (_RETAIN_UNSUPPORTED, _QOS_UNSUPPORTED):
            self._will_retain = self._will_retain and number != _RETAIN_UNSUPPORTED
            self._will_qos = 0 if number == _QOS_UNSUPPORTED else self._will_qos
        if number is not None and number >= _FIRST_OF_MQTT_5 and number != _UNSUPPORTED_VERSION:
            self._hung_up = 0
            return
        self._hung_up = (self._hung_up + 1) % (_BEFORE_OLDER_VERSION + 1)
        older = number == _UNSUPPORTED_VERSION or self._hung_up == _BEFORE_OLDER_VERSION
        self._protocol = MQTTProtocolVersion.MQTTv311 if older else MQTTProtocolVersion.MQTTv5


class _Client(paho.Client):
    """A client of paho's whose socket is a `PacketSocket`, and whose handshakes end in time."""

    def __init__(
        self,
        client_id: str,
        *,
        protocol: MQTTProtocolVersion,
        transport: Literal["tcp", "websockets"],
        on_message: Callable[[Received], None],
        answer_limit_s: float,
    ) -> None:
        super().__init__(CallbackAPIVersion.VERSION2, client_id, protocol=protocol, transport=transport)
        self._take_message, self._answer_limit_s = on_message, answer_limit_s

    def _create_socket(self) -> PacketSocket:  # type: ignore[override] # paho has no public way to bring one
        opened = socket.create_connection((self._host, self._port), timeout=self._connect_timeout)
        try:
            for level, option, value in _SOCKET_OPTIONS:
                opened.setsockopt(level, option, value)
            if self._ssl_context is not None:
                # The handshake comes after: paho leaves a socket open whose handshake failed
                opened = self._ssl_context.wrap_socket(
                    opened, server_hostname=self._host, do_handshake_on_connect=False
                )
                opened.do_handshake()
            carrier = self._upgrade(opened) if self._transport == "websockets" else opened
        except BaseException:
            opened.close()
            raise
        v5 = self._protocol == MQTTProtocolVersion.MQTTv5
        return PacketSocket(carrier, self._take_message, v5=v5)

    def _upgrade(self, opened: socket.socket) -> paho._WebsocketWrapper:
        websocket = paho._WebsocketWrapper(  # noqa: SLF001 - paho makes it without a time limit
            socket=TimeLimited(opened, time.monotonic() + self._answer_limit_s),  # type: ignore[arg-type]
            host=self._host,
            port=self._port,
            is_ssl=self._ssl,
            path=self._websocket_path,
            extra_headers=self._websocket_extra_headers,
        )
        websocket._socket = opened  # noqa: SLF001
        return websocket


def is_about_credentials(reason: ReasonCode | None) -> bool:
    """Return whether `reason` means that user name or password are wrong or not allowed."""
    return reason is not None and reason.value in _BAD_CREDENTIALS


def describe(error: OSError) -> str:
    """Return what went wrong in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not verify: {error.verify_message}"
    return error.strerror or str(error) or type(error).__name__
