"""Takes a moodpid out of the home for good: nothing of it stays with the broker or in Home Assistant."""

import math
import secrets
import socket
import time

import paho.mqtt.client as paho

from moodpid import config
from moodpid.mqtt import id_claim
from moodpid.mqtt.broker import Broker
from moodpid.mqtt.oneshot import SUBJECT, TaskSession, permission_remedy, run_once
from moodpid.mqtt.topics import Topics
from moodpid.state import Finding

LISTEN_S = 2 * id_claim.LISTEN_S
"""How long we listen for a moodpid that is alive; one that came just before us speaks in half of it."""
STOP_IT = "stop it first (sudo systemctl stop moodpid)"


def forget(
    device: config.DeviceConfig, settings: config.MqttConfig, password: str = "", *, limit_s: float = 10.0
) -> list[Finding]:
    """Delete every retained message of the device; Home Assistant then removes it with its entities.

    A moodpid that is alive would tell everything again: beside one, nothing is deleted.

    Args:
        device: Whom to forget.
        settings: Where the broker is.
        password: For `settings.username`.
        limit_s: How long it may take to ask who is there, and to delete.

    Raises:
        ConfigError: If the files named for TLS cannot be used.
    """
    broker, topics = Broker(settings, password), Topics.of(device, settings)
    question = _Question(topics)
    if trouble := run_once(broker, settings, question, limit_s):
        return [trouble]
    if question.host:
        used = f"in use by a running moodpid on {question.host}"
        return [Finding(False, topics.root, used, STOP_IT)]
    sweep = _Sweep(topics)
    trouble = run_once(broker, settings, sweep, limit_s)
    if trouble:
        return [trouble]
    if sweep.stays:
        left = f"{broker.address} still has {len(sweep.stays)} retained messages, {sweep.stays[0]} first"
        return [Finding(False, SUBJECT, left, f"stop the service; {permission_remedy(settings, sweep)}")]
    message = f"{broker.address} has forgotten {topics.root} ({len(sweep.deleted)} retained messages)"
    return [Finding(True, SUBJECT, message)]


class _Question:
    """Asks whether a moodpid of this id is alive: what the broker retains of one may be of the past.

    It listens to all that `_Sweep` will, so that a broker that does not let us is found before we delete.

    Attributes:
        host: Where one is alive, empty if none is.
    """

    name = "moodpid-forget"

    def __init__(self, topics: Topics) -> None:
        self.host = ""
        self.echo = topics.presence
        self.topics = self.required_topics = _all_of(topics)
        self._hello = id_claim.question(socket.gethostname())
        self._until_s = math.inf

    @property
    def done(self) -> bool:
        """Whether one has answered, or none has for long enough since our own question came back."""
        return bool(self.host) or time.monotonic() >= self._until_s

    def on_subscribed(self, line: TaskSession) -> None:
        line.publish(self.echo, self._hello.as_json().encode())

    def on_message(self, _line: TaskSession, message: paho.MQTTMessage) -> None:
        hello = None
        if message.topic == self.echo and not message.retain:
            hello = id_claim.parse(bytes(message.payload))
        if hello and hello.token == self._hello.token:
            self._until_s = time.monotonic() + LISTEN_S
        elif hello:
            self.host = hello.host


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
        self.done = False
        self.deleted: set[str] = set()
        self.stays: list[str] = []
        self.echo = f"{topics.root}/forget"
        self.topics = self.required_topics = _all_of(topics)
        self._word = b""
        self._shown: list[str] = []

    def on_subscribed(self, line: TaskSession) -> None:
        self._word = secrets.token_hex(8).encode()
        line.publish(self.echo, self._word)

    def on_message(self, line: TaskSession, message: paho.MQTTMessage) -> None:
        if message.topic == self.echo and message.payload == self._word:
            self._end_round(line)
        elif message.retain and message.payload:
            self._shown.append(message.topic)

    def _end_round(self, line: TaskSession) -> None:
        shown, self._shown = self._shown, []
        self.stays = sorted(self.deleted.intersection(shown))
        self.done = not shown or bool(self.stays)
        if not self.done:
            for topic in shown:
                line.publish(topic, b"", retain=True)
            self.deleted.update(shown)
            line.subscribe()


def _all_of(topics: Topics) -> tuple[str, ...]:
    """Wherever the broker may retain something of ours."""
    return (f"{topics.root}/#", *filter(None, (topics.discovery,)))
