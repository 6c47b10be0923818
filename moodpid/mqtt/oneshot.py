"""A short session with the broker, beside the service's: connect, do a task, disconnect, in a time limit."""

import secrets
import shutil
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Protocol

from paho.mqtt.reasoncodes import ReasonCode

from moodpid import config
from moodpid.addresses import is_loopback
from moodpid.mqtt.broker import Broker, Message, Subscription, describe, is_about_credentials
from moodpid.mqtt.packet_socket import Received
from moodpid.mqtt.session import EndKind, Session, SessionEnd
from moodpid.state import Finding

SUBJECT = "broker"
PASSWORD = "/etc/moodpid/mqtt-password"  # noqa: S105 - where it is, as docs/install.md has it
UNTRUSTED_REMEDY = "set [mqtt] tls_ca to the file of the authority that signed it"
NAME_REMEDY = "set [mqtt] host to a name in the broker's certificate"
EXPIRED_REMEDY = (
    "look whether timedatectl shows the right time; if it does, make the broker a new certificate"
)
CLOCK_REMEDY = (
    "set this machine's clock: sudo timedatectl set-ntp true; if it is right, renew the broker's certificate"
)
PERHAPS_TLS = "check [mqtt] port; if the broker wants TLS, set tls = true"
_PROGRAMS = "/usr/local/sbin:/usr/sbin:/usr/bin"  # not every user's PATH has them all

# OpenSSL's verify codes (openssl-verification-options(1), X509_STORE_CTX_get_error(3))
_CERTIFICATE_REMEDIES = {
    9: CLOCK_REMEDY,  # not yet valid
    10: EXPIRED_REMEDY,
    62: NAME_REMEDY,  # another host name
    64: NAME_REMEDY,  # another address
}
_TRIES = 4  # the broker may want another version of the protocol, or a will without its retain flag


