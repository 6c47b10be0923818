"""On the network thread a message is only sorted: requests pass at once, news wait for the publisher."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from moodpid import config
from moodpid.mqtt.broker import Message
from moodpid.mqtt.id_claim import Hello
from moodpid.mqtt.inbound import MOST_NEWS, Ears, Found, Sign
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Offers, controls
from moodpid.state import Adjust, Request

TOPICS = Topics.of(config.Device(id="living-room"), config.Mqtt())
SWITCH = TOPICS.setter("enabled")
CLAIM = Hello("ours", "kitchen-pi", settled=True)
ASKED = Hello("theirs", "attic-pi", settled=False)
ANSWER = Message(TOPICS.presence, CLAIM.as_json(), retain=False)


class Listening(Ears):
    """Ears whose requests go to a list."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        super().__init__(TOPICS, controls(Offers()), self._take, CLAIM)

    def presence(self, hello: Hello, *, retained: bool = False) -> Message | None:
        return self.hear(TOPICS.presence, hello.as_json().encode(), retained)

    def _take(self, request: Request) -> bool:
        self.requests.append(request)
        return True


@pytest.fixture
def ears() -> Iterator[Listening]:
    ears = Listening()
    yield ears
    ears.news.close()


def test_news_come_in_order_to_whoever_reads_them(ears: Listening) -> None:
    hello = Hello("token", "attic-pi", settled=False)

    def network() -> None:
        ears.hear(TOPICS.presence, hello.as_json().encode(), False)
        ears.hear(TOPICS.status, b"offline", True)
        ears.hear(TOPICS.status, b"online", False)
        ears.hear(TOPICS.discovery, b"{}", True)
        ears.hear(TOPICS.birth, b"online", False)

    thread = threading.Thread(target=network)
    thread.start()
    thread.join()
    assert ears.news.drain() == [hello, Sign.OFFLINE, Sign.ONLINE, Found(b"{}"), Sign.BORN]


def test_a_retained_hello_the_death_of_home_assistant_and_strange_topics_are_no_news(ears: Listening) -> None:
    ears.hear(TOPICS.presence, Hello("token", "attic-pi", settled=True).as_json().encode(), True)
    ears.hear(TOPICS.birth, b"offline", False)
    ears.hear("elsewhere", b"online", False)
    assert ears.news.drain() == []


def test_requests_pass_only_while_they_are_for_us(ears: Listening) -> None:
    ears.hear(SWITCH, b"OFF", False)
    assert ears.requests == []
    ears.obeys = True
    ears.hear(SWITCH, b"OFF", False)
    assert ears.requests == [Adjust("enabled", False)]


def test_who_asks_for_our_id_is_answered_before_the_loop_comes_to_it(ears: Listening) -> None:
    ears.obeys = True
    assert ears.presence(ASKED) == ANSWER
    assert ears.news.drain() == []


def test_answers_that_would_be_too_many_are_left_to_the_loop(ears: Listening) -> None:
    ears.obeys = True
    answers = [ears.presence(ASKED) for _ in range(50)]
    assert answers[0] == ANSWER
    assert 0 < len(left := ears.news.drain()) < 50
    assert len(left) == answers.count(None)


def test_a_claim_to_our_id_an_echo_and_a_hello_of_the_past_are_not_answered(ears: Listening) -> None:
    ears.obeys = True
    rival, echo = replace(ASKED, settled=True), replace(CLAIM, settled=False)
    assert [ears.presence(rival), ears.presence(echo), ears.presence(ASKED, retained=True)] == [None] * 3
    assert ears.news.drain() == [rival, echo]


def test_who_does_not_speak_answers_nobody(ears: Listening) -> None:
    assert ears.presence(ASKED) is None
    assert ears.news.drain() == [ASKED]


def test_more_news_than_fit_are_one_line_and_cost_no_memory(
    ears: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(2 * MOST_NEWS):
            ears.hear(TOPICS.birth, b"online", False)
    assert [r.getMessage() for r in caplog.records] == [
        "ignored a message on homeassistant/status: too many at once"
    ]
    assert ears.news.drain() == [Sign.BORN] * MOST_NEWS
