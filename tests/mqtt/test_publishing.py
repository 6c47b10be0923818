"""What a real Mosquitto hears of us: states, events, and that we are there or gone."""

import json
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from moodpid.mood.emotion import Mood
from moodpid.mood.policy import EventType, MoodEvent
from moodpid.mqtt.publish_throttle import TopicState
from moodpid.mqtt.state_topics import StateTopics
from moodpid.mqtt.topics import Topics
from moodpid.state import AppState, CameraState, CameraStatus, PlayerState, PlayerStatus, Settings
from tests.support.mqtt import CHANGED, MqttListener, Start, happy, present
from tests.support.servers import PrivateMosquitto

ROOT = "moodpid/living-room"


def test_the_present_state_is_retained_for_those_who_come_later(
    mosquitto: PrivateMosquitto, start: Start
) -> None:
    start(mosquitto.port)
    with MqttListener(mosquitto.port) as early:
        early.wait_for_text(f"{ROOT}/status", "online")
    with MqttListener(mosquitto.port) as late:
        late.publish("marker", "x")
        late.wait_for_text("marker", "x")
        kept = {message.topic: message for message in late.messages[:-1]}
    assert {f"{ROOT}/{name}" for name in ("status", "mood", "camera", "player", "enabled")} <= set(kept)
    assert all(message.retain for message in kept.values())
    assert json.loads(kept[f"{ROOT}/camera"].payload)["state"] == "watching"
    assert json.loads(kept[f"{ROOT}/player"].payload)["title"] == "A Song"
    assert kept[f"{ROOT}/enabled"].payload == b"ON"


def test_since_is_a_local_time_with_its_offset(mosquitto: PrivateMosquitto, start: Start) -> None:
    early = datetime.now().astimezone()
    start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        published = json.loads(listener.wait_for(lambda m: m.topic == f"{ROOT}/mood").payload)
    since = datetime.fromisoformat(published["since"])
    assert since.utcoffset() is not None
    ago, second = timedelta(seconds=60), timedelta(seconds=1)
    assert early - ago - second <= since <= datetime.now().astimezone() - ago + second


