"""Few messages: changes at once, drifting numbers seldom, a heartbeat when nothing happens."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid import config
from moodpid.mood.emotion import Mood
from moodpid.mqtt import payloads
from moodpid.mqtt.publish_throttle import BURST, HEARTBEAT_S, RATE_HZ, PublishThrottle, TopicState
from moodpid.mqtt.state_topics import StateTopics
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities, setting_fields
from moodpid.state import PlayerState, PlayerStatus, Settings
from tests.support.mqtt import happy, present

TURN_S = 0.25
HAPPY = TopicState("mood", lambda: "happy 0.80", change_key=("happy", 1), values=(0.80,))


def said(pace: PublishThrottle, report: TopicState, now_s: float) -> list[str]:
    return [str(due.payload()) for due in pace.due([report], now_s)]


def started() -> PublishThrottle:
    pace = PublishThrottle()
    assert said(pace, HAPPY, 0.0) == ["happy 0.80"]
    return pace


def test_what_stays_the_same_is_reported_once() -> None:
    pace = started()
    assert [said(pace, HAPPY, turn * TURN_S) for turn in range(1, 100)] == [[]] * 99


def test_no_message_is_made_that_is_not_published(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Mapping[str, object]] = []
    make = payloads.as_json

    def counted(fields: Mapping[str, object]) -> str:
        made.append(fields)
        return make(fields)

    monkeypatch.setattr(payloads, "as_json", counted)
    topics = Topics.of(config.DeviceConfig(id="test"), config.MqttConfig())
    reporter, pace = StateTopics(topics, setting_fields(Capabilities()), "{}"), PublishThrottle()
    now = present(happy())
    due = [r.payload() for r in pace.due(reporter.topic_states(now, 0.0), 0.0)]
    assert 0 < len(made) <= len(due)
    made.clear()
    for turn in range(1, 100):
        now = present(happy(0.83 + turn / 10_000))
        assert [*pace.due(reporter.topic_states(now, turn * TURN_S), turn * TURN_S)] == []
    assert made == []


def test_a_change_is_reported_at_once() -> None:
    pace = started()
    sad = TopicState("mood", lambda: "sad", change_key=("sad", 1), values=(0.8,))
    assert said(pace, sad, TURN_S) == ["sad"]


def test_a_number_that_hardly_moves_is_not_published() -> None:
    pace = started()
    assert said(pace, replace(HAPPY, payload=lambda: "happy 0.82", values=(0.82,)), 30.0) == []


def test_a_number_that_moved_is_published_after_a_second() -> None:
    pace = started()
    moved = replace(HAPPY, payload=lambda: "happy 0.90", values=(0.90,))
    assert said(pace, moved, HAPPY.every_s - 0.01) == []
    assert said(pace, moved, HAPPY.every_s) == ["happy 0.90"]


def test_slow_drift_adds_up_until_it_is_reported() -> None:
    pace = started()
    due = [
        text
        for second in range(1, 20)
        for text in said(
            pace, replace(HAPPY, payload=partial(str, second), values=(0.80 + second / 100,)), second
        )
    ]
    assert len(due) == 3


def test_a_heartbeat_repeats_what_does_not_change() -> None:
    pace = started()
    assert said(pace, HAPPY, HEARTBEAT_S) == ["happy 0.80"]
    assert said(pace, HAPPY, HEARTBEAT_S + 1) == []


def test_after_forgetting_everything_is_reported_again() -> None:
    pace = started()
    pace.forget()
    assert said(pace, HAPPY, TURN_S) == ["happy 0.80"]


@given(
    keys=st.lists(st.lists(st.integers(0, 3), min_size=5, max_size=5), min_size=40, max_size=200),
    turn_s=st.floats(0.01, 1.0),
)
def test_whatever_happens_messages_are_few_a_second(keys: list[list[int]], turn_s: float) -> None:
    pace = PublishThrottle()
    sent = [
        sum(
            1
            for _ in pace.due(
                [TopicState(f"{i}", partial(str, k), change_key=k) for i, k in enumerate(row)], turn * turn_s
            )
        )
        for turn, row in enumerate(keys)
    ]
    later = sent[1:]
    assert sum(later) <= BURST + RATE_HZ * turn_s * len(later) + 1


@given(st.lists(st.integers(0, 3), min_size=1, max_size=100))
def test_in_the_end_the_last_value_was_published(keys: list[int]) -> None:
    pace, last = PublishThrottle(), None
    for turn, key in enumerate(keys):
        for due in pace.due([TopicState("t", partial(str, key), change_key=key)], turn * 0.01):
            last = due.payload()
    for due in pace.due([TopicState("t", partial(str, keys[-1]), change_key=keys[-1])], 1000.0):
        last = due.payload()
    assert last == f"{keys[-1]}"


def test_when_much_happens_what_a_person_set_is_reported_first() -> None:
    topics = Topics.of(config.DeviceConfig(id="test"), config.MqttConfig())
    reporter, pace = StateTopics(topics, setting_fields(Capabilities()), "{}"), PublishThrottle()
    list(pace.due(reporter.topic_states(present(happy()), 0.0), 0.0))
    while pace.try_take(0.0):
        pass
    set_now = replace(
        present(happy(faces=3), settings=Settings(override=Mood.SAD)), player=PlayerState(PlayerStatus.STOP)
    )
    due = [report.topic for report in pace.due(reporter.topic_states(set_now, 1 / RATE_HZ), 1 / RATE_HZ)]
    assert due == [topics.state("override")]
