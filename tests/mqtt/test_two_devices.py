"""Two devices with one id beside a real Mosquitto: one speaks, the other says why it does not."""

import json
import time

import pytest

from moodpid.mqtt import id_claim
from tests.support.mqtt import MqttListener, Start, happy, lines, present, wait_until
from tests.support.servers import PrivateMosquitto

ROOT = "moodpid/living-room"
PRESENCE = f"{ROOT}/presence"
BUSY_S = 60.0
"""An answer may take this long on a busy machine."""


def hello(token: str, *, settled: bool) -> str:
    return json.dumps({"token": token, "host": "attic-pi", "settled": settled})


def test_the_second_does_not_speak_and_says_so(
    mosquitto: PrivateMosquitto,
    start: Start,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        monkeypatch.setattr(id_claim, "LISTEN_S", BUSY_S)
        second = start(mosquitto.port)
        second.state = present(happy(faces=7))
        wait_until(lambda: any("give one of them another [device] id" in line for line in lines(caplog)))
        first.state = present(happy(faces=3))
        listener.wait_for(lambda m: b'"faces": 3' in m.payload)
        assert not any(b'"faces": 7' in m.payload for m in listener.messages)
    assert second.publisher.connected


def test_the_second_is_answered_though_the_first_is_busy(
    mosquitto: PrivateMosquitto,
    start: Start,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        first.halt()
        monkeypatch.setattr(id_claim, "LISTEN_S", BUSY_S)
        second = start(mosquitto.port)
        wait_until(lambda: any("stays silent" in line for line in lines(caplog)), BUSY_S / 2)
    assert not second.publisher._inbound.accepts_commands


def test_the_second_takes_over_when_the_first_is_gone(
    mosquitto: PrivateMosquitto,
    start: Start,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(id_claim, "ASK_AGAIN_S", 0.2)
    with MqttListener(mosquitto.port) as listener:
        first = start(mosquitto.port)
        listener.wait_for_text(f"{ROOT}/status", "online")
        monkeypatch.setattr(id_claim, "LISTEN_S", BUSY_S)
        start(mosquitto.port).state = present(happy(faces=7))
        wait_until(lambda: any("stays silent" in line for line in lines(caplog)))
        first.end()
        monkeypatch.setattr(id_claim, "LISTEN_S", 0.05)
        listener.wait_for(lambda m: b'"faces": 7' in m.payload)


def test_a_mob_that_asks_is_answered_in_measure_and_the_last_who_asks_is_answered_too(
    mosquitto: PrivateMosquitto, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(id_claim, "ANSWER_BURST", 1.0)
    began_s = time.monotonic()
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        for _ in range(100):
            listener.publish(PRESENCE, hello("zzzz", settled=False))
        listener.publish(PRESENCE, hello("last", settled=False))
        listener.wait_for(lambda m: b"last" in m.payload)
        listener.wait_for(lambda m: m.topic == PRESENCE and b'"settled": true' in m.payload)
        # It says this behind all that it had to say to the mob
        listener.publish(f"{ROOT}/enabled/set", "OFF")
        wait_until(lambda: loop.requests)
        loop.state = present(happy(faces=3))
        listener.wait_for(lambda m: b'"faces": 3' in m.payload)
    answers = [m for m in listener.messages if m.topic == PRESENCE and b'"settled": true' in m.payload]
    # Network thread and loop answer, each in measure, and who begins to speak says so
    assert len(answers) <= 1 + 2 * (1 + id_claim.ANSWER_RATE_HZ * (time.monotonic() - began_s))


@pytest.mark.parametrize("while_we_run", [False, True])
def test_a_retained_hello_is_one_of_the_past_and_not_believed(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture, while_we_run: bool
) -> None:
    with MqttListener(mosquitto.port) as listener:
        if not while_we_run:
            listener.publish(PRESENCE, hello("0", settled=True), retain=True)
        loop = start(mosquitto.port)
        listener.wait_for_text(f"{ROOT}/status", "online")
        if while_we_run:
            listener.publish(PRESENCE, hello("0", settled=True), retain=True)
            # Heard after it, and answered when it was learnt
            listener.publish(PRESENCE, hello("zzzz", settled=False))
            listener.wait_for(lambda m: m.topic == PRESENCE and b"zzzz" in m.payload)
            listener.wait_for(lambda m: m.topic == PRESENCE and b'"settled": true' in m.payload)
        loop.state = present(happy(faces=3))
        listener.wait_for(lambda m: b'"faces": 3' in m.payload)
    assert not any("stays silent" in line for line in lines(caplog))


def test_a_hello_that_is_not_retained_is_believed(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        listener.publish(PRESENCE, hello("0", settled=True))
        wait_until(lambda: any("the moodpid on attic-pi uses" in line for line in lines(caplog)))