def test_before_the_first_look_no_mood_is_reported(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    loop.state = present(None)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")  # the last one
        assert f"{ROOT}/mood" not in {message.topic for message in listener.messages}
        loop.state = present(happy())
        assert json.loads(listener.wait_for(lambda m: m.topic == f"{ROOT}/mood").payload)["mood"] == "happy"


def states(state: AppState) -> dict[str, TopicState]:
    """What is published of a state, by its topic."""
    return {one.topic: one for one in StateTopics(Topics(ROOT), [], "").topic_states(state, 0.0)}


@pytest.mark.parametrize(
    ("asked_for", "observed", "occupancy"),
    [(Mood.HAPPY, Mood.NOBODY, "OFF"), (Mood.NOBODY, Mood.HAPPY, "ON"), (Mood.HAPPY, None, None)],
)
def test_an_override_does_not_change_occupancy(
    asked_for: Mood, observed: Mood | None, occupancy: str | None
) -> None:
    mood = happy()
    published = states(
        replace(
            present(replace(mood, mood=asked_for)),
            observed_mood=None if observed is None else replace(mood, mood=observed),
        )
    )
    assert json.loads(published[f"{ROOT}/mood"].payload())["mood"] == asked_for
    reported = published.get(f"{ROOT}/occupancy")
    assert (reported and reported.payload()) == occupancy


def test_a_picture_is_never_retained() -> None:
    picture = states(replace(present(happy()), picture=b"jpeg"))[f"{ROOT}/picture"]
    assert picture.payload() == b"jpeg"
    assert not picture.retain
    assert not picture.repeat
    assert f"{ROOT}/picture" not in states(present(happy()))


@pytest.mark.parametrize(
    ("room_known", "override", "says"),
    [
        (True, None, {"mood": "online", "occupancy": "online"}),
        (False, Mood.SAD, {"mood": "online", "occupancy": "offline"}),
        (False, None, {"mood": "offline", "occupancy": "offline"}),
    ],
)
def test_what_is_not_of_now_is_reported_so(
    room_known: bool, override: Mood | None, says: dict[str, str]
) -> None:
    state = replace(present(happy()), settings=Settings(override=override), room_known=room_known)
    assert json.loads(states(state)[f"{ROOT}/availability"].payload()) == says


@pytest.mark.parametrize("room_known", [True, False])
def test_an_earlier_mood_is_published_behind_its_availability(room_known: bool) -> None:
    order = list(states(replace(present(happy()), room_known=room_known)))
    mood, availability = order.index(f"{ROOT}/mood"), order.index(f"{ROOT}/availability")
    assert (mood < availability) == room_known


def test_a_new_face_is_reported_and_nothing_when_nothing_changes(
    mosquitto: PrivateMosquitto, start: Start
) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        loop.state = present(happy(faces=2, since_s=loop.state.mood.since_s if loop.state.mood else 0))
        listener.wait_for(lambda m: b'"faces": 2' in m.payload)
        before = len(listener.messages)
        listener.publish("marker", "x")
        listener.wait_for_text("marker", "x")
        assert {m.topic for m in listener.messages[before:]} == {"marker"}


def test_an_event_is_reported_once_and_not_retained(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        loop.events.append(CHANGED)
        published = listener.wait_for(lambda m: m.topic == f"{ROOT}/event")
    assert json.loads(published.payload) == {"event_type": "mood_changed", "from": "sad", "to": "happy"}
    with MqttListener(mosquitto.port) as late:
        late.wait_for_text(f"{ROOT}/status", "online")
        late.publish("marker", "x")
        late.wait_for_text("marker", "x")
        assert f"{ROOT}/event" not in {message.topic for message in late.messages}


def test_no_event_is_lost_among_many_changes(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        loop.state = scene()
        loop.events.extend([CHANGED] * 11 + [MoodEvent(EventType.PERSON_ARRIVED, None, Mood.SAD)])
        listener.wait_for(lambda m: m.topic == f"{ROOT}/event" and b"person_arrived" in m.payload)
        published = [
            json.loads(m.payload)["event_type"] for m in listener.messages if m.topic == f"{ROOT}/event"
        ]
        assert published == ["mood_changed"] * 11 + ["person_arrived"]
        listener.wait_for_text(f"{ROOT}/dwell_s", "20")


def scene() -> AppState:
    """Much at once: another mood, camera, player and a handful of settings."""
    settings = Settings(override=Mood.SAD, drive_music=False, dwell_s=20.0, fps=1.0, enabled=False)
    sad = replace(happy(faces=2), mood=Mood.SAD, since_s=time.monotonic())
    camera, player = CameraState(CameraStatus.OFF), PlayerState(PlayerStatus.STOP)
    return replace(present(sad, settings=settings), camera=camera, player=player)


def test_stopping_says_offline(mosquitto: PrivateMosquitto, start: Start) -> None:
    loop = start(mosquitto.port)
    with MqttListener(mosquitto.port) as listener:
        listener.wait_for_text(f"{ROOT}/status", "online")
        assert loop.end()
        assert not loop.publisher.connected
        listener.wait_for_text(f"{ROOT}/status", "offline")
    with MqttListener(mosquitto.port) as late:
        late.wait_for_text(f"{ROOT}/status", "offline")


def test_a_killed_publisher_is_offline_by_its_will(mosquitto: PrivateMosquitto) -> None:
    code = (
        "import sys, time; from moodpid import config; from moodpid.mqtt.publisher import build_publisher\n"
        "from tests.support.mqtt import present\n"
        "broker = config.MqttConfig(host='127.0.0.1', port=int(sys.argv[1]))\n"
        "p = build_publisher(config.DeviceConfig(id='living-room'), broker, lambda _: True); p.start()\n"
        "while True: p.publish(present(), ()); time.sleep(0.02)\n"
    )
    with (
        MqttListener(mosquitto.port) as listener,
        subprocess.Popen([sys.executable, "-c", code, str(mosquitto.port)]) as process,
    ):
        try:
            listener.wait_for_text(f"{ROOT}/status", "online")
        finally:
            process.kill()
        listener.wait_for_text(f"{ROOT}/status", "offline")
