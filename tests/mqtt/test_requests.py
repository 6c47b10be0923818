"""Requests come through a real Mosquitto; nonsense, books and floods do not."""

import json

import pytest
from paho.mqtt.enums import MQTTProtocolVersion

from moodpid import config
from moodpid.mqtt import inbound
from moodpid.mqtt.broker import Broker
from moodpid.mqtt.packet_socket import MAX_PACKET_BYTES
from moodpid.requests import ChangeSetting
from tests.support.mqtt import AGES_S, WAIT_S, MqttListener, Start, lines, wait_until
from tests.support.servers import PrivateMosquitto

ROOT = "moodpid/living-room"


@pytest.fixture
def mqtt_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """We speak MQTT 3.1.1 from the first try on."""
    begin = Broker.__init__

    def begin_old(self: Broker, settings: config.MqttConfig, password: str = "", **more: float) -> None:
        begin(self, settings, password, **more)
        self._protocol = MQTTProtocolVersion.MQTTv311

    monkeypatch.setattr(Broker, "__init__", begin_old)


def test_requests_reach_the_loop(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        listener.publish(f"{ROOT}/enabled/set", "OFF")
        wait_until(lambda: loop.requests == [ChangeSetting("enabled", False)])


def test_of_a_flood_of_valid_requests_few_reach_the_loop(
    mosquitto: PrivateMosquitto,
    start: Start,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(inbound, "REQUEST_RATE_HZ", 0.0)
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        for _ in range(500):
            listener.publish(f"{ROOT}/enabled/set", "ON")
            listener.publish(f"{ROOT}/enabled/set", "OFF")
        listener.publish("marker", "x")
        listener.wait_for_text("marker", "x")
    assert inbound.REQUEST_BURST <= len(loop.requests) <= inbound.REQUEST_BURST + WAIT_S
    wait_until(lambda: loop.requests[-1] == ChangeSetting("enabled", False))  # the last one counts
    assert sum("too many at once" in line for line in lines(caplog)) == 1


@pytest.mark.parametrize("payload", [b"", b"\xff\xfe\x00", b"X" * 1_000, b"X" * 1_000_000, b"maybe"])
def test_nonsense_changes_nothing_and_is_one_line(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture, payload: bytes
) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port, f"{ROOT}/status") as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        for _ in range(3):
            listener.publish(f"{ROOT}/enabled/set", payload)
        listener.publish(f"{ROOT}/enabled/set", "OFF")
        wait_until(lambda: loop.requests == [ChangeSetting("enabled", False)])
    assert sum("ignored" in line for line in lines(caplog)) <= 1


def test_a_retained_request_is_ignored_at_the_start_and_later(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with MqttListener(mosquitto.port, f"{ROOT}/status") as listener:
        listener.publish(f"{ROOT}/enabled/set", "OFF", retain=True)
        loop = start(mosquitto.port)
        listener.wait_for_text(f"{ROOT}/status", "online")
        listener.publish(f"{ROOT}/enabled/set", "OFF", retain=True)
        listener.publish(f"{ROOT}/enabled/set", "ON")
        wait_until(lambda: loop.requests == [ChangeSetting("enabled", True)])
    assert sum("retain" in line for line in lines(caplog)) == 1


@pytest.mark.usefixtures("mqtt_3")
def test_with_mqtt_3_everything_works_too(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with MqttListener(mosquitto.port, f"{ROOT}/status") as listener:
        listener.publish(f"{ROOT}/enabled/set", "OFF", retain=True)
        loop = start(mosquitto.port)
        listener.wait_for_text(f"{ROOT}/status", "online")
        listener.publish(f"{ROOT}/enabled/set", "ON")
        wait_until(lambda: loop.requests == [ChangeSetting("enabled", True)])
        assert loop.end()
        listener.wait_for_text(f"{ROOT}/status", "offline")
    assert any(line.endswith("(MQTT 3.1.1)") for line in lines(caplog))


@pytest.mark.usefixtures("mqtt_3")
def test_with_mqtt_3_huge_messages_are_ignored_on_every_topic(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    book = json.dumps({"token": "0", "host": "a twin", "settled": True, "more": "x" * MAX_PACKET_BYTES})
    with MqttListener(mosquitto.port, f"{ROOT}/status") as listener:
        loop = start(mosquitto.port)
        listener.wait_for_text(f"{ROOT}/status", "online")
        for topic in (f"{ROOT}/presence", f"{ROOT}/enabled/set", f"{ROOT}/status", "homeassistant/status"):
            listener.publish(topic, book)
        listener.publish(f"{ROOT}/enabled/set", "ON")
        wait_until(lambda: loop.requests == [ChangeSetting("enabled", True)])
    assert sum("ignored a message of" in line for line in lines(caplog)) == 1


def test_a_flood_of_messages_leaves_the_loop_its_pace(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port, f"{ROOT}/status") as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        for _ in range(3_000):
            listener.publish(f"{ROOT}/enabled/set", "nonsense")
        listener.publish(f"{ROOT}/enabled/set", "OFF")
        wait_until(lambda: loop.requests == [ChangeSetting("enabled", False)])
    assert sum("ignored" in line for line in lines(caplog)) == 1
    assert loop.slowest_s < AGES_S
