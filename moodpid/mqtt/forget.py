"""Takes a moodpid out of the home for good: nothing of it stays with the broker or in Home Assistant."""

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
QUIET_S = 0.5
"""No retained message for this long: there are no more."""


def forget(
    device: config.Device, settings: config.Mqtt, password: str = "", *, limit_s: float = 10.0
) -> list[Finding]:
    """Delete every retained message of the device; Home Assistant then removes it with its entities.

    Raises:
        ConfigError: If the files named for TLS cannot be used.
    """
    broker, topics = Broker(settings, password), Topics.of(device, settings)
    visit = _Visit(broker, topics)
    try:
        while not visit.done and not visit.refused:
            visit.last(limit_s)
    except (OSError, TimeoutError) as error:
        return [Finding(False, SUBJECT, f"{broker.where}: {describe(error)}", "try again when it is there")]
    if visit.refused:
        return [Finding(False, SUBJECT, f"{broker.where}: {visit.refused}", "check [mqtt] and its password")]
    message = f"{broker.where} has forgotten {topics.root} ({visit.deleted} retained messages)"
    return [Finding(True, SUBJECT, message)]


class _Visit:
    """Deletes what it is shown, until nothing more comes."""

    def __init__(self, broker: Broker, topics: Topics) -> None:
        self.done = False
        self.refused = ""
        self.deleted = 0
        self._broker = broker
        self._filters = (f"{topics.root}/#", *filter(None, (topics.discovery,)))
        self._news_s = 0.0
        self._tries = 0

    def last(self, limit_s: float) -> None:
        client = self._broker.client(f"moodpid-forget-{secrets.token_hex(4)}", None)
        client.on_connect, client.on_message = self._on_connect, self._on_message
        self._broker.dial(client)
        deadline_s = time.monotonic() + limit_s
        while client.loop(timeout=0.1) == MQTTErrorCode.MQTT_ERR_SUCCESS:
            now_s = time.monotonic()
            self.done = self._news_s > 0 and now_s - self._news_s > QUIET_S
            if self.done or now_s > deadline_s:
                client.disconnect()
        self._tries += 1
        if not self.done and not self.refused and self._tries > 3:  # noqa: PLR2004 - see Broker.turned_away
            raise TimeoutError("does not answer")

    def _on_connect(
        self, client: paho.Client, _data: object, _flags: object, reason: ReasonCode, _properties: object
    ) -> None:
        if is_about_credentials(reason):
            self.refused = str(reason)
        elif reason.is_failure:
            self._broker.turned_away(reason)
        else:
            self._news_s = time.monotonic()
            self._broker.subscribe(client, self._filters)

    def _on_message(self, client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        if message.retain and message.payload:
            client.publish(message.topic, b"", retain=True)
            self.deleted += 1
            self._news_s = time.monotonic()
