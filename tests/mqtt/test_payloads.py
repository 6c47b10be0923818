"""The payloads are a contract with people's automations."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

from moodpid.mood.emotion import AFFECT, EMOTIONS, Mood
from moodpid.mood.policy import EventType, MoodEvent
from moodpid.mqtt import payloads
from moodpid.state import CameraState, CameraStatus, Metrics, PlayerState, PlayerStatus
from moodpid.text import clean
from tests.support.mqtt import happy, present

SINCE = datetime(2026, 5, 1, 18, 4, 11, 987654, tzinfo=timezone(timedelta(hours=2)))


def test_the_mood_has_the_fields_that_were_promised() -> None:
    published = json.loads(payloads.mood(happy(0.8312), SINCE))
    assert list(published) == ["mood", "confidence", "since", "faces", "scores"]
    assert published["mood"] == "happy"
    assert published["confidence"] == 0.83
    assert published["since"] == "2026-05-01T18:04:11+02:00"
    assert published["faces"] == 1
    assert list(published["scores"]) == [emotion.value for emotion in EMOTIONS]


def test_an_event_names_what_was_and_what_is() -> None:
    published = json.loads(payloads.event(MoodEvent(EventType.MOOD_CHANGED, Mood.SAD, Mood.HAPPY)))
    assert published == {"event_type": "mood_changed", "from": "sad", "to": "happy"}


def test_an_event_without_a_mood_before_says_null() -> None:
    published = json.loads(payloads.event(MoodEvent(EventType.PERSON_ARRIVED, None, Mood.HAPPY)))
    assert published["from"] is None


def test_the_camera_says_what_is_wrong() -> None:
    published = json.loads(payloads.camera(CameraState(CameraStatus.LOST, clean("the cable is loose"))))
    assert published == {"state": "lost", "message": "the cable is loose"}


def test_the_player_tells_the_song_and_why_it_was_chosen() -> None:
    published = json.loads(payloads.player(present().player))
    assert published == {
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
    assert "Дом" in payloads.player(PlayerState(PlayerStatus.PLAY, title=clean("Дом")))


def test_a_felt_mood_lies_between_the_emotions_that_are_seen() -> None:
    where = payloads.affect_of(happy(0.9), asked_for=False)
    assert where is not None
    assert 0.3 < where.valence < AFFECT[Mood.HAPPY].valence


def test_a_mood_that_was_asked_for_lies_where_it_belongs() -> None:
    assert payloads.affect_of(happy(0.1), asked_for=True) == AFFECT[Mood.HAPPY]


def test_nobody_lies_nowhere() -> None:
    assert payloads.affect_of(replace(happy(), mood=Mood.NOBODY), asked_for=False) is None
    assert json.loads(payloads.affect(None)) == {"valence": None, "arousal": None}


def test_what_is_not_known_of_the_machine_is_null() -> None:
    assert json.loads(payloads.metrics(Metrics(latency_s=0.0421), "none")) == {
        "latency_ms": 42,
        "looks_hz": None,
        "temperature_c": None,
        "last_error": "none",
    }
