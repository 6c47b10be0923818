"""Asks whether an instance with an id runs: what the broker retains of one may be of the past."""

import math
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import TypeAlias

from moodpid import config
from moodpid.errors import ConfigError
from moodpid.mqtt import id_claim
from moodpid.mqtt.broker import Broker, Message
from moodpid.mqtt.oneshot import run_once
from moodpid.mqtt.packet_socket import Received
from moodpid.mqtt.session import Session, SessionEnd
from moodpid.mqtt.timings import Timings
from moodpid.mqtt.topics import Topics


class Question:
    """Asks on `presence`, and listens for an answer, in a session of its own.

    Args:
        presence: The topic on which instances with the id answer.
        topics: What is read and has to be allowed, that topic included.
        listen_s: How long to listen for an answer, in seconds.

    Attributes:
        host: Where one runs, empty if none does.
    """

    name = "moodpid-question"
    will: Message | None = None

    def __init__(self, presence: str, topics: tuple[str, ...], listen_s: float) -> None:
        self.host: str = ""
        self.echo = presence
        self.topics = self.required_topics = topics
        self._listen_s = listen_s
        self._question = id_claim.question(socket.gethostname())
        self._until_s = math.inf

    @property
    def done(self) -> bool:
        """Whether one has answered, or none has for long enough since the question came back."""
        return bool(self.host) or time.monotonic() >= self._until_s

    def on_subscribed(self, session: Session) -> None:
        """Ask."""
        session.publish(Message(self.echo, self._question.as_json(), retain=False))

    def on_message(self, _session: Session, message: Received) -> None:
        """Take in an answer, or the question itself."""
        claim = None
        if message.topic == self.echo and not message.retained and message.payload:
            claim = id_claim.parse(message.payload)
        if claim and claim.token == self._question.token:
            self._until_s = time.monotonic() + self._listen_s
        elif claim:
            self.host = claim.host

    def on_idle(self, session: Session) -> None:
        """Wait: messages and time alone decide."""

    def fault(self, _end: SessionEnd) -> None:
        """Leave it to the session's end itself."""


@dataclass(frozen=True, slots=True)
class IdUse:
    """What a question has shown.

    Attributes:
        host: Where an instance with the id runs, empty if none does.
        trouble: Why that is not known, empty if it is.
    """

    host: str = ""
    trouble: str = ""


Answer: TypeAlias = Future[IdUse]
Ask: TypeAlias = Callable[[Topics], Answer]


def ask_in_background(settings: config.MqttConfig, password: str, timings: Timings, topics: Topics) -> Answer:
    """Begin to ask whether an instance with these topics runs; return at once.

    A session of its own: some brokers end one that reads or writes what it may not.

    Args:
        settings: Where the broker is.
        password: For `settings.username`.
        timings: How long to listen, and how long the broker may take.
        topics: Of the instance.
    """
    answer: Answer = Future()

    def ask() -> None:
        try:
            answer.set_result(_ask(settings, password, timings, topics))
        except Exception as error:  # noqa: BLE001 - raised where the answer is read, or that would wait for ever
            answer.set_exception(error)

    Thread(target=ask, name="mqtt-question", daemon=True).start()
    return answer


def _ask(settings: config.MqttConfig, password: str, timings: Timings, topics: Topics) -> IdUse:
    listen_s = 2 * timings.listen_s
    question = Question(topics.presence, (topics.presence,), listen_s)
    try:
        broker = Broker(settings, password)
    except ConfigError as error:
        return IdUse(trouble=str(error))
    if trouble := run_once(broker, settings, question, timings.answer_limit_s + listen_s):
        return IdUse(trouble=f"{trouble.message}; {trouble.remedy}")
    return IdUse(question.host)
