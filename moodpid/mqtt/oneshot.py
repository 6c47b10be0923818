"""A short call on the broker: connect, do one errand, disconnect, all within a time limit."""

import secrets
import shutil
import ssl
import time
from dataclasses import dataclass
from typing import Protocol

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from moodpid import config
from moodpid.mqtt.broker import Broker, describe, is_about_credentials
from moodpid.state import Finding

SUBJECT = "broker"
PASSWORD = "/etc/moodpid/mqtt-password"  # noqa: S105 - where it is, as docs/install.md has it
UNTRUSTED_REMEDY = "set [mqtt] tls_ca to the file of the authority that signed it, and host to the name in it"
PERHAPS_TLS = "check [mqtt] port; if the broker wants TLS, set tls = true"
_PROGRAMS = "/usr/local/sbin:/usr/sbin:/usr/bin"  # not every user's PATH has them all
TRIES = 4  # the broker may want the older version of the protocol, see Broker.turned_away


@dataclass(frozen=True, slots=True)
class TaskSession:
    """What an errand may do while we are connected."""

    _broker: Broker
    _client: paho.Client
    _topics: tuple[str, ...]

    def subscribe(self) -> None:
        """Subscribe to the errand's topics: the broker shows what it retains, and `listening` is called."""
        self._broker.subscribe(self._client, self._topics)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish."""
        self._client.publish(topic, payload, retain=retain)


class BrokerTask(Protocol):
    """What a visit is for.

    Attributes:
        name: Begins the client id.
        topics: What is heard.
        echo: The topic on which the errand hears itself.
        required_topics: What a broker must let us read and write.
    """

    name: str
    topics: tuple[str, ...]
    echo: str
    required_topics: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether there is nothing more to do."""

    def on_subscribed(self, line: TaskSession) -> None:
        """The broker has granted the subscription."""

    def on_message(self, line: TaskSession, message: paho.MQTTMessage) -> None:
        """A message on one of the topics."""


def run_once(
    broker: Broker, settings: config.MqttConfig, errand: BrokerTask, limit_s: float
) -> Finding | None:
    """Connect as the service would, MQTT 3.1.1 included, and do the errand.

    Args:
        broker: Whom to visit.
        settings: What the broker was made of.
        errand: What to do there.
        limit_s: How long all of it may take; connecting may add `broker.CONNECT_LIMIT_S` to it.

    Returns:
        What kept the errand from being done, None if nothing did.
    """
    deadline_s = time.monotonic() + limit_s
    for _ in range(TRIES):
        call = _Attempt(broker, errand)
        try:
            call.run(deadline_s)
        except ssl.SSLCertVerificationError as error:
            return _unreachable(broker, describe(error), UNTRUSTED_REMEDY)
        except OSError as error:
            return _unreachable(broker, describe(error), _unreachable_remedy(settings))
        except Exception as error:  # noqa: BLE001 - paho raises whatever a malformed packet makes it meet
            return _unreachable(broker, f"does not speak MQTT ({error!r})", _unreachable_remedy(settings))
        if call.connected or is_about_credentials(call.reason) or not call.closed:
            break
        broker.on_rejected(call.reason)
    return None if errand.done else _finding(call, broker, settings, errand)


class _Attempt:
    """One connection, until the errand is over, the broker refused or closed, or it took too long."""

    def __init__(self, broker: Broker, errand: BrokerTask) -> None:
        self.connected = self.closed = False
        self.reason: ReasonCode | None = None
        self.denied_topics = ""
        self._broker, self._task = broker, errand

    def run(self, deadline_s: float) -> None:
        client = self._broker.client(f"{self._task.name}-{secrets.token_hex(4)}", None)
        client.on_connect, client.on_subscribe = self._on_connect, self._on_subscribe
        client.on_message = self._on_message
        self._broker.connect(client)
        while not self._task.done and not self.denied_topics and time.monotonic() < deadline_s:
            if client.loop(timeout=0.1) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                self.closed = True
                return
        client.disconnect()
        client.loop(timeout=0.1)

    def _session(self, client: paho.Client) -> TaskSession:
        return TaskSession(self._broker, client, self._task.topics)

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        self.connected, self.reason = not reason.is_failure, reason
        if self.connected:
            self._broker.on_accepted()
            self._session(client).subscribe()

    def _on_subscribe(
        self, client: paho.Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: object
    ) -> None:
        granted = zip(self._task.topics, reasons, strict=False)
        self.denied_topics = "; ".join(
            f"{topic} ({reason})" for topic, reason in granted if reason.is_failure
        )
        if not self.denied_topics:
            self._task.on_subscribed(self._session(client))

    def _on_message(self, client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        self._task.on_message(self._session(client), message)


def _finding(call: _Attempt, broker: Broker, settings: config.MqttConfig, errand: BrokerTask) -> Finding:
    if is_about_credentials(call.reason):
        who = f"the user {settings.username!r}" if settings.username else "a client without user name"
        file = settings.password_file or PASSWORD
        remedy = f"sudo install -m 640 -g moodpid /dev/stdin {file}, and type the password"
        if not settings.username:
            remedy = "set username in [mqtt], and its password as docs/install.md says"
        return Finding(False, SUBJECT, f"{broker.address} refuses {who}: {call.reason}", remedy)
    if call.connected:
        but = (
            f"does not let us read {call.denied_topics}"
            if call.denied_topics
            else f"a message to {errand.echo} does not come back"
        )
        return Finding(
            False, SUBJECT, f"{broker.address} lets us in, but {but}", permission_remedy(settings, errand)
        )
    if call.closed:
        remedy = _unreachable_remedy(settings) if settings.tls else PERHAPS_TLS
        return _unreachable(broker, "closes the connection at once", remedy)
    return _unreachable(broker, "accepts the connection and says nothing", _unreachable_remedy(settings))


def permission_remedy(settings: config.MqttConfig, errand: BrokerTask) -> str:
    """What to do about a broker that does not let us do the errand."""
    return f"allow {settings.username or 'moodpid'} to read and write {' and '.join(errand.required_topics)}"


def _unreachable(broker: Broker, why: str, remedy: str) -> Finding:
    return Finding(False, SUBJECT, f"{broker.address}: {why}", remedy)


def _unreachable_remedy(settings: config.MqttConfig) -> str:
    """What to do where no broker answers."""
    if settings.host in ("localhost", "127.0.0.1", "::1"):
        installed = shutil.which("mosquitto", path=_PROGRAMS)
        start = "sudo systemctl enable --now mosquitto" if installed else "sudo apt install mosquitto"
        return f"{start}; or set host and port in [mqtt]"
    return "check [mqtt] host and port; on the broker's machine: systemctl status mosquitto"
