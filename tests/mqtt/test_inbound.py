"""On the network thread a message is only sorted: requests pass at once, news wait for the publisher."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from moodpid import config
from moodpid.mqtt.broker import Message
from moodpid.mqtt.id_claim import ClaimMessage
from moodpid.mqtt.inbound import MAX_CLAIMS, InboundRouter
from moodpid.mqtt.packet_socket import Received
from moodpid.mqtt.topics import Topics
from moodpid.requests import ChangeSetting, Request
from moodpid.settings.fields import Capabilities, setting_fields
from moodpid.text import clean

TOPICS = Topics.of(config.DeviceConfig(id="living-room"), config.MqttConfig())
SWITCH = TOPICS.setter("enabled")
CLAIM = ClaimMessage("ours", clean("kitchen-pi"), established=True)
ASKED = ClaimMessage("theirs", clean("attic-pi"), established=False)
ANSWER = Message(TOPICS.presence, CLAIM.as_json(), retain=False)


class Listening(InboundRouter):
    """Ears whose requests go to a list."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        super().__init__(TOPICS, setting_fields(Capabilities()), self._take, CLAIM)

    def receive(self, topic: str, payload: bytes, *, retained: bool = False) -> Message | None:
        return self.on_message(Received(topic, payload, retained, len(payload)))

    def presence(self, hello: ClaimMessage, *, retained: bool = False) -> Message | None:
        return self.receive(TOPICS.presence, hello.as_json().encode(), retained=retained)

    def _take(self, request: Request) -> bool:
        self.requests.append(request)
        return True


@pytest.fixture
def ears() -> Iterator[Listening]:
    ears = Listening()
    yield ears
    ears.close()


def test_the_latest_message_on_each_watched_topic_waits_for_the_publisher(ears: Listening) -> None:
    claim = ClaimMessage("token", clean("attic-pi"), established=False)

    def network() -> None:
        ears.presence(claim)
        for payload in (b"offline", b"online"):
            ears.receive(TOPICS.status, payload)
        ears.receive(TOPICS.discovery, b"{}", retained=True)
        ears.receive(TOPICS.birth, b"online")
        ears.receive("elsewhere", b"online")

    thread = threading.Thread(target=network)
    thread.start()
    thread.join()
    assert ears.claims.drain() == [claim]
    assert ears.seen.drain() == {TOPICS.status: b"online", TOPICS.discovery: b"{}", TOPICS.birth: b"online"}


def test_a_retained_claim_is_one_of_the_past(ears: Listening) -> None:
    ears.presence(replace(ASKED, established=True), retained=True)
    assert ears.claims.drain() == []


def test_requests_pass_only_while_they_are_for_us(ears: Listening) -> None:
    ears.receive(SWITCH, b"OFF")
    assert ears.requests == []
    ears.accepts_commands = True
    ears.receive(SWITCH, b"OFF")
    assert ears.requests == [ChangeSetting("enabled", False)]


def test_who_asks_for_our_id_is_answered_before_the_loop_comes_to_it(ears: Listening) -> None:
    ears.accepts_commands = True
    assert ears.presence(ASKED) == ANSWER
    assert ears.claims.drain() == []


def test_answers_that_would_be_too_many_are_left_to_the_loop(ears: Listening) -> None:
    ears.accepts_commands = True
    answers = [ears.presence(ASKED) for _ in range(50)]
    assert answers[0] == ANSWER
    assert 0 < len(left := ears.claims.drain()) < 50
    assert len(left) == answers.count(None)


def test_a_claim_to_our_id_an_echo_and_a_hello_of_the_past_are_not_answered(ears: Listening) -> None:
    ears.accepts_commands = True
    rival, echo = replace(ASKED, established=True), replace(CLAIM, established=False)
    assert [ears.presence(rival), ears.presence(echo), ears.presence(ASKED, retained=True)] == [None] * 3
    assert ears.claims.drain() == [rival, echo]


def test_who_does_not_speak_answers_nobody(ears: Listening) -> None:
    assert ears.presence(ASKED) is None
    assert ears.claims.drain() == [ASKED]


def test_more_claims_than_fit_are_one_line_and_cost_no_memory(
    ears: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(2 * MAX_CLAIMS):
            ears.presence(ASKED)
    assert [r.getMessage() for r in caplog.records] == [
        f"ignored a message on {TOPICS.presence}: too many at once"
    ]
    assert ears.claims.drain() == [ASKED] * MAX_CLAIMS


def test_of_a_flood_of_valid_commands_the_last_counts_in_the_end(ears: Listening) -> None:
    ears.accepts_commands = True
    for value in range(100):
        ears.receive(TOPICS.setter("dwell_s"), str(value).encode())
    assert len(ears.requests) < 50
    ears.release_held(0.0)
    assert ears.requests[-1] == ChangeSetting("dwell_s", 99.0)


def test_a_flood_on_one_topic_leaves_the_others_free(ears: Listening) -> None:
    ears.accepts_commands = True
    for _ in range(1000):
        ears.receive(TOPICS.setter("dwell_s"), b"1")
    ears.receive(SWITCH, b"OFF")
    assert ears.requests[-1] == ChangeSetting("enabled", False)


def test_a_message_too_large_to_be_read_is_one_line(
    ears: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    ears.accepts_commands = True
    ears.on_message(Received(SWITCH, None, False, 1_000_000))
    assert [r.getMessage() for r in caplog.records] == [f"ignored a message of 1000000 bytes on {SWITCH}"]
