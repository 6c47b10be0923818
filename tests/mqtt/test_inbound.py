"""On the network thread messages are only sorted: requests pass at once, the rest waits for the publisher."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest

from moodpid import config
from moodpid.mqtt import inbound
from moodpid.mqtt.broker import Message
from moodpid.mqtt.id_claim import ClaimMessage
from moodpid.mqtt.inbound import MAX_CLAIMS, InboundRouter
from moodpid.mqtt.packet_socket import Received
from moodpid.mqtt.topics import Topics
from moodpid.requests import ChangeSetting, Request, SenseReport
from moodpid.settings.fields import Capabilities, setting_fields
from moodpid.settings.senses import sense_fields
from moodpid.text import clean

TOPICS = Topics.of(config.DeviceConfig(id="living-room"), config.MqttConfig())
SWITCH = TOPICS.setter("enabled")
CLAIM = ClaimMessage("ours", clean("kitchen-pi"), established=True)
ASKED = ClaimMessage("theirs", clean("attic-pi"), established=False)
ANSWER = Message(TOPICS.presence, CLAIM.as_json(), retain=False)


class RecordingRouter(InboundRouter):
    """A router whose requests go to a list."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        fields = (*setting_fields(Capabilities()), *sense_fields(Capabilities(senses=("voice",))))
        super().__init__(TOPICS, fields, post=self._take, claim=CLAIM)

    def receive(self, topic: str, payload: bytes, *, retained: bool = False) -> Message | None:
        return self.on_message(Received(topic, payload, retained, len(payload)))

    def presence(self, claim: ClaimMessage, *, retained: bool = False) -> Message | None:
        return self.receive(TOPICS.presence, claim.as_json().encode(), retained=retained)

    def _take(self, request: Request) -> bool:
        self.requests.append(request)
        return True


@pytest.fixture
def router() -> Iterator[RecordingRouter]:
    router = RecordingRouter()
    yield router
    router.close()


def test_the_latest_message_on_each_watched_topic_waits(router: RecordingRouter) -> None:
    claim = ClaimMessage("token", clean("attic-pi"), established=False)

    def network() -> None:
        router.presence(claim)
        for payload in (b"offline", b"online"):
            router.receive(TOPICS.status, payload)
        router.receive(TOPICS.discovery, b"{}", retained=True)
        router.receive(TOPICS.births[0], b"online")
        router.receive("elsewhere", b"online")

    thread = threading.Thread(target=network)
    thread.start()
    thread.join()
    assert router.claims.drain() == [claim]
    seen = {TOPICS.status: b"online", TOPICS.discovery: b"{}", TOPICS.births[0]: b"online"}
    assert router.seen.drain() == seen


def test_a_retained_claim_is_one_of_the_past(router: RecordingRouter) -> None:
    router.presence(replace(ASKED, established=True), retained=True)
    assert router.claims.drain() == []


def test_requests_pass_only_while_the_id_is_owned(router: RecordingRouter) -> None:
    router.receive(SWITCH, b"OFF")
    assert router.requests == []
    router.accepts_commands = True
    router.receive(SWITCH, b"OFF")
    assert router.requests == [ChangeSetting("enabled", False)]


def test_a_question_for_the_id_is_answered_at_once(router: RecordingRouter) -> None:
    router.accepts_commands = True
    assert router.presence(ASKED) == ANSWER
    assert router.claims.drain() == []


def test_excess_answers_are_left_to_the_loop(router: RecordingRouter) -> None:
    router.accepts_commands = True
    answers = [router.presence(ASKED) for _ in range(50)]
    assert answers[0] == ANSWER
    assert 0 < len(left := router.claims.drain()) < 50
    assert len(left) == answers.count(None)


def test_claims_echoes_and_retained_questions_are_not_answered(router: RecordingRouter) -> None:
    router.accepts_commands = True
    rival, echo = replace(ASKED, established=True), replace(CLAIM, established=False)
    assert [router.presence(rival), router.presence(echo), router.presence(ASKED, retained=True)] == [
        None
    ] * 3
    assert router.claims.drain() == [rival, echo]


def test_an_instance_without_the_id_answers_nothing(router: RecordingRouter) -> None:
    assert router.presence(ASKED) is None
    assert router.claims.drain() == [ASKED]


def test_too_many_claims_are_one_line_and_bounded(
    router: RecordingRouter, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(2 * MAX_CLAIMS):
            router.presence(ASKED)
    assert [r.getMessage() for r in caplog.records] == [
        f"ignored a message on {TOPICS.presence}: too many at once"
    ]
    assert router.claims.drain() == [ASKED] * MAX_CLAIMS


def test_of_a_flood_of_valid_commands_the_last_counts(router: RecordingRouter) -> None:
    router.accepts_commands = True
    for value in range(100):
        router.receive(TOPICS.setter("dwell_s"), str(value).encode())
    assert len(router.requests) < 50
    router.release_held(0.0)
    assert router.requests[-1] == ChangeSetting("dwell_s", 99.0)


def test_of_a_sense_s_many_reports_the_last_counts(router: RecordingRouter) -> None:
    router.accepts_commands = True
    for number in range(101):
        router.receive(
            TOPICS.setter("senses/voice"), b'{"arousal": 0.7, "weight": %.2f}' % (1 - number / 100)
        )
    router.release_held(0.0)
    (*_, last) = router.requests
    assert isinstance(last, SenseReport)
    assert last.weight == 0.0


def test_a_command_does_not_overtake_one_that_waits(
    router: RecordingRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 1000.0
    monkeypatch.setattr(inbound, "time", SimpleNamespace(monotonic=lambda: now_s))
    router.accepts_commands = True
    for number in range(17):
        router.receive(SWITCH, b"OFF" if number % 2 else b"ON")
    now_s += 0.3  # another one may pass by now
    router.receive(SWITCH, b"OFF")
    router.release_held(now_s)
    assert router.requests[-1] == ChangeSetting("enabled", False)
    router.receive(SWITCH, b"ON")
    assert router.requests[-1] == ChangeSetting("enabled", True)


def test_a_held_command_is_ignored_only_once_overtaken(
    router: RecordingRouter, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbound, "time", SimpleNamespace(monotonic=lambda: 1000.0))
    router.accepts_commands = True
    for number in range(18):
        assert caplog.messages == []
        router.receive(SWITCH, b"OFF" if number % 2 else b"ON")
    assert caplog.messages == [f"ignored a message on {SWITCH}: too many at once"]


def test_a_flood_on_one_topic_leaves_the_others_free(router: RecordingRouter) -> None:
    router.accepts_commands = True
    for _ in range(1000):
        router.receive(TOPICS.setter("dwell_s"), b"1")
    router.receive(SWITCH, b"OFF")
    assert router.requests[-1] == ChangeSetting("enabled", False)


def test_a_message_too_large_to_be_read_is_one_line(
    router: RecordingRouter, caplog: pytest.LogCaptureFixture
) -> None:
    router.accepts_commands = True
    router.on_message(Received(SWITCH, None, False, 1_000_000))
    assert [r.getMessage() for r in caplog.records] == [f"ignored a message of 1000000 bytes on {SWITCH}"]
