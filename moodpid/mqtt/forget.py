"""Takes a moodpid out of the home for good: nothing of it stays with the broker or in Home Assistant."""

import secrets

import paho.mqtt.client as paho

from moodpid import config
from moodpid.mqtt.broker import Broker
from moodpid.mqtt.topics import Topics
from moodpid.mqtt.visit import SUBJECT, Line, rights, visit
from moodpid.state import Finding


def forget(
    device: config.Device, settings: config.Mqtt, password: str = "", *, limit_s: float = 10.0
) -> list[Finding]:
    """Delete every retained message of the device; Home Assistant then removes it with its entities.

    Args:
        device: Whom to forget.
        settings: Where the broker is.
        password: For `settings.username`.
        limit_s: How long it may take.

    Raises:
        ConfigError: If the files named for TLS cannot be used.
    """
    broker, topics = Broker(settings, password), Topics.of(device, settings)
    sweep = _Sweep(topics)
    trouble = visit(broker, settings, sweep, limit_s)
    if trouble:
        return [trouble]
    if sweep.stays:
        left = f"{broker.where} still has {len(sweep.stays)} retained messages, {sweep.stays[0]} first"
        return [Finding(False, SUBJECT, left, f"stop the service; {rights(settings, sweep)}")]
    message = f"{broker.where} has forgotten {topics.root} ({len(sweep.deleted)} retained messages)"
    return [Finding(True, SUBJECT, message)]


class _Sweep:
    """Deletes what the broker retains, round by round, until a round shows nothing.

    A round is a subscription, with which the broker shows what it retains, and then a word of ours, whose
    return ends the round: brokers keep the order. One that does not shows the rest in the next round.

    Attributes:
        deleted: The topics that were cleared.
        stays: Those that were there again after that.
    """

    name = "moodpid-forget"

    def __init__(self, topics: Topics) -> None:
        self.over = False
        self.deleted: set[str] = set()
        self.stays: list[str] = []
        self.echo = f"{topics.root}/forget"
        self.topics = self.rights = (f"{topics.root}/#", *filter(None, (topics.discovery,)))
        self._word = b""
        self._shown: list[str] = []

    def listening(self, line: Line) -> None:
        self._word = secrets.token_hex(8).encode()
        line.say(self.echo, self._word)

    def heard(self, line: Line, message: paho.MQTTMessage) -> None:
        if message.topic == self.echo and message.payload == self._word:
            self._end_round(line)
        elif message.retain and message.payload:
            self._shown.append(message.topic)

    def _end_round(self, line: Line) -> None:
        shown, self._shown = self._shown, []
        self.stays = sorted(self.deleted.intersection(shown))
        self.over = not shown or bool(self.stays)
        if not self.over:
            for topic in shown:
                line.say(topic, b"", retain=True)
            self.deleted.update(shown)
            line.listen()