class BrokerTask(Protocol):
    """What a session is for; its methods are called on the thread of the session.

    Attributes:
        name: Begins the client id.
        topics: What is read.
        will: What the broker publishes if the session is lost; None for nothing.
        echo: The topic on which the task receives its own message.
        required_topics: What a broker must allow to read and write.
    """

    name: str
    topics: tuple[str, ...]
    will: Message | None
    echo: str
    required_topics: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether there is nothing more to do."""

    def on_subscribed(self, session: Session) -> None:
        """Return the broker has granted the subscriptions."""

    def on_message(self, session: Session, message: Received) -> None:
        """Return a message has come on one of the topics."""

    def on_idle(self, session: Session) -> None:
        """Nothing has come for a moment."""

    def fault(self, end: SessionEnd) -> tuple[str, str] | None:
        """Return what the end of the session means for the task, and the remedy; None for nothing special."""


def run_once(broker: Broker, settings: config.MqttConfig, task: BrokerTask, limit_s: float) -> Finding | None:
    """Connect as the service would, MQTT 3.1.1 included, and do the task.

    Args:
        broker: Where to connect.
        settings: What the broker was made of.
        task: What to do there.
        limit_s: How long all of it may take, in seconds, a name server that does not answer included.

    Returns:
        What kept the task from being done, None if nothing did.
    """
    call = _Call(broker, task, time.monotonic() + limit_s)
    # A thread, since nothing else ends a look-up of a name in time
    thread = threading.Thread(target=call.run, name="mqtt-task", daemon=True)
    thread.start()
    thread.join(limit_s)
    if task.done:
        return None
    if thread.is_alive() and not call.connected:
        return _unreachable(broker, f"does not answer within {limit_s:g} s", unreachable_remedy(settings))
    return _finding(call, broker, settings, task)


class _Call:
    """The sessions of one task, until it is done, the broker refused, or the time is over."""

    def __init__(self, broker: Broker, task: BrokerTask, until_s: float) -> None:
        self.connected = False
        self.denied_topics = ""
        self.end = SessionEnd(EndKind.SILENT)
        self._broker, self._task, self._until_s = broker, task, until_s
        self._session: Session | None = None

    def run(self) -> None:
        for _ in range(_TRIES):
            client_id = f"{self._task.name}-{secrets.token_hex(4)}"
            self._session = session = Session(self._broker, client_id, will=self._task.will, handler=self)
            self.end = session.run(self._wanted, max(0.1, self._until_s - time.monotonic()))
            if self.end.kind is not EndKind.REJECTED or is_about_credentials(self.end.reason):
                return
            self._broker.on_rejected(self.end.reason)

    def _wanted(self) -> bool:
        if self._session and self._session.connected:
            self._task.on_idle(self._session)
        return not (self._task.done or self.denied_topics) and time.monotonic() < self._until_s

    def on_connected(self, session: Session) -> None:
        self.connected = True
        session.subscribe([Subscription(topic) for topic in self._task.topics])

    def on_subscribed(self, session: Session, denied: Mapping[str, ReasonCode]) -> None:
        self.denied_topics = "; ".join(f"{topic} ({reason})" for topic, reason in denied.items())
        if not self.denied_topics:
            self._task.on_subscribed(session)

    def on_message(self, session: Session, message: Received) -> None:
        self._task.on_message(session, message)


def _finding(call: _Call, broker: Broker, settings: config.MqttConfig, task: BrokerTask) -> Finding:
    if call.connected:
        return _interrupted(call, broker, settings, task)
    match call.end:
        case SessionEnd(reason=reason) if is_about_credentials(reason):
            return _bad_credentials(broker, settings, reason)
        case SessionEnd(EndKind.UNREACHABLE, error=ssl.SSLCertVerificationError() as error):
            why, remedy = describe(error), _CERTIFICATE_REMEDIES.get(error.verify_code, UNTRUSTED_REMEDY)
        case SessionEnd(EndKind.UNREACHABLE, error=OSError() as error):
            why, remedy = describe(error), unreachable_remedy(settings)
        case SessionEnd(EndKind.NOT_MQTT, error=error):
            why, remedy = f"does not speak MQTT ({error!r})", unreachable_remedy(settings)
        case SessionEnd(EndKind.REJECTED, reason=reason):
            why = f"closes the connection at once ({reason or 'without a reason'})"
            remedy = unreachable_remedy(settings) if settings.tls or reason else PERHAPS_TLS
        case _:
            why, remedy = "accepts the connection and does not answer", unreachable_remedy(settings)
    return _unreachable(broker, why, remedy)


def _interrupted(call: _Call, broker: Broker, settings: config.MqttConfig, task: BrokerTask) -> Finding:
    """Return what kept a task from being done though the broker accepted the connection."""
    if call.denied_topics:
        what = f"it denies reading {call.denied_topics}"
    elif call.end.kind is EndKind.LOST:
        what = f"it closed the connection during the test ({call.end.reason or 'without a reason'})"
        if fault := task.fault(call.end):
            return Finding(False, SUBJECT, f"{broker.address} {fault[0]}", fault[1])
    else:
        what = f"a message to {task.echo} does not come back"
    remedy = permission_remedy(settings, task)
    return Finding(False, SUBJECT, f"connected to {broker.address}, but {what}", remedy)


def _bad_credentials(broker: Broker, settings: config.MqttConfig, reason: ReasonCode | None) -> Finding:
    who = f"the user {settings.username!r}" if settings.username else "a client without user name"
    file = settings.password_file or PASSWORD
    remedy = (
        f"sudo install -m 640 -g moodpid /dev/stdin {file}, and type the password that the broker has for"
        " this user, Enter, Ctrl-D"
    )
    if not settings.username:
        remedy = "set username in [mqtt], and its password as in docs/install.md"
    return Finding(False, SUBJECT, f"{broker.address} refuses {who}: {reason}", remedy)


def permission_remedy(settings: config.MqttConfig, task: BrokerTask) -> str:
    """Return what to do about a broker that does not allow the task."""
    return f"allow {settings.username or 'moodpid'} to read and write {' and '.join(task.required_topics)}"


def _unreachable(broker: Broker, why: str, remedy: str) -> Finding:
    return Finding(False, SUBJECT, f"{broker.address}: {why}", remedy)


def unreachable_remedy(settings: config.MqttConfig) -> str:
    """Return what to do where no broker answers."""
    if is_loopback(settings.host):
        installed = shutil.which("mosquitto", path=_PROGRAMS)
        start = "sudo systemctl enable --now mosquitto" if installed else "sudo apt install mosquitto"
        return f"{start}; or set host and port in [mqtt]"
    return "check [mqtt] host and port; on the broker's machine: systemctl status mosquitto"
