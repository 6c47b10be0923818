"""Two instances with one id and different base topics: they do not overwrite each other for ever."""

import json
from dataclasses import replace

import pytest

from moodpid.config import MqttConfig
from moodpid.mqtt.homeassistant import discovery
from moodpid.mqtt.topics import Topics
from tests.support.mqtt import DEVICE, FAST, MqttListener, PublisherHarness, Start, lines, wait_until
from tests.support.servers import PrivateMosquitto

CONFIG = "homeassistant/device/moodpid_living-room/config"
OTHER = json.dumps(discovery(DEVICE, Topics.of(DEVICE, MqttConfig(base_topic="attic")), ())).encode()


def published(harness: PublisherHarness) -> int:
    return harness.connection.topics.count(CONFIG)


def overwritten(harness: PublisherHarness, times: int, payload: bytes = OTHER) -> None:
    for _ in range(times):
        harness.receive(CONFIG, payload, retained=True)
        harness.step(FAST.repair_s + 0.1)
        harness.step(FAST.repair_s + 0.1)


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line for line in lines(caplog) if "another moodpid" in line]


def test_after_three_repairs_the_device_is_left_to_the_other(caplog: pytest.LogCaptureFixture) -> None:
    harness = PublisherHarness()
    before = published(harness)
    overwritten(harness, 20)
    assert published(harness) - before == 3
    (line,) = warnings(caplog)
    assert "below attic/living-room" in line
    assert "[device] id" in line


def test_a_birth_does_not_begin_the_conflict_again() -> None:
    harness = PublisherHarness()
    overwritten(harness, 5)
    before = published(harness)
    harness.receive("homeassistant/status", b"online")
    harness.step(FAST.birth_delay_s[1])
    harness.step(FAST.birth_delay_s[1])
    assert published(harness) == before


def test_the_device_returns_when_the_other_message_is_gone() -> None:
    harness = PublisherHarness()
    overwritten(harness, 5)
    before = published(harness)
    overwritten(harness, 1, b"")
    assert published(harness) - before == 1


@pytest.mark.parametrize("payload", [b"{", b"[]", b'{"components": {"mood": 3}}', b"offline"])
def test_what_no_instance_wrote_is_always_put_right(payload: bytes, caplog: pytest.LogCaptureFixture) -> None:
    harness = PublisherHarness()
    before = published(harness)
    overwritten(harness, 10, payload)
    assert published(harness) - before == 10
    assert not warnings(caplog)


def test_rare_messages_of_another_instance_are_put_right() -> None:
    harness = PublisherHarness()
    before = published(harness)
    for _ in range(10):
        overwritten(harness, 1)
        harness.step(60.0)
    assert published(harness) - before == 10


def test_both_instances_report_it(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    fast = replace(FAST, repair_s=0.05)
    start(mosquitto.port, timings=fast)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text("moodpid/living-room/status", "online")
        start(mosquitto.port, timings=fast, base_topic="attic")
        wait_until(lambda: len(warnings(caplog)) == 2)
        listener.wait_for_text("attic/living-room/status", "online")
        assert {line.split()[3] for line in warnings(caplog)} == {
            "moodpid/living-room,",
            "attic/living-room,",
        }
