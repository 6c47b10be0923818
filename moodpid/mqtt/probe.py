"""Tries the broker for the doctor, as the service uses it: will, retained messages, sizes, every prefix.

Everything happens on a topic of the doctor's own but for one message on the discovery topic, which repeats
what stands there already: neither the service nor Home Assistant notices it.
"""

import math
import secrets
import time
from dataclasses import dataclass

from moodpid import config
from moodpid.mqtt.broker import Broker, BrokerLimits, Message, packet_bytes
from moodpid.mqtt.discovery import Discovery
from moodpid.mqtt.oneshot import SUBJECT, run_once
from moodpid.mqtt.packet_socket import Received
from moodpid.mqtt.session import DeliveryStatus, Session, SessionEnd
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities
from moodpid.state import Finding

_SIZE_REMEDY = "raise the broker's limit (max_packet_size and message_size_limit in mosquitto.conf)"
_RETAIN_REMEDY = "allow retained messages on the broker (retain_available true in mosquitto.conf)"


def probe(
    device: config.DeviceConfig,
    settings: config.MqttConfig,
    password: str = "",
    *,
    capabilities: Capabilities = Capabilities(),  # noqa: B008 - it is frozen
    limit_s: float = 5.0,
) -> list[Finding]:
    """Connect as the service would, and send what it would send.

    Args:
        device: The device's id and name.
        settings: Where the broker is.
        password: For `settings.username`.
        capabilities: What this installation can do.
        limit_s: How long all of it may take, in seconds.

    Raises:
        ConfigError: The files named for TLS cannot be used.
    """
    broker, topics = Broker(settings, password), Topics.of(device, settings)
    discovery = Discovery(device, topics, capabilities).payload
    trial = Trial(topics, discovery, user=settings.username or "moodpid", step_limit_s=limit_s / 4)
    if trouble := run_once(broker, settings, trial, limit_s):
        return [trouble]
    if trial.faults:
        return [Finding(False, SUBJECT, f"{broker.address} {what}", remedy) for what, remedy in trial.faults]
    qos = "" if trial.limits.max_qos else "; it offers no quality of service but 0"
    text = (
        f"connected to {broker.address} ({broker.version}), which delivers messages below {topics.root}{qos}"
    )
    return [Finding(True, SUBJECT, text)]


@dataclass(frozen=True, slots=True)
class _Step:
    """One message of the trial.

    Attributes:
        message: What is sent.
        essential: Without it, nothing else is worth a try; and it must come back.
        fault: What is wrong if the broker does not take it, to be read after its address.
        remedy: What to do about it.
    """

    message: Message
    essential: bool
    fault: str
    remedy: str


class Trial:
    """Sends one message after the other and waits for each.

    Args:
        topics: The device's topics.
        discovery: The discovery message, empty without Home Assistant.
        user: Whom to give permissions.
        step_limit_s: How long one message may take, in seconds.

    Attributes:
        faults: What is wrong, each with its remedy.
        limits: What the broker takes.
    """

    name = "moodpid-doctor"

    def __init__(self, topics: Topics, discovery: str, *, user: str, step_limit_s: float) -> None:
        self.done = False
        self.faults: list[tuple[str, str]] = []
        self.limits = BrokerLimits()
        self.echo = topics.doctor
        self.topics: tuple[str, ...] = tuple(filter(None, (topics.doctor, topics.discovery)))
        self.required_topics: tuple[str, ...] = (f"{topics.root}/#", *self.topics[1:])
        self.will: Message | None = Message(topics.doctor, "")
        self._topics, self._discovery, self._user = topics, discovery, user
        self._step_limit_s = step_limit_s
        self._steps: list[_Step] = []
        self._step: _Step | None = None
        self._status: DeliveryStatus | None = None
        self._late_s = math.inf
        self._standing = b""  # what the broker retains on the discovery topic

    def on_subscribed(self, session: Session) -> None:
        """Begin, with what the broker's limits leave to be tried."""
        self.limits = session.limits
        self._steps = [self._small()]
        if not self.limits.retain:
            self.faults.append(("keeps no retained messages", _RETAIN_REMEDY))
        if self._discovery:
            large = self._large()
            if self.limits.fits(large.message):
                self._steps.append(large)
            else:
                self.faults.append((large.fault, large.remedy))
        self._next(session)

    def on_message(self, session: Session, message: Received) -> None:
        """Go on when the message of this step comes back."""
        payload = message.payload or b""
        step = self._step
        if step and message.topic == step.message.topic and payload == _bytes(step.message):
            self._next(session)
        elif message.topic == self._topics.discovery and message.retained:
            self._standing = payload

    def on_idle(self, session: Session) -> None:
        """Go on when the broker has acknowledged this step, or takes too long."""
        step, accepted = self._step, self._status.accepted if self._status else None
        if step is None or (accepted is None and time.monotonic() < self._late_s):
            return
        if accepted and not step.essential and session.reports_refusals:
            self._next(session)
        elif accepted is False or time.monotonic() >= self._late_s:
            reason = self._status.reason if self._status else ""
            self.faults.append((f"{step.fault}{f' ({reason})' if reason else ''}", step.remedy))
            if step.essential:
                self._finish(session)
            else:
                self._next(session)

    def fault(self, end: SessionEnd) -> tuple[str, str] | None:
        """Return what it means that the session ended in this step, and the remedy."""
        if self._step is None:
            return None
        reason = end.reason or "without a reason"
        what = f"closes the connection after a message of {packet_bytes(self._step.message)} bytes on"
        return f"{what} {self._step.message.topic} ({reason})", self._step.remedy

    def _next(self, session: Session) -> None:
        if not self._steps and self._discovery and self._step and self._step.message.topic == self.echo:
            self._steps.append(self._on_discovery_topic())
        self._step = self._steps.pop(0) if self._steps else None
        if self._step is None:
            self._finish(session)
            return
        self._late_s = time.monotonic() + self._step_limit_s
        self._status = session.publish(self._step.message, qos=1)

    def _finish(self, session: Session) -> None:
        session.publish(Message(self.echo, ""))
        self._step, self.done = None, True

    def _small(self) -> _Step:
        message = Message(self.echo, secrets.token_hex(8))
        what = f"does not deliver a message to {self.echo}"
        return _Step(message, True, what, self._allow(f"{self._topics.root}/#"))

    def _large(self) -> _Step:
        word = secrets.token_hex(8)
        message = Message(self.echo, word + "." * max(0, len(self._discovery.encode()) - len(word)))
        what = f"takes no message of {packet_bytes(message)} bytes, the size of the one for Home Assistant"
        return _Step(message, False, what, _SIZE_REMEDY)

    def _on_discovery_topic(self) -> _Step:
        """Repeat what stands there; an empty message where nothing does, which changes nothing."""
        topic = self._topics.discovery
        message = Message(topic, self._standing, retain=True)
        if not self.limits.retain:  # there, nothing would be read as the end of the device
            message = Message(f"{topic}/doctor", b"", retain=False)
        what = f"takes no messages on {topic}, so Home Assistant does not find the device"
        return _Step(message, False, what, self._allow(topic))

    def _allow(self, topic: str) -> str:
        return f"allow {self._user} to read and write {topic}"


def _bytes(message: Message) -> bytes:
    return message.payload.encode() if isinstance(message.payload, str) else message.payload
