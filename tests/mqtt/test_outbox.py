"""What a broker does not take is left out and named once; the rest goes on."""

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from moodpid.mqtt.broker import BrokerLimits, Message
from moodpid.mqtt.outbox import Outbox
from moodpid.mqtt.session import DeliveryStatus, EndKind, SessionEnd
from tests.support.mqtt import lines

DENIED = "a/denied"


class Answer(DeliveryStatus):
    """What the broker answers: nothing yet, yes, or a refusal."""

    def __init__(self) -> None:
        super().__init__(None, {})
        self.answer: bool | None = None

    @property
    def accepted(self) -> bool | None:
        return self.answer

    @property
    def reason(self) -> str:
        return "Not authorized"


class RecordingLink:
    """A connection to a broker that takes no messages on `DENIED`.

    Args:
        ends: It ends the session after one, instead of refusing it.
    """

    def __init__(self, *, ends: bool = False) -> None:
        self.session = 1
        self.limits = BrokerLimits()
        self.last_end: SessionEnd | None = None
        self.sent: list[str] = []
        self._ends = ends
        self._open: list[tuple[str, Answer]] = []

    def start(self) -> None:
        """Nothing to begin."""

    def stop(self) -> None:
        """Nothing to end."""

    def join(self, timeout_s: float) -> bool:  # noqa: ARG002 - there is no thread
        return True

    def publish(self, message: Message, qos: int = 0) -> DeliveryStatus:
        self.sent.append(message.topic)
        answer = Answer()
        if qos:
            self._open.append((message.topic, answer))
        return answer

    def answer(self, reason: ReasonCode | None = None) -> bool:
        """Let the broker take in what came; False if it ends the session over it."""
        for topic, answer in self._open:
            if topic == DENIED and self._ends:
                self._open.clear()
                self.last_end = SessionEnd(EndKind.LOST, reason, lasted_s=0.1)
                self.session += 1
                return False
            answer.answer = topic != DENIED
        self._open.clear()
        return True


def flush(outbox: Outbox, wire: RecordingLink, reason: ReasonCode | None = None) -> bool:
    """One session: publish on four topics, and let the broker answer; whether it lasts."""
    outbox.step(0.0)
    for topic in ("a/first", DENIED, "a/second", "a/third"):
        outbox.send(Message(topic, "x"))
    for _ in range(6):
        if not wire.answer(reason):
            return False
        outbox.step(0.0)
    return True


def test_a_refused_topic_is_named_once_and_left_out(caplog: pytest.LogCaptureFixture) -> None:
    wire = RecordingLink()
    outbox = Outbox(wire, "broker:1883")
    for _ in range(3):
        assert flush(outbox, wire)
    assert wire.sent.count(DENIED) == 1
    assert wire.sent.count("a/third") == 3
    (line,) = lines(caplog)
    assert line.startswith(
        f"the broker at broker:1883 rejects a message on {DENIED} (Not authorized), so it is left out;"
    )


def test_another_session_is_tried_again_and_not_named_again(caplog: pytest.LogCaptureFixture) -> None:
    wire = RecordingLink()
    outbox = Outbox(wire, "broker:1883")
    flush(outbox, wire)
    wire.session += 1
    flush(outbox, wire)
    assert wire.sent.count(DENIED) == 2
    assert len(lines(caplog)) == 1


@pytest.mark.parametrize(
    ("reason", "sessions"), [(None, 3), (ReasonCode(PacketTypes.DISCONNECT, "Not authorized"), 2)]
)
def test_a_topic_that_ends_sessions_is_found_and_left_out(
    caplog: pytest.LogCaptureFixture, reason: ReasonCode | None, sessions: int
) -> None:
    wire = RecordingLink(ends=True)
    outbox = Outbox(wire, "broker:1883")
    assert [flush(outbox, wire, reason) for _ in range(sessions + 1)] == [False] * sessions + [True]
    assert len(lines(caplog)) == 1
    assert DENIED in lines(caplog)[0]
    wire.sent.clear()
    assert flush(outbox, wire, reason)
    assert set(wire.sent) == {"a/first", "a/second", "a/third"}


def test_a_session_lost_for_another_reason_blames_no_topic(caplog: pytest.LogCaptureFixture) -> None:
    wire = RecordingLink()
    outbox = Outbox(wire, "broker:1883")
    for _ in range(20):
        outbox.step(0.0)
        for topic in ("a/first", "a/second", "a/third"):
            outbox.send(Message(topic, "x"))
        for _ in range(4):
            wire.answer()
            outbox.step(0.0)
        wire.last_end = SessionEnd(EndKind.LOST, lasted_s=1.0)
        wire.session += 1
    assert lines(caplog) == []


def test_a_message_larger_than_the_broker_takes_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    wire = RecordingLink()
    wire.limits = BrokerLimits(max_packet_bytes=100)
    outbox = Outbox(wire, "broker:1883")
    outbox.step(0.0)
    outbox.send(Message("a/large", "x" * 100))
    outbox.send(Message("a/small", "x"))
    assert wire.sent == ["a/small"]
    assert "a/large (it has 117 bytes, its limit is 100)" in lines(caplog)[0]


def test_a_broker_that_acknowledges_nothing_gets_everything_in_the_end() -> None:
    wire = RecordingLink(ends=True)
    outbox = Outbox(wire, "broker:1883")
    assert not flush(outbox, wire)
    outbox.step(0.0)
    for topic in ("a/first", "a/second", "a/third"):
        outbox.send(Message(topic, "x"))
    wire.sent.clear()
    outbox.step(1.0)
    assert wire.sent == []
    outbox.step(10.0)
    assert wire.sent == ["a/second", "a/third"]


def test_no_more_is_in_flight_than_the_broker_allows() -> None:
    wire = RecordingLink()
    wire.limits = BrokerLimits(max_in_flight=10)
    outbox = Outbox(wire, "broker:1883")
    outbox.step(0.0)
    for number in range(18):
        outbox.send(Message(f"a/{number}", "x"))
    assert len(wire.sent) == 9  # the tenth may be a deletion of `OrphanCleaner`
    wire.answer()
    outbox.step(0.1)
    assert wire.sent == [f"a/{number}" for number in range(18)]


def test_events_that_wait_are_all_sent_and_states_once() -> None:
    wire = RecordingLink()
    wire.limits = BrokerLimits(max_in_flight=2)
    outbox = Outbox(wire, "broker:1883")
    outbox.step(0.0)
    outbox.send(Message("a/first", "x"))
    for payload in ("1", "2"):
        outbox.send(Message("a/state", payload))
        outbox.send(Message("a/event", payload, retain=False))
    for _ in range(3):
        wire.answer()
        outbox.step(0.1)
    assert wire.sent == ["a/first", "a/state", "a/event", "a/event"]
