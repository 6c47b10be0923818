"""Takes a device out of the home for good: nothing of it stays with the broker or in Home Assistant."""

import secrets
from collections.abc import Iterable, Iterator
from enum import Enum, auto

from moodpid import config
from moodpid.mqtt.broker import Broker, Message, Subscription
from moodpid.mqtt.id_question import Question
from moodpid.mqtt.oneshot import SUBJECT, permission_remedy, run_once
from moodpid.mqtt.orphan_cleanup import retained_topics
from moodpid.mqtt.packet_socket import Received
from moodpid.mqtt.session import Session, SessionEnd
from moodpid.mqtt.timings import Timings
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities, setting_fields
from moodpid.state import Finding

STOP_IT = "stop it first (sudo systemctl stop moodpid)"


def forget(
    device: config.DeviceConfig,
    settings: config.MqttConfig,
    password: str = "",
    *,
    limit_s: float = 10.0,
    timings: Timings = Timings(),  # noqa: B008 - it is frozen
) -> list[Finding]:
    """Delete every retained message of the device; Home Assistant then removes it with its entities.

    An instance that runs would publish everything again: beside one, nothing is deleted.

    Args:
        device: The device's id.
        settings: Where the broker is.
        password: For `settings.username`.
        limit_s: How long it may take to ask whether one runs, and to delete, in seconds.
        timings: How long to listen for an answer.

    Raises:
        ConfigError: The files named for TLS cannot be used.
    """
    broker, topics = Broker(settings, password), Topics.of(device, settings)
    # All that `Sweep` reads: a broker that does not allow it is found before anything is deleted
    question = Question(topics.presence, _prefixes(topics), 2 * timings.listen_s)
    if trouble := run_once(broker, settings, question, limit_s):
        return [trouble]
    if question.host:
        used = f"in use by a running moodpid on {question.host}"
        return [Finding(False, topics.root, used, STOP_IT)]
    sweep = Sweep(topics)
    if trouble := run_once(broker, settings, sweep, limit_s):
        return [trouble]
    return [_result(broker, settings, topics, sweep)]


def _result(broker: Broker, settings: config.MqttConfig, topics: Topics, sweep: "Sweep") -> Finding:
    if sweep.stays:
        left = f"{broker.address} still has {len(sweep.stays)} retained messages, {sweep.stays[0]} first"
        return Finding(False, SUBJECT, left, f"stop the service; {permission_remedy(settings, sweep)}")
    text = f"{broker.address} has forgotten {topics.root} ({len(sweep.deleted)} retained messages)"
    if sweep.hidden:
        text += "; it shows retained messages only topic by topic, so those of another version may stay"
    return Finding(True, SUBJECT, text)


class Sweep:
    """Deletes what the broker retains, round by round, until a round shows nothing.

    A round is a subscription, with which the broker shows what it retains, and then a message of our own,
    whose return ends the round: brokers keep the order. One that does not shows the rest in the next round.
    Some brokers show nothing for wildcards: the topics known by name are read and deleted at the end.

    Attributes:
        deleted: The topics that were cleared.
        stays: Those that were there again after that.
        hidden: The broker retained messages that it did not show for wildcards.
    """

    name = "moodpid-forget"
    will: Message | None = None

    def __init__(self, topics: Topics) -> None:
        self.done = False
        self.deleted: set[str] = set()
        self.stays: list[str] = []
        self.hidden = False
        self.echo = topics.forget
        self.topics = self.required_topics = _prefixes(topics)
        self._known = tuple(known_topics(topics))
        self._phase = _Phase.BY_PREFIX
        self._word = b""
        self._shown: set[str] = set()

    def on_subscribed(self, session: Session) -> None:
        """Send the message whose return ends the round."""
        self._word = secrets.token_hex(8).encode()
        session.publish(Message(self.echo, self._word, retain=False))

    def on_message(self, session: Session, message: Received) -> None:
        """Note what the broker retains, or end the round."""
        if self._word and message.topic == self.echo and message.payload == self._word:
            self._word = b""  # it comes once for each subscription that it matches
            self._end_round(session)
        elif message.retained and message.payload != b"":
            self._shown.add(message.topic)

    def on_idle(self, session: Session) -> None:
        """Wait: messages alone decide."""

    def fault(self, _end: SessionEnd) -> None:
        """Leave it to the session's end itself."""

    def _end_round(self, session: Session) -> None:
        shown, self._shown = self._shown, set()
        self.stays = sorted(self.deleted & shown)
        match self._phase:
            case _ if self.stays:
                self.done = True
            case _Phase.BY_PREFIX if shown:
                self._delete(session, shown, shown)
            case _Phase.BY_PREFIX:
                self._phase = _Phase.BY_NAME
                self._subscribe(session, self._known)
            case _Phase.BY_NAME:
                self.hidden = bool(shown)
                self._phase = _Phase.CHECK
                # Whatever was shown: some brokers show nothing that is retained
                self._delete(session, shown, self._known)
            case _Phase.CHECK if shown:
                self._delete(session, shown, shown)
            case _Phase.CHECK:
                self.done = True

    def _delete(self, session: Session, shown: set[str], topics: Iterable[str]) -> None:
        for topic in topics:
            session.publish(Message(topic, ""))
        self.deleted |= shown
        self._subscribe(session, self.topics if self._phase is _Phase.BY_PREFIX else self._known)

    def _subscribe(self, session: Session, topics: Iterable[str]) -> None:
        session.subscribe([Subscription(topic) for topic in topics])


class _Phase(Enum):
    """What a round reads: everything by its prefix, each known topic, and these once more."""

    BY_PREFIX = auto()
    BY_NAME = auto()
    CHECK = auto()


def _prefixes(topics: Topics) -> tuple[str, ...]:
    """Return filters for all topics of the device."""
    return (f"{topics.root}/#", *filter(None, (topics.discovery,)))


def known_topics(topics: Topics) -> Iterator[str]:
    """Yield every topic on which this version or a careless client may have left a retained message."""
    yield from retained_topics(topics)
    yield from (topics.event, topics.picture, topics.presence, topics.doctor, topics.forget)
    yield from (topics.setter(field.key) for field in setting_fields(Capabilities()))
