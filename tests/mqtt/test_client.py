"""The publisher and a real Mosquitto."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.enums import MQTTProtocolVersion
from servers import PrivateMosquitto

from moodpid import config
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import EventType, MoodEvent
from moodpid.mqtt import connection
from moodpid.mqtt.broker import LARGEST_PACKET, Broker
from moodpid.mqtt.reports import Reporter
from moodpid.mqtt.topics import Topics
from moodpid.state import Adjust, CameraState, CameraStatus, PlayerState, PlayerStatus, Present, Settings
from tests.mqtt.support import Answering, Ear, OldBroker, Start, happy, lines, present, wait_until

ROOT = "moodpid/living-room"
CHANGED = MoodEvent(EventType.MOOD_CHANGED, Mood.SAD, Mood.HAPPY)


def test_the_present_state_is_retained_for_those_who_come_later(
    mosquitto: PrivateMosquitto, start: Start
) -> None:
    start(mosquitto.port)
    with Ear(mosquitto.port) as early:
        early.wait_for_text(f"{ROOT}/status", "online")
    with Ear(mosquitto.port) as late:
        late.say("marker", "x")
        late.wait_for_text("marker", "x")
        kept = {message.topic: message for message in late.heard[:-1]}
    assert {f"{ROOT}/{name}" for name in ("status", "mood", "camera", "player", "enabled")} <= set(kept)
    assert all(message.retain for message in kept.values())
    assert json.loads(kept[f"{ROOT}/camera"].payload)["state"] == "watching"
    assert json.loads(kept[f"{ROOT}/player"].payload)["title"] == "A Song"
    assert kept[f"{ROOT}/enabled"].payload == b"ON"


def test_since_is_a_local_time_with_its_offset(mosquitto: PrivateMosquitto, start: Start) -> None:
    start(mosquitto.port)
    with Ear(mosquitto.port) as ear:
        told = json.loads(ear.wait_for(lambda m: m.topic == f"{ROOT}/mood").payload)
    since = datetime.fromisoformat(told["since"])
    assert since.utcoffset() is not None
    assert abs(datetime.now().astimezone() - since - timedelta(seconds=60)) < timedelta(seconds=10)


def test_before_the_first_look_no_mood_is_told(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    loop.state = present(None)
    with Ear(mosquitto.port) as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
        loop.state = present(happy())
        assert json.loads(ear.wait_for(lambda m: m.topic == f"{ROOT}/mood").payload)["mood"] == "happy"


def test_a_mood_that_is_asked_for_says_nothing_about_who_is_there() -> None:
    topics = Topics(ROOT)
    asked_for = replace(present(happy()), felt=None)
    told = {report.topic for report in Reporter(topics, [], "").reports(asked_for, 0.0)}
    assert topics.mood in told
    assert topics.occupancy not in told


def test_an_event_is_told_once_and_not_retained(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    with Ear(mosquitto.port) as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
        loop.events = [CHANGED]
        told = ear.wait_for(lambda m: m.topic == f"{ROOT}/event")
    assert json.loads(told.payload) == {"event_type": "mood_changed", "from": "sad", "to": "happy"}
    with Ear(mosquitto.port) as late:
        late.wait_for_text(f"{ROOT}/status", "online")
        late.say("marker", "x")
        late.wait_for_text("marker", "x")
        assert f"{ROOT}/event" not in {message.topic for message in late.heard}


def test_no_event_is_lost_to_states_or_events_that_change_with_it(
    mosquitto: PrivateMosquitto, start: Start
) -> None:
    loop = start(mosquitto.port)
    with Ear(mosquitto.port) as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
        loop.state = scene()
        loop.events = [CHANGED] * 11 + [MoodEvent(EventType.PERSON_ARRIVED, None, Mood.SAD)]
        ear.wait_for(lambda m: m.topic == f"{ROOT}/event" and b"person_arrived" in m.payload)
        told = [json.loads(m.payload)["event_type"] for m in ear.heard if m.topic == f"{ROOT}/event"]
        assert told == ["mood_changed"] * 11 + ["person_arrived"]
        ear.wait_for_text(f"{ROOT}/dwell_s", "20")


def scene() -> Present:
    """Much at once: another mood, camera, player and a handful of settings."""
    settings = Settings(override=Mood.SAD, drive_music=False, dwell_s=20.0, looks_hz=1.0, enabled=False)
    sad = replace(happy(faces=2), mood=Mood.SAD, since_s=time.monotonic())
    camera, player = CameraState(CameraStatus.OFF), PlayerState(PlayerStatus.STOP)
    return replace(present(sad, settings=settings), camera=camera, player=player)


def test_a_new_face_is_told_at_once_and_nothing_when_nothing_changes(
    mosquitto: PrivateMosquitto, start: Start
) -> None:
    loop = start(mosquitto.port)
    with Ear(mosquitto.port) as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
        loop.state = present(happy(faces=2, since_s=loop.state.mood.since_s if loop.state.mood else 0))
        ear.wait_for(lambda m: b'"faces": 2' in m.payload, timeout_s=1)
        before = len(ear.heard)
        ear.say("marker", "x")
        ear.wait_for_text("marker", "x")
        assert {m.topic for m in ear.heard[before:]} == {"marker"}


def test_requests_reach_the_loop(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    with Ear(mosquitto.port) as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
        ear.say(f"{ROOT}/enabled/set", "OFF")
        wait_until(lambda: loop.requests == [Adjust("enabled", False)])


def test_of_a_flood_of_valid_requests_few_reach_the_loop(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    loop = start(mosquitto.port)
    with Ear(mosquitto.port) as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
        for _ in range(500):
            ear.say(f"{ROOT}/enabled/set", "ON")
            ear.say(f"{ROOT}/enabled/set", "OFF")
        ear.say("marker", "x")
        ear.wait_for_text("marker", "x")
    assert len(loop.requests) < 32
    assert sum("too many at once" in line for line in lines(caplog)) == 1


def test_stopping_says_offline(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    with Ear(mosquitto.port) as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
        assert loop.end()
        assert not loop.publisher.connected
        ear.wait_for_text(f"{ROOT}/status", "offline")
    with Ear(mosquitto.port) as late:
        late.wait_for_text(f"{ROOT}/status", "offline")


def test_a_broker_that_comes_late_is_found(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    mosquitto.kill()
    start(mosquitto.port)
    wait_until(lambda: any("cannot be reached: Connection refused" in line for line in lines(caplog)))
    mosquitto.start()
    with Ear(mosquitto.port) as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
    assert len(lines(caplog)) == 2


def test_after_a_crash_of_the_broker_it_hears_the_present_and_not_the_past(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    loop = start(mosquitto.port)
    wait_until(lambda: loop.publisher.connected)
    mosquitto.kill()
    wait_until(lambda: not loop.publisher.connected)
    loop.events = [CHANGED]
    loop.state = present(happy(faces=2))
    wait_until(lambda: not loop.events)
    loop.state = present(happy(faces=3))
    mosquitto.start()
    with Ear(mosquitto.port) as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
        moods = [json.loads(m.payload)["faces"] for m in ear.heard if m.topic == f"{ROOT}/mood"]
        assert moods
        assert set(moods) == {3}
        assert f"{ROOT}/event" not in {message.topic for message in ear.heard}
    told = lines(caplog)
    assert ["hears us" in told[0], "is gone" in told[1], "hears us" in told[2]] == [True] * 3
    assert len(told) == 3


def test_a_silent_broker_holds_up_nobody(
    mosquitto: PrivateMosquitto,
    start: Start,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "ANSWER_LIMIT_S", 0.2)
    mosquitto.freeze()
    loop = start(mosquitto.port)
    wait_until(lambda: any("says nothing" in line for line in lines(caplog)))
    mosquitto.thaw()
    with Ear(mosquitto.port) as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
        mosquitto.freeze()
        loop.state = present(happy(faces=2))
        began_s = time.monotonic()
        assert loop.end()
        assert time.monotonic() - began_s < 2
        assert loop.slowest_s < 0.2
        mosquitto.thaw()


def test_stopping_while_the_broker_is_silent_ends_in_time(mosquitto: PrivateMosquitto, start: Start) -> None:
    mosquitto.freeze()
    loop = start(mosquitto.port)
    began_s = time.monotonic()
    assert loop.end()
    assert time.monotonic() - began_s < 2


def test_a_wrong_password_is_told_apart_from_a_missing_broker(
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


# paho lets go of the socket of a failed handshake; the interpreter closes it, with a warning
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_certificate_of_a_stranger_is_refused_and_told(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with PrivateMosquitto(tls=True) as secured:
        start(secured.port, tls=True)
        wait_until(lambda: lines(caplog))
        assert "its certificate does not verify" in lines(caplog)[0]


@pytest.mark.parametrize("payload", [b"", b"\xff\xfe\x00", b"X" * 1_000, b"X" * 1_000_000, b"maybe"])
def test_nonsense_changes_nothing_and_is_one_line_at_most(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture, payload: bytes
) -> None:
    loop = start(mosquitto.port)
    with Ear(mosquitto.port, f"{ROOT}/status") as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
        for _ in range(3):
            ear.say(f"{ROOT}/enabled/set", payload)
        ear.say(f"{ROOT}/enabled/set", "OFF")
        wait_until(lambda: loop.requests == [Adjust("enabled", False)])
    assert sum("ignored" in line for line in lines(caplog)) <= 1


def test_a_retained_request_is_ignored_at_the_start_and_later(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with Ear(mosquitto.port, f"{ROOT}/status") as ear:
        ear.say(f"{ROOT}/enabled/set", "OFF", retain=True)
        loop = start(mosquitto.port)
        ear.wait_for_text(f"{ROOT}/status", "online")
        ear.say(f"{ROOT}/enabled/set", "OFF", retain=True)
        ear.say(f"{ROOT}/enabled/set", "ON")
        wait_until(lambda: loop.requests == [Adjust("enabled", True)])
    assert sum("retain" in line for line in lines(caplog)) == 1


@pytest.fixture
def mqtt_3(monkeypatch: pytest.MonkeyPatch) -> None:
    """We speak MQTT 3.1.1 from the first try on."""
    begin = Broker.__init__

    def begin_old(self: Broker, settings: config.Mqtt, password: str = "") -> None:
        begin(self, settings, password)
        self._protocol = MQTTProtocolVersion.MQTTv311

    monkeypatch.setattr(Broker, "__init__", begin_old)


@pytest.mark.usefixtures("mqtt_3")
def test_with_mqtt_3_everything_works_too(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    with Ear(mosquitto.port, f"{ROOT}/status") as ear:
        ear.say(f"{ROOT}/enabled/set", "OFF", retain=True)
        loop = start(mosquitto.port)
        ear.wait_for_text(f"{ROOT}/status", "online")
        ear.say(f"{ROOT}/enabled/set", "ON")
        wait_until(lambda: loop.requests == [Adjust("enabled", True)])
        assert loop.end()
        ear.wait_for_text(f"{ROOT}/status", "offline")
    assert any("hears us (MQTT 3.1.1)" in line for line in lines(caplog))


@pytest.mark.usefixtures("mqtt_3")
def test_with_mqtt_3_a_book_is_ignored_on_every_topic_that_we_read(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    book = json.dumps({"token": "0", "host": "a twin", "settled": True, "more": "x" * LARGEST_PACKET})
    with Ear(mosquitto.port, f"{ROOT}/status") as ear:
        loop = start(mosquitto.port)
        ear.wait_for_text(f"{ROOT}/status", "online")
        for topic in (f"{ROOT}/presence", f"{ROOT}/enabled/set", f"{ROOT}/status", "homeassistant/status"):
            ear.say(topic, book)
        ear.say(f"{ROOT}/enabled/set", "ON")
        wait_until(lambda: loop.requests == [Adjust("enabled", True)])
    assert sum("ignored a message of" in line for line in lines(caplog)) == 1


def test_a_flood_of_messages_leaves_the_loop_its_pace(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    loop = start(mosquitto.port)
    with Ear(mosquitto.port, f"{ROOT}/status") as ear:
        ear.wait_for_text(f"{ROOT}/status", "online")
        for _ in range(3_000):
            ear.say(f"{ROOT}/enabled/set", "nonsense")
        ear.say(f"{ROOT}/enabled/set", "OFF")
        wait_until(lambda: loop.requests == [Adjust("enabled", False)])
    assert sum("ignored" in line for line in lines(caplog)) == 1
    assert loop.slowest_s < 0.25


@pytest.mark.parametrize("refusal", [b"\x20\x02\x00\x01", b""], ids=["says so", "hangs up"])
def test_a_broker_that_knows_only_mqtt_3_is_spoken_to_in_mqtt_3(
    mosquitto: PrivateMosquitto, start: Start, caplog: pytest.LogCaptureFixture, refusal: bytes
) -> None:
    with OldBroker(mosquitto.port, refusal) as old, Ear(mosquitto.port) as ear:
        start(old.port)
        ear.wait_for_text(f"{ROOT}/status", "online")
    assert any("hears us (MQTT 3.1.1)" in line for line in lines(caplog))


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x20\x00", b"\x90\x01\x00", b"\xff" * 99]
)
def test_a_server_that_speaks_something_else_is_tried_again(
    start: Start, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, answer: bytes
) -> None:
    monkeypatch.setattr(connection, "ANSWER_LIMIT_S", 0.2)
    with Answering(lambda _: answer) as server:
        loop = start(server.port)
        wait_until(lambda: server.visits >= 3)
        assert loop.end()
    assert len(lines(caplog)) == 1


def test_a_killed_publisher_is_offline_by_its_will(mosquitto: PrivateMosquitto) -> None:
    code = (
        "import sys, time; from moodpid import config; from moodpid.mqtt.client import MqttPublisher\n"
        "from tests.mqtt.support import present\n"
        "broker = config.Mqtt(host='127.0.0.1', port=int(sys.argv[1]))\n"
        "p = MqttPublisher(config.Device(id='living-room'), broker, lambda _: True); p.start()\n"
        "while True: p.tell(present(), ()); time.sleep(0.02)\n"
    )
    with (
        Ear(mosquitto.port) as ear,
        subprocess.Popen([sys.executable, "-c", code, str(mosquitto.port)]) as process,
    ):
        try:
            ear.wait_for_text(f"{ROOT}/status", "online")
        finally:
            process.kill()
        ear.wait_for_text(f"{ROOT}/status", "offline")


@given(failures=st.integers(0, 10_000), longest_s=st.floats(1, 100))
def test_pauses_grow_to_a_limit_and_are_never_none(failures: int, longest_s: float) -> None:
    pause_s = connection.pause_s(failures, longest_s)
    assert min(longest_s, 2.0 ** min(failures, 10)) / 2 <= pause_s <= longest_s
