"""Tries the broker for real, for the doctor: reached, let in, and heard below our topics."""

import secrets

import paho.mqtt.client as paho

from moodpid import config
from moodpid.mqtt.broker import Broker
from moodpid.mqtt.oneshot import SUBJECT, Line, visit
from moodpid.mqtt.topics import Topics
from moodpid.state import Finding


def probe(
    device: config.Device, settings: config.Mqtt, password: str = "", *, limit_s: float = 5.0
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
    trouble = visit(broker, settings, _Echo(Topics.of(device, settings)), limit_s)
    well = Finding(True, SUBJECT, f"{broker.where} hears us and lets us hear ({broker.version})")
    return [trouble or well]


class _Echo:
    """Says a word and is over when it comes back."""

    name = "moodpid-doctor"

    def __init__(self, topics: Topics) -> None:
        self.over = False
        self.echo = f"{topics.root}/doctor"
        self.topics: tuple[str, ...] = (self.echo,)
        self.rights: tuple[str, ...] = (f"{topics.root}/#",)
        self._word = secrets.token_hex(8).encode()

    def listening(self, line: Line) -> None:
        line.say(self.echo, self._word)

    def heard(self, _line: Line, message: paho.MQTTMessage) -> None:
        self.over = self.over or message.payload == self._word
