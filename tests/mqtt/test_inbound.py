"""On the network thread a message is only sorted: requests pass at once, news wait for the publisher."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from moodpid import config
from moodpid.mqtt.broker import Message
from moodpid.mqtt.id_claim import ClaimMessage
from moodpid.mqtt.inbound import MAX_EVENTS, DiscoverySeen, InboundRouter, StatusSignal
from moodpid.mqtt.topics import Topics
from moodpid.requests import ChangeSetting, Request
from moodpid.settings.fields import Capabilities, setting_fields

TOPICS = Topics.of(config.DeviceConfig(id="living-room"), config.MqttConfig())
SWITCH = TOPICS.setter("enabled")
CLAIM = ClaimMessage("ours", "kitchen-pi", established=True)
ASKED = ClaimMessage("theirs", "attic-pi", established=False)
ANSWER = Message(TOPICS.presence, CLAIM.as_json(), retain=False)


class Listening(InboundRouter):
    """Ears whose requests go to a list."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        super().__init__(TOPICS, setting_fields(Capabilities()), self._take, CLAIM)

    def presence(self, hello: ClaimMessage, *, retained: bool = False) -> Message | None:
        return self.on_message(TOPICS.presence, hello.as_json().encode(), retained)

    def _take(self, request: Request) -> bool:
        self.requests.append(request)
        return True


@pytest.fixture
def ears() -> Iterator[Listening]:
    ears = Listening()
    yield ears
    ears.events.close()


def test_news_come_in_order_to_whoever_reads_them(ears: Listening) -> None:
    hello = ClaimMessage("token", "attic-pi", established=False)

    def network() -> None:
        ears.on_message(TOPICS.presence, hello.as_json().encode(), False)
        ears.on_message(TOPICS.status, b"offline", True)
        ears.on_message(TOPICS.status, b"online", False)
        ears.on_message(TOPICS.discovery, b"{}", True)
        ears.on_message(TOPICS.birth, b"online", False)

    thread = threading.Thread(target=network)
    thread.start()
    thread.join()
    assert ears.events.drain() == [
        hello,
        StatusSignal.OFFLINE,
        StatusSignal.ONLINE,
        DiscoverySeen(b"{}"),
        StatusSignal.BORN,
    ]


def test_a_retained_hello_the_death_of_home_assistant_and_strange_topics_are_no_news(ears: Listening) -> None:
    ears.on_message(
        TOPICS.presence, ClaimMessage("token", "attic-pi", established=True).as_json().encode(), True
    )
    ears.on_message(TOPICS.birth, b"offline", False)
    ears.on_message("elsewhere", b"online", False)
    assert ears.events.drain() == []


def test_requests_pass_only_while_they_are_for_us(ears: Listening) -> None:
    ears.on_message(SWITCH, b"OFF", False)
    assert ears.requests == []
    ears.accepts_commands = True
    ears.on_message(SWITCH, b"OFF", False)
    assert ears.requests == [ChangeSetting("enabled", False)]


def test_who_asks_for_our_id_is_answered_before_the_loop_comes_to_it(ears: Listening) -> None:
    ears.accepts_commands = True
    assert ears.presence(ASKED) == ANSWER
    assert ears.events.drain() == []


def test_answers_that_would_be_too_many_are_left_to_the_loop(ears: Listening) -> None:
    ears.accepts_commands = True
    answers = [ears.presence(ASKED) for _ in range(50)]
    assert answers[0] == ANSWER
    assert 0 < len(left := ears.events.drain()) < 50
    assert len(left) == answers.count(None)


def test_a_claim_to_our_id_an_echo_and_a_hello_of_the_past_are_not_answered(ears: Listening) -> None:
    ears.accepts_commands = True
    rival, echo = replace(ASKED, established=True), replace(CLAIM, established=False)
    assert [ears.presence(rival), ears.presence(echo), ears.presence(ASKED, retained=True)] == [None] * 3
    assert ears.events.drain() == [rival, echo]


def test_who_does_not_speak_answers_nobody(ears: Listening) -> None:
    assert ears.presence(ASKED) is None
    assert ears.events.drain() == [ASKED]


def test_more_news_than_fit_are_one_line_and_cost_no_memory(
    ears: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(2 * MAX_EVENTS):
            ears.on_message(TOPICS.birth, b"online", False)
    assert [r.getMessage() for r in caplog.records] == [
        "ignored a message on homeassistant/status: too many at once"
    ]
    assert ears.events.drain() == [StatusSignal.BORN] * MAX_EVENTS
