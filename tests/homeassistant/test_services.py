"""What people switch, choose and press in Home Assistant is done at once, and comes back."""

import json

import pytest

from moodpid.mpd.fade import FADE_S
from tests.support.home import (
    AT_ONCE_S,
    MOOD,
    RIGHT_AGAIN_S,
    ROOT,
    TestHome,
    another_song,
    becomes,
    complaints,
    follows,
    override,
    playing,
    plays,
    queue,
    wait,
)
from tests.support.mqtt import MqttListener

pytestmark = [pytest.mark.homeassistant, pytest.mark.timeout(600)]


def test_switching_watching_off_closes_the_camera_and_back(house: TestHome) -> None:
    house.home.call("switch.turn_off", "switch.living_room_watching")
    becomes(house, "switch.living_room_watching", "off", AT_ONCE_S)
    becomes(house, "sensor.living_room_camera", "off", AT_ONCE_S)
    becomes(house, MOOD, "unavailable", AT_ONCE_S)
    house.home.call("switch.turn_on", "switch.living_room_watching")
    becomes(house, "switch.living_room_watching", "on", AT_ONCE_S)
    becomes(house, MOOD, "happy")


def test_the_override_plays_what_was_asked_for(house: TestHome) -> None:
    plays(house, "happy", RIGHT_AGAIN_S)
    override(house, "sad")
    # `change = "now"` fades over: the song is next at once, and is heard after the fade
    follows(house, "sad")
    plays(house, "sad", FADE_S + AT_ONCE_S)
    becomes(house, MOOD, "sad", AT_ONCE_S)
    wait(house, "the fade is over", lambda: "volume:100%" in house.mpd.mpc("status"), AT_ONCE_S)
    override(house, "automatic")
    becomes(house, MOOD, "happy", 5)
    plays(house, "happy", FADE_S + AT_ONCE_S)
    wait(house, "the fade is over", lambda: "volume:100%" in house.mpd.mpc("status"), AT_ONCE_S)


def test_not_driving_the_music_leaves_mpd_alone_until_it_is_driven_again(house: TestHome) -> None:
    plays(house, "happy", RIGHT_AGAIN_S)
    switch = "switch.living_room_drive_the_music"
    house.home.call("switch.turn_off", switch)
    becomes(house, switch, "off", AT_ONCE_S)
    becomes(house, "sensor.living_room_player", "disabled", AT_ONCE_S)
    before = queue(house)
    override(house, "sad")
    becomes(house, MOOD, "sad", AT_ONCE_S)
    assert queue(house) == before
    house.home.call("switch.turn_on", switch)
    becomes(house, switch, "on", AT_ONCE_S)
    follows(house, "sad")
    becomes(house, "sensor.living_room_player", "play", FADE_S + AT_ONCE_S)
    plays(house, "sad", FADE_S + AT_ONCE_S)
    override(house, "automatic")
    plays(house, "happy", 5 + FADE_S)


def test_skip_goes_on_to_the_next_song_and_is_told_once(house: TestHome) -> None:
    becomes(house, "sensor.living_room_player", "play")
    with MqttListener(house.mosquitto.port, f"{ROOT}/event") as ear:
        another_song(house, "button.living_room_skip")
        ear.wait_for(lambda m: b"track_skipped" in m.payload, AT_ONCE_S)
    event = "event.living_room_mood_changed"
    wait(
        house,
        "it is told",
        lambda: house.home.states()[event]["attributes"]["event_type"] == "track_skipped",
        AT_ONCE_S,
    )


def test_a_song_that_does_not_fit_is_noted_in_mpd_and_skipped(house: TestHome) -> None:
    becomes(house, "sensor.living_room_player", "play")
    song = playing(house)
    another_song(house, "button.living_room_this_song_does_not_fit")
    noted = "moodpid_happy_skipped="
    wait(house, "a sticker", lambda: noted in house.mpd.mpc("sticker", song, "list", check=False), AT_ONCE_S)


def test_the_strategy_comes_back_and_leads_the_songs_that_follow(house: TestHome) -> None:
    strategy = "select.living_room_strategy"
    override(house, "sad")
    plays(house, "sad", FADE_S + AT_ONCE_S)
    house.home.call("select.select_option", strategy, option="lift")
    becomes(house, strategy, "lift", AT_ONCE_S)
    for _ in range(8):  # sad to neutral is two songs, neutral to happy three
        another_song(house, "button.living_room_skip")
        if playing(house).startswith("happy/"):
            break
    else:
        pytest.fail("it led to nothing happy")
    house.home.call("select.select_option", strategy, option="match")
    becomes(house, strategy, "match", AT_ONCE_S)
    override(house, "automatic")
    becomes(house, MOOD, "happy", 5)
    plays(house, "happy", 5 + FADE_S)


@pytest.mark.parametrize(
    ("number", "value"), [("dwell", "3"), ("sensitivity", "80"), ("looks_a_second", "2")]
)
def test_numbers_are_set_and_come_back(house: TestHome, number: str, value: str) -> None:
    entity = f"number.living_room_{number}"
    before = house.home.state(entity)
    house.home.call("number.set_value", entity, value=float(value))
    wait(house, "it comes back", lambda: float(house.home.state(entity)) == float(value), AT_ONCE_S)
    house.home.call("number.set_value", entity, value=float(before))
    wait(house, "it goes back", lambda: float(house.home.state(entity)) == float(before), AT_ONCE_S)


def test_fewer_looks_a_second_are_really_fewer(house: TestHome) -> None:
    house.home.call("number.set_value", "number.living_room_looks_a_second", value=1)
    with MqttListener(house.mosquitto.port, f"{ROOT}/vitals") as ear:
        ear.wait_for(lambda m: m.payload and json.loads(m.payload)["looks_hz"] < 2, 60)
    house.home.call("number.set_value", "number.living_room_looks_a_second", value=8)
    becomes(house, "number.living_room_looks_a_second", "8", AT_ONCE_S)


def test_home_assistant_has_nothing_to_complain_about(house: TestHome) -> None:
    assert complaints(house) == []
