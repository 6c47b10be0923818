"""The payloads are a contract with people's automations."""

import json
from datetime import datetime, timedelta, timezone

from moodpid.mood.emotion import EMOTIONS, Mood
from moodpid.mood.policy import EventType, MoodEvent
from moodpid.mqtt import payloads
from moodpid.state import CameraState, CameraStatus, PlayerState, PlayerStatus
from tests.mqtt.support import happy, present

SINCE = datetime(2026, 5, 1, 18, 4, 11, 987654, tzinfo=timezone(timedelta(hours=2)))


def test_the_mood_has_the_fields_that_were_promised() -> None:
    told = json.loads(payloads.mood(happy(0.8312), SINCE))
    assert list(told) == ["mood", "confidence", "since", "faces", "scores"]
    assert told["mood"] == "happy"
    assert told["confidence"] == 0.83
    assert told["since"] == "2026-05-01T18:04:11+02:00"
    assert told["faces"] == 1
    assert list(told["scores"]) == [emotion.value for emotion in EMOTIONS]


def test_an_event_names_what_was_and_what_is() -> None:
    told = json.loads(payloads.event(MoodEvent(EventType.MOOD_CHANGED, Mood.SAD, Mood.HAPPY)))
    assert told == {"event_type": "mood_changed", "from": "sad", "to": "happy"}


def test_an_event_without_a_mood_before_says_null() -> None:
    told = json.loads(payloads.event(MoodEvent(EventType.PERSON_ARRIVED, None, Mood.HAPPY)))
    assert told["from"] is None


def test_the_camera_says_what_is_wrong() -> None:
    told = json.loads(payloads.camera(CameraState(CameraStatus.LOST, "the cable is loose")))
    assert told == {"state": "lost", "message": "the cable is loose"}


def test_the_player_tells_the_song_and_why_it_was_chosen() -> None:
    told = json.loads(payloads.player(present().player))
    assert told == {
        "state": "play",
        "title": "A Song",
        "artist": "A Singer",
        "mood": "happy",
        "playlist": "Happy",
        "message": "",
    }


def test_a_player_without_music_of_ours_has_no_mood() -> None:
    assert json.loads(payloads.player(PlayerState(PlayerStatus.STOP)))["mood"] is None


def test_titles_in_any_script_stay_readable() -> None:
    assert "Дом" in payloads.player(PlayerState(PlayerStatus.PLAY, title="Дом"))


def test_switches_speak_as_home_assistant_does() -> None:
    assert (payloads.switch(on=True), payloads.switch(on=False)) == ("ON", "OFF")
