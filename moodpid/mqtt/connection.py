"""The lasting connection to the broker, on a thread of its own: made, lost, and made again."""

import itertools
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from paho.mqtt.reasoncodes import ReasonCode

from moodpid.mqtt.broker import Broker, BrokerLimits, Message, Subscription, describe, is_about_credentials
from moodpid.mqtt.packet_socket import Received
from moodpid.mqtt.reconnect_delay import ReconnectDelay
from moodpid.mqtt.session import DeliveryStatus, EndKind, Session, SessionEnd
from moodpid.mqtt.timings import Timings
from moodpid.text import clean

_UNSTABLE = 2  # sessions in a row that ended soon: the connection keeps dropping

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """What a connection is for.

    Attributes:
        name: Begins the client id; a random part follows, so that two instances do not throw each other out.
        will: What the broker publishes when the connection is lost.
        last_message: Returns what is published before the connection is closed.
        subscriptions: The topics to read.
        on_message: Called on the network thread with each message; what it returns is published.
    """

    name: str
    will: Message
    last_message: Callable[[], Message | None]
    subscriptions: tuple[Subscription, ...]
    on_message: Callable[[Received], Message | None]


class Connection(Protocol):
    """What the publisher needs of a connection to the broker."""

    @property
    def session(self) -> int:
        """A number for each session, 0 while there is none."""

    @property
    def limits(self) -> BrokerLimits:
        """What the broker takes."""

    @property
    def last_end(self) -> SessionEnd | None:
        """How the session before ended, None if it was stable or there was none."""

    def start(self) -> None:
        """Begin to connect, in the background."""

    def publish(self, message: Message, qos: int = 0) -> DeliveryStatus:
        """Send a message without waiting; forgotten if there is no session."""

    def stop(self) -> None:
        """Publish the last message and begin to disconnect; return at once."""

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; return False if it has not come within `timeout_s` seconds."""


class BrokerConnection:
    """Keeps one connection, and makes it again whenever it is lost.

    The thread of this class runs paho's network loop: paho's own thread backs off without jitter, waits for
    ever for an answer, dies of a malformed packet, and cannot be joined with a time limit.

    Args:
        broker: Where to connect.
        options: What the connection is for.
        timings: Time limits and pauses.

    Attributes:
        session: A number for each session, 0 while there is none.
        last_end: How the session before ended, None if it was stable or there was none.
    """

    def __init__(self, broker: Broker, options: ConnectionOptions, timings: Timings = Timings()) -> None:  # noqa: B008 - frozen
        self.session = 0
        self.last_end: SessionEnd | None = None
        self._broker, self._options, self._timings = broker, options, timings
        self._client_id = f"{options.name}-{secrets.token_hex(4)}"
        self._numbers = itertools.count(1)
        self._session: Session | None = None
        self._connected_s = 0.0
        self._log = ConnectionLog(broker)
        self._delay = ReconnectDelay(timings)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    @property
    def limits(self) -> BrokerLimits:
        """What the broker takes."""
        return self._session.limits if self._session else BrokerLimits()

    def start(self) -> None:
        """Begin to connect, in the background."""
        self._thread.start()

    def publish(self, message: Message, qos: int = 0) -> DeliveryStatus:
        """Send a message without waiting; forgotten if there is no session."""
        session = self._session
        return session.publish(message, qos) if session else DeliveryStatus(None, {})

    def stop(self) -> None:
        """Publish the last message and begin to disconnect; return at once."""
        self._stop.set()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end of the thread; return False if it lives after `timeout_s` seconds."""
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while not self._stop.is_set():
            session = Session(self._broker, self._client_id, will=self._options.will, handler=self)
            end = session.run(self._wanted, self._timings.answer_limit_s, self._options.last_message)
            if end.kind is EndKind.LOST:  # before the number: the publisher reads it when the session is gone
                self.last_end = None if end.lasted_s >= self._timings.stable_s else end
            self.session, self._session = 0, None
            if self._stop.is_set():
                return
            self._stop.wait(self._pause_s(end))

    def _wanted(self) -> bool:
        if self.session and time.monotonic() - self._connected_s >= self._timings.stable_s:
            self._log.stable()
        return not self._stop.is_set()

    def _pause_s(self, end: SessionEnd) -> float:
        """Log how a session ended; return how long to wait before the next, in seconds."""
        if end.kind is EndKind.REJECTED and not is_about_credentials(end.reason):
            self._broker.on_rejected(end.reason)
        stable = end.lasted_s >= self._timings.stable_s
        if stable:
            self._broker.on_lost()
        self._log.ended(end, stable=stable)
        return self._delay.next_pause_s(end)

    def on_connected(self, session: Session) -> None:
        """Read the topics, and let the publisher begin."""
        session.subscribe(self._options.subscriptions)
        self._session, self._connected_s = session, time.monotonic()
        self.session = next(self._numbers)
        self._log.connected(session.limits)

    def on_subscribed(self, _session: Session, denied: Mapping[str, ReasonCode]) -> None:
        """Log the topics that may not be read."""
        self._log.denied(denied)

    def on_message(self, session: Session, message: Received) -> None:
        """Pass a message on, and publish the answer to it at once."""
        if answer := self._options.on_message(message):
            session.publish(answer)


