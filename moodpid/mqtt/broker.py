"""How to speak to the broker that the configuration names: address, TLS, credentials, protocol version."""

import contextlib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from moodpid import config
from moodpid.errors import ConfigError

CONNECT_LIMIT_S = 5.0
KEEPALIVE_S = 20
MAX_PACKET_BYTES = 64 * 1024
"""Bytes; an MQTT 5 broker keeps larger messages to itself."""

_BAD_CREDENTIALS = {134, 135}  # MQTT 5, 3.2.2.2: bad user name or password, not authorized
_UNSUPPORTED_VERSION = 132
_PORTS = {
    (config.Transport.TCP, False): 1883,
    (config.Transport.TCP, True): 8883,
    (config.Transport.WEBSOCKETS, False): 80,
    (config.Transport.WEBSOCKETS, True): 443,
}
_BEFORE_OLDER_VERSION = 2  # some old brokers hang up on MQTT 5 instead of saying that they lack it


@dataclass(frozen=True, slots=True)
class Message:
    """One message to publish."""

    topic: str
    payload: str | bytes
    retain: bool = True


class Broker:
    """Makes clients for the broker, with MQTT 5 unless it turns out to know only 3.1.1.

    Attributes:
        address: Host and port, for messages.

    Raises:
        ConfigError: If the files named for TLS cannot be used.
    """

    def __init__(self, settings: config.MqttConfig, password: str = "") -> None:
        self._settings, self._password = settings, password
        self._tls = _tls_context(settings)
        self._port = settings.port or _PORTS[settings.transport, settings.tls]
        self._protocol = MQTTProtocolVersion.MQTTv5
        self._hung_up = 0
        self.address = f"{settings.host}:{self._port}"

    @property
    def version(self) -> str:
        """The protocol's version that is spoken, in words."""
        return "MQTT 5" if self._is_v5 else "MQTT 3.1.1"

    @property
    def _is_v5(self) -> bool:
        return self._protocol == MQTTProtocolVersion.MQTTv5

    def client(self, client_id: str, will: Message | None) -> paho.Client:
        """A client that is not yet connected, and whose loop the caller runs."""
        transport: Literal["tcp", "websockets"] = self._settings.transport.value
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id, protocol=self._protocol, transport=transport
        )
        if self._settings.transport is config.Transport.WEBSOCKETS:
            client.ws_set_options(self._settings.path)
        client.connect_timeout = CONNECT_LIMIT_S
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
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
            OSError: If there is nobody, or the TLS handshake fails.
        """
        if not self._is_v5:
            client.connect(self._settings.host, self._port, KEEPALIVE_S)
            return
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call] # paho leaves it untyped
        properties.MaximumPacketSize = MAX_PACKET_BYTES
        client.connect(self._settings.host, self._port, KEEPALIVE_S, clean_start=True, properties=properties)

    def subscribe(self, client: paho.Client, topics: tuple[str, ...]) -> None:
        """Ask for messages on `topics`; with MQTT 5 they keep their retain flag on the way."""
        if self._is_v5:
            options = SubscribeOptions(qos=0, retainAsPublished=True)
            client.subscribe([(topic, options) for topic in topics])
        else:
            client.subscribe([(topic, 0) for topic in topics])

    def on_accepted(self) -> None:
        """It answered: the version is right."""
        self._hung_up = 0

    def on_rejected(self, reason: ReasonCode | None) -> None:
        """It closed before we were connected: perhaps it wants the other version of the protocol."""
        self._hung_up = (self._hung_up + 1) % (_BEFORE_OLDER_VERSION + 1)
        told = reason is not None and reason.value == _UNSUPPORTED_VERSION
        older = told or self._hung_up == _BEFORE_OLDER_VERSION
        self._protocol = MQTTProtocolVersion.MQTTv311 if older else MQTTProtocolVersion.MQTTv5


def is_about_credentials(reason: ReasonCode | None) -> bool:
    """Whether `reason` says that user name or password are wrong or not allowed."""
    return reason is not None and reason.value in _BAD_CREDENTIALS


def describe(error: OSError) -> str:
    """What went wrong, in a few words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate does not verify: {error.verify_message}"
    return error.strerror or str(error) or type(error).__name__


def _tls_context(settings: config.MqttConfig) -> ssl.SSLContext | None:
    if not settings.tls:
        return None
    with _told("tls_ca", settings.tls_ca):
        context = ssl.create_default_context(cafile=settings.tls_ca or None)
    if settings.tls_certificate:
        with _told("tls_certificate", settings.tls_certificate):
            context.load_cert_chain(settings.tls_certificate, settings.tls_key or None)
    return context


@contextlib.contextmanager
def _told(key: str, file: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        what = "holds no certificate in PEM form, or not the one that fits the key"
        raise ConfigError(f"[mqtt] {key}: {file}: {what}") from error
    except OSError as error:
        raise ConfigError(f"[mqtt] {key}: {file}: {error.strerror}") from error
