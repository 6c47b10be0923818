"""Tries the broker for real, for the doctor: reached, let in, and heard below our topics."""

import secrets

import paho.mqtt.client as paho

from moodpid import config
from moodpid.mqtt.broker import Broker
from moodpid.mqtt.oneshot import SUBJECT, TaskSession, run_once
from moodpid.mqtt.topics import Topics
from moodpid.state import Finding


def probe(
    device: config.DeviceConfig, settings: config.MqttConfig, password: str = "", *, limit_s: float = 5.0
) -> list[Finding]:
    """Connect as the service would, and send a message to ourselves.

    Args:
        device: Who we are.
        settings: Where the broker is.
        password: For `settings.username`.
        limit_s: How long to wait for an answer.

    Raises:
        ConfigError: If the files named for TLS cannot be used.
    """
    broker = Broker(settings, password)
    trouble = run_once(broker, settings, _Echo(Topics.of(device, settings)), limit_s)
    well = Finding(True, SUBJECT, f"{broker.address} hears us and lets us hear ({broker.version})")
    return [trouble or well]


class _Echo:
    """Says a word and is over when it comes back."""

    name = "moodpid-doctor"

    def __init__(self, topics: Topics) -> None:
        self.done = False
        self.echo = f"{topics.root}/doctor"
        self.topics: tuple[str, ...] = (self.echo,)
        self.required_topics: tuple[str, ...] = (f"{topics.root}/#",)
        self._word = secrets.token_hex(8).encode()

    def on_subscribed(self, line: TaskSession) -> None:
        line.publish(self.echo, self._word)

    def on_message(self, _line: TaskSession, message: paho.MQTTMessage) -> None:
        self.done = self.done or message.payload == self._word
