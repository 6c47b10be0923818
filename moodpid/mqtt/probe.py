"""Tries the broker for real, for the doctor: reached, let in, and heard below our topics."""

import secrets
import time

import paho.mqtt.client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from moodpid import config
from moodpid.mqtt.broker import Broker, describe, is_about_credentials
from moodpid.mqtt.topics import Topics
from moodpid.state import Finding

SUBJECT = "broker"
PASSWORD = "/etc/moodpid/mqtt-password"  # noqa: S105 - where it is, as docs/install.md has it
TRIES = 4  # the broker may want the older version of the protocol


def probe(
    device: config.Device, settings: config.Mqtt, password: str = "", *, limit_s: float = 5.0
) -> list[Finding]:
    """Connect as the service would, and send a message to ourselves.

    Args:
        device: Who we are.
        settings: Where the broker is.
        password: For `settings.username`.
        limit_s: How long to wait for an answer, for each try.

    Raises:
        ConfigError: If the files named for TLS cannot be used.
    """
    broker = Broker(settings, password)
    topic = f"{Topics.of(device, settings).root}/doctor"
    for _ in range(TRIES):
        visit = _Visit(broker, topic)
        try:
            visit.last(limit_s)
        except OSError as error:
            return [_unreachable(broker, describe(error), settings)]
        except Exception as error:  # noqa: BLE001 - paho raises whatever a malformed packet makes it meet
            return [_unreachable(broker, f"does not speak MQTT ({error!r})", settings)]
        if visit.connected or is_about_credentials(visit.reason) or not visit.closed:
            break
        broker.turned_away(visit.reason)
    return [_finding(visit, broker, settings, topic)]


class _Visit:
    """One connection, until our own message came back, the broker closed, or it took too long."""

    def __init__(self, broker: Broker, topic: str) -> None:
        self.connected = self.heard = self.closed = False
        self.reason: ReasonCode | None = None
        self._broker, self._topic, self._word = broker, topic, secrets.token_hex(8).encode()

    def last(self, limit_s: float) -> None:
        client = self._broker.client(f"moodpid-doctor-{secrets.token_hex(4)}", None)
        client.on_connect, client.on_subscribe = self._on_connect, self._on_subscribe
        client.on_message = self._on_message
        self._broker.dial(client)
        deadline_s = time.monotonic() + limit_s
        while not self.heard and time.monotonic() < deadline_s:
            if client.loop(timeout=0.1) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                self.closed = True
                return
        client.disconnect()
        client.loop(timeout=0.1)

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        self.connected, self.reason = not reason.is_failure, reason
        if self.connected:
            self._broker.subscribe(client, (self._topic,))

    def _on_subscribe(self, client: paho.Client, *_: object) -> None:
        client.publish(self._topic, self._word)

    def _on_message(self, _client: object, _data: object, message: paho.MQTTMessage) -> None:
        self.heard = self.heard or message.payload == self._word


def _finding(visit: _Visit, broker: Broker, settings: config.Mqtt, topic: str) -> Finding:
    if visit.heard:
        return Finding(True, SUBJECT, f"{broker.where} hears us and lets us hear ({broker.version})")
    if is_about_credentials(visit.reason):
        who = f"the user {settings.username!r}" if settings.username else "a client without user name"
        file = settings.password_file or PASSWORD
        remedy = f"sudo install -m 640 -g moodpid /dev/stdin {file}, and type the password"
        if not settings.username:
            remedy = "set username in [mqtt], and its password as docs/install.md says"
        return Finding(False, SUBJECT, f"{broker.where} refuses {who}: {visit.reason}", remedy)
    if visit.connected:
        return Finding(
            False,
            SUBJECT,
            f"{broker.where} lets us in, but a message to {topic} does not come back",
            f"allow {settings.username or 'moodpid'} to read and write {topic.rpartition('/')[0]}/#",
        )
    why = "closes the connection at once" if visit.closed else "accepts the connection and says nothing"
    return _unreachable(broker, why, settings)


def _unreachable(broker: Broker, why: str, settings: config.Mqtt) -> Finding:
    remedy = "check [mqtt] host and port; on the broker's machine: systemctl status mosquitto"
    if settings.host in ("localhost", "127.0.0.1", "::1"):
        remedy = "sudo systemctl enable --now mosquitto; or set host and port in [mqtt]"
    if "certificate" in why:
        remedy = "set [mqtt] tls_ca to the file of the authority that signed it, and host to the name in it"
    elif not settings.tls and "close" in why:
        remedy = "check [mqtt] port; if the broker wants TLS, set tls = true"
    return Finding(False, SUBJECT, f"{broker.where}: {why}", remedy)
