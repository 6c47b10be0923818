"""Brokers that are late, die, say nothing, refuse us or speak something else."""

import json
import socket
from dataclasses import replace

import pytest

from tests.support.mqtt import (
    AGES_S,
    CHANGED,
    FAST,
    PUBLISH,
    MqttListener,
    Start,
    happy,
    lines,
    present,
    wait_until,
)
from tests.support.servers import PrivateMosquitto
from tests.support.stub_broker import Answering, OldBroker, ProxyBroker

ROOT = "moodpid/living-room"


def test_a_broker_that_comes_late_is_found(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    mosquitto.kill()
    start(mosquitto.port)
    wait_until(lambda: any("cannot be reached: Connection refused" in line for line in lines(caplog)))
    mosquitto.start()
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
    assert len(lines(caplog)) == 2


def test_after_a_crash_the_broker_gets_the_present_state(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    loop = start(mosquitto.port)
    wait_until(lambda: loop.publisher.connected)
    mosquitto.kill()
    wait_until(lambda: not loop.publisher.connected)
    loop.events.append(CHANGED)
    loop.state = present(happy(faces=2))
    wait_until(lambda: not loop.events)
    loop.state = present(happy(faces=3))
    mosquitto.start()
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        moods = [json.loads(m.payload)["faces"] for m in listener.messages if m.topic == f"{ROOT}/mood"]
        assert moods
        assert set(moods) == {3}
        assert f"{ROOT}/event" not in {message.topic for message in listener.messages}
    published = lines(caplog)
    assert ["connected" in published[0], "closed" in published[1], "connected" in published[-1]] == [True] * 3
    assert len(published) <= 4  # while it was down, a connection may have been refused


def test_a_silent_broker_blocks_nothing(
    mosquitto: PrivateMosquitto,
    start: Start,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mosquitto.freeze()
    start(mosquitto.port, timings=replace(FAST, answer_limit_s=0.2))
    wait_until(lambda: any("does not answer" in line for line in lines(caplog)))
    mosquitto.thaw()
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        mosquitto.freeze()
        loop.state = present(happy(faces=2))
        assert loop.end()
        assert loop.slowest_s < AGES_S
        mosquitto.thaw()


def test_stopping_while_the_broker_is_silent_ends_in_time(mosquitto: PrivateMosquitto, start: Start) -> None:
    mosquitto.freeze()
    loop = start(mosquitto.port)
    assert loop.end()


def test_a_wrong_password_is_reported_apart_from_a_missing_broker(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with PrivateMosquitto(username="moodpid", password="right") as guarded:
        start(guarded.port, password="wrong", username="moodpid")
        wait_until(lambda: lines(caplog))
        assert "refuses the user name or password" in lines(caplog)[0]
        loop = start(guarded.port, password="right", username="moodpid")
        wait_until(lambda: loop.publisher.connected)


def test_a_private_authority_is_trusted_when_the_configuration_names_it(start: Start) -> None:
    with PrivateMosquitto(tls=True) as secured:
        loop = start(secured.port, tls=True, tls_ca=str(secured.ca))
        wait_until(lambda: loop.publisher.connected)


def test_an_untrusted_certificate_is_refused_and_logged(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with PrivateMosquitto(tls=True) as secured:
        start(secured.port, tls=True)
        wait_until(lambda: lines(caplog))
        assert "its certificate does not verify" in lines(caplog)[0]


@pytest.mark.parametrize("refusal", [b"\x20\x02\x00\x01", b""], ids=["says so", "hangs up"])
def test_a_broker_with_only_mqtt_3_gets_mqtt_3(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture, refusal: bytes
) -> None:
    with OldBroker(mosquitto.port, refusal) as old, MqttListener(mosquitto.port) as listener:
        start(old.port)
        listener.wait_for_text(f"{ROOT}/status", "online")
    assert any(line.endswith("(MQTT 3.1.1)") for line in lines(caplog))


class RestartingBroker(ProxyBroker):
    """Hangs up twice, as a proxy whose broker is away; ends the first session when three faces are there."""

    def _treat(self, visitor: socket.socket) -> None:
        if self.visits > 2:
            super()._treat(visitor)

    def _passed(self, packet: bytes, visitor: socket.socket) -> bytes:
        if self.visits > 3 or b'"faces": 3' not in packet:
            return packet
        visitor.shutdown(socket.SHUT_RDWR)
        return b""


def test_mqtt_5_returns_after_a_restart_behind_a_proxy(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with RestartingBroker(mosquitto.port) as proxy, MqttListener(mosquitto.port) as listener:
        loop = start(proxy.port, timings=replace(FAST, stable_s=0.01))
        listener.wait_for_text(f"{ROOT}/status", "online")
        assert lines(caplog)[-1].endswith("(MQTT 3.1.1)")
        loop.state = present(happy(faces=3))
        listener.wait_for(lambda m: b'"faces": 3' in m.payload)
    assert any(line.endswith("(MQTT 5)") for line in lines(caplog))


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x00", b"\x90\x01\x00", b"\xff" * 99]
)
def test_a_server_that_speaks_something_else_is_tried_again(
    start: Start, caplog: pytest.LogCaptureFixture, answer: bytes
) -> None:
    with Answering(lambda _: answer) as server:
        loop = start(server.port, timings=replace(FAST, answer_limit_s=1.0))
        wait_until(lambda: server.visits >= 3)
        assert loop.end()
    assert len(lines(caplog)) == 1


class Touchy(ProxyBroker):
    """Ends the session of a client that publishes for Home Assistant."""

    def __init__(self, port: int, farewell: bytes = b"") -> None:
        super().__init__(port)
        self._farewell = farewell

    def _passed(self, packet: bytes, visitor: socket.socket) -> bytes:
        if packet[0] & 0xF0 != PUBLISH or b"homeassistant/device" not in packet:
            return packet
        visitor.sendall(self._farewell)
        visitor.shutdown(socket.SHUT_RDWR)
        return b""


@pytest.mark.parametrize("farewell", [b"", b"\xe0\x02\x87\x00"], ids=["without a word", "with a reason"])
def test_a_broker_ending_sessions_over_one_topic_costs_that_topic(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture, farewell: bytes
) -> None:
    with Touchy(mosquitto.port, farewell) as touchy, MqttListener(mosquitto.port) as listener:
        loop = start(touchy.port)
        listener.wait_for_text(f"{ROOT}/status", "online")
        loop.state = present(happy(faces=3))
        listener.wait_for(lambda m: b'"faces": 3' in m.payload)
    named = [line for line in lines(caplog) if "homeassistant/device/moodpid_living-room/config" in line]
    assert len(named) == 1
    assert "left out" in named[0]


def test_a_connection_that_keeps_dropping_is_logged_once(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    def accept_and_leave(said: bytes) -> bytes:
        return b"\x20\x03\x00\x00\x00\xe0\x02\x89\x00" if b"MQTT" in said else b""

    with Answering(accept_and_leave) as broker:
        loop = start(broker.port)
        wait_until(lambda: broker.visits >= 8)
        assert loop.end()
    assert sum("keeps closing the connection (Server busy)" in line for line in lines(caplog)) == 1
    assert len(lines(caplog)) <= 5


def test_each_reason_is_logged(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    answers = [b"\x20\x03\x00\x89\x00", b"\x20\x03\x00\x88\x00", b"\x20\x03\x00\x87\x00"]
    with Answering(lambda _: answers[0]) as broker:
        start(broker.port)
        for reason in ("Server busy", "Server unavailable", "Not authorized"):
            wait_until(lambda reason=reason: any(reason in line for line in lines(caplog)))  # type: ignore[misc]
            answers = answers[1:] or answers
    assert len(lines(caplog)) <= 4


def test_messages_of_many_megabytes_do_not_end_it(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port, f"{ROOT}/status") as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        for name in ("enabled/set", "presence", "status", "mood"):
            listener.publish(f"{ROOT}/{name}", b"x" * 20_000_000)
        listener.publish(f"{ROOT}/enabled/set", "OFF")
        wait_until(lambda: loop.requests)
    assert loop.publisher.connected


def test_a_broker_that_accepts_again_and_again_is_no_broker(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    received: list[bytes] = []

    def accept_often(said: bytes) -> bytes:
        received.append(said)
        return b"\x20\x03\x00\x00\x00" * 1000 if b"MQTT" in said else b"\xd0\x00"

    with Answering(accept_often) as broker:
        loop = start(broker.port)
        wait_until(lambda: broker.visits >= 4)
        assert loop.end()
    assert len(lines(caplog)) <= 4
    assert sum(map(len, received)) < 20_000 * broker.visits