class ConnectionLog:
    """Logs the connection's state: one line for each change of state or reason.

    Args:
        broker: Named in the lines.
    """

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._said = ""
        self._short_sessions = 0
        self._limits = BrokerLimits()
        self._denied: set[str] = set()

    def connected(self, limits: BrokerLimits) -> None:
        """Log that the connection is there, unless it keeps dropping."""
        if self._short_sessions < _UNSTABLE:
            self._log_connected()
        if limits != self._limits:
            self._limits = limits
            if not limits.retain:
                log.warning(
                    "the broker at %s keeps no retained messages: clients that start later see no state "
                    "until it changes; allow them on the broker",
                    self._broker.address,
                )

    def stable(self) -> None:
        """Log that a connection that kept dropping has lasted by now."""
        if self._short_sessions >= _UNSTABLE:
            self._log_connected()
        self._short_sessions = 0

    def ended(self, end: SessionEnd, *, stable: bool) -> None:
        """Log why there is no connection, if that is news."""
        what = explain(end)
        if end.kind is EndKind.LOST:
            self._short_sessions = 0 if stable else self._short_sessions + 1
            if self._short_sessions >= _UNSTABLE:
                why = end.reason or "without a reason"
                what = f"keeps closing the connection ({why}); retrying with growing pauses"
        self._log_line(logging.WARNING, f"the broker at {self._broker.address} {what}")

    def denied(self, denied: Mapping[str, ReasonCode]) -> None:
        """Log the topics that may not be read, once each."""
        if new := {topic: reason for topic, reason in denied.items() if topic not in self._denied}:
            self._denied.update(new)
            first, reason = next(iter(new.items()))
            more = f" and {len(new) - 1} more topics" if len(new) > 1 else ""
            log.warning("the broker at %s denies reading %s%s: %s", self._broker.address, first, more, reason)

    def _log_connected(self) -> None:
        self._log_line(
            logging.INFO, f"connected to the broker at {self._broker.address} ({self._broker.version})"
        )

    def _log_line(self, level: int, line: str) -> None:
        if line != self._said:
            self._said = line
            log.log(level, "%s", clean(line, 500))


def explain(end: SessionEnd) -> str:
    """Return why a session ended and what follows, to be read after "the broker at X"."""
    match end:
        case SessionEnd(EndKind.UNREACHABLE, error=OSError() as error):
            return f"cannot be reached: {describe(error)}; retrying"
        case SessionEnd(EndKind.NOT_MQTT, error=error):
            return f"does not speak MQTT: {error!r}; retrying"
        case SessionEnd(EndKind.SILENT):
            return "accepts the connection and does not answer; retrying"
        case SessionEnd(EndKind.LOST, reason=reason):
            return f"closed the connection ({reason or 'connection lost'}); retrying"
        case SessionEnd(EndKind.REJECTED, reason=reason) if is_about_credentials(reason):
            return f"refuses the user name or password ({reason}); check [mqtt] username and its password"
        case _:
            return f"closes before the connection is accepted ({end.reason or 'without a reason'}); retrying"
