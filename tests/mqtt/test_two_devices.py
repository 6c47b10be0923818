"""Two instances with one id at a real Mosquitto: one publishes, the other stands aside and logs why."""

import json
import time
from dataclasses import replace

import pytest

from moodpid.mqtt import id_claim
from tests.support.mqtt import FAST, MqttListener, Start, happy, lines, present, wait_until
from tests.support.servers import PrivateMosquitto

ROOT = "moodpid/living-room"
PRESENCE = f"{ROOT}/presence"
BUSY_S = 60.0
"""An answer may take this long on a busy machine."""
PATIENT = replace(FAST, listen_s=BUSY_S)


def claim(token: str, *, settled: bool) -> str:
    return json.dumps({"token": token, "host": "attic-pi", "settled": settled})


def test_the_second_instance_stands_aside_and_logs_it(
    mosquitto: PrivateMosquitto,
    start: Start,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        second = start(mosquitto.port, timings=PATIENT)
        second.state = present(happy(faces=7))
        wait_until(lambda: any("give it another [device] id" in line for line in lines(caplog)))
        first.state = present(happy(faces=3))
        listener.wait_for(lambda m: b'"faces": 3' in m.payload)
        assert not any(b'"faces": 7' in m.payload for m in listener.messages)
    assert second.publisher.connected


def test_the_second_is_answered_while_the_first_is_busy(
    mosquitto: PrivateMosquitto,
    start: Start,
    caplog: pytest.LogCaptureFixture,
) -> None:
    first = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        first.halt()
        second = start(mosquitto.port, timings=PATIENT)
        wait_until(lambda: any("stands aside" in line for line in lines(caplog)), BUSY_S / 2)
    assert not second.publisher.owns_id


def test_the_second_takes_over_when_the_first_is_gone(
    mosquitto: PrivateMosquitto,
    start: Start,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with MqttListener(mosquitto.port) as listener:
        first = start(mosquitto.port)
        listener.wait_for_text(f"{ROOT}/status", "online")
        timings = replace(FAST, listen_s=2.0, ask_again_s=0.2)
        start(mosquitto.port, timings=timings).state = present(happy(faces=7))
        wait_until(lambda: any("stands aside" in line for line in lines(caplog)))
        first.end()
        listener.wait_for(lambda m: b'"faces": 7' in m.payload)


def test_many_questions_are_answered_at_a_limited_rate(mosquitto: PrivateMosquitto, start: Start) -> None:
    began_s = time.monotonic()
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        for _ in range(100):
            listener.publish(PRESENCE, claim("zzzz", settled=False))
        listener.publish(PRESENCE, claim("last", settled=False))
        listener.wait_for(lambda m: b"last" in m.payload)
        listener.wait_for(lambda m: m.topic == PRESENCE and b'"settled": true' in m.payload)
        # It says this behind all that it had to say to the mob
        listener.publish(f"{ROOT}/enabled/set", "OFF")
        wait_until(lambda: loop.requests)
        loop.state = present(happy(faces=3))
        listener.wait_for(lambda m: b'"faces": 3' in m.payload)
    answers = [m for m in listener.messages if m.topic == PRESENCE and b'"settled": true' in m.payload]
    # Network thread and loop answer, each in measure, and who begins to speak says so
    assert len(answers) <= 1 + 2 * (
        id_claim.ANSWER_BURST + id_claim.ANSWER_RATE_HZ * (time.monotonic() - began_s)
    )


@pytest.mark.parametrize("while_we_run", [False, True])
def test_a_retained_claim_is_ignored(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture, while_we_run: bool
) -> None:
    with MqttListener(mosquitto.port) as listener:
        if not while_we_run:
            listener.publish(PRESENCE, claim("0", settled=True), retain=True)
        loop = start(mosquitto.port)
        listener.wait_for_text(f"{ROOT}/status", "online")
        if while_we_run:
            listener.publish(PRESENCE, claim("0", settled=True), retain=True)
            # Heard after it, and answered when it was learnt
            listener.publish(PRESENCE, claim("zzzz", settled=False))
            listener.wait_for(lambda m: m.topic == PRESENCE and b"zzzz" in m.payload)
            listener.wait_for(lambda m: m.topic == PRESENCE and b'"settled": true' in m.payload)
        loop.state = present(happy(faces=3))
        listener.wait_for(lambda m: b'"faces": 3' in m.payload)
    assert not any("stands aside" in line for line in lines(caplog))


def test_one_message_of_a_stranger_changes_nothing(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        listener.publish(PRESENCE, claim("0", settled=True))
        # It is asked whether it is there, and does not answer
        listener.wait_for(lambda m: m.topic == PRESENCE and b'"settled": false' in m.payload)
        listener.wait_for(lambda m: m.topic == PRESENCE and b'"settled": true' in m.payload)
        loop.state = present(happy(faces=3))
        listener.wait_for(lambda m: b'"faces": 3' in m.payload)
    assert not any("stands aside" in line for line in lines(caplog))


def test_standing_aside_publishes_offline(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    start(mosquitto.port, timings=replace(FAST, listen_s=2.0, ask_again_s=BUSY_S))
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        listener.publish(PRESENCE, claim("0", settled=True))
        listener.wait_for(lambda m: m.topic == PRESENCE and b'"settled": false' in m.payload)
        listener.publish(PRESENCE, claim("0", settled=True))
        listener.wait_for_text(f"{ROOT}/status", "offline")
    wait_until(lambda: any("the moodpid on attic-pi uses" in line for line in lines(caplog)))


def test_who_stands_aside_publishes_nothing_when_it_ends(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with MqttListener(mosquitto.port) as listener:
        start(mosquitto.port)
        listener.wait_for_text(f"{ROOT}/status", "online")
        second = start(mosquitto.port, timings=PATIENT)
        wait_until(lambda: any("stands aside" in line for line in lines(caplog)))
        before = len(listener.messages)
        assert second.end()
        listener.publish("marker", "x")
        listener.wait_for_text("marker", "x")
        assert f"{ROOT}/status" not in {message.topic for message in listener.messages[before:]}
