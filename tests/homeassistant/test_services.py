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


def test_switching_watching_off_closes_the_camera_and_back(home_setup: TestHome) -> None:
    home_setup.home.call("switch.turn_off", "switch.living_room_watching")
    becomes(home_setup, "switch.living_room_watching", "off", AT_ONCE_S)
    becomes(home_setup, "sensor.living_room_camera", "off", AT_ONCE_S)
    becomes(home_setup, MOOD, "unavailable", AT_ONCE_S)
    home_setup.home.call("switch.turn_on", "switch.living_room_watching")
    becomes(home_setup, "switch.living_room_watching", "on", AT_ONCE_S)
    becomes(home_setup, MOOD, "happy")


def test_an_override_is_shown_with_the_camera_off(home_setup: TestHome) -> None:
    home_setup.home.call("switch.turn_off", "switch.living_room_watching")
    becomes(home_setup, MOOD, "unavailable", AT_ONCE_S)
    override(home_setup, "sad")
    becomes(home_setup, MOOD, "sad", AT_ONCE_S)
    for of_the_camera in ("binary_sensor.living_room_somebody_there", "sensor.living_room_faces"):
        becomes(home_setup, of_the_camera, "unavailable", AT_ONCE_S)
    override(home_setup, "automatic")
    becomes(home_setup, MOOD, "unavailable")  # so much at once is more than four messages a second
    home_setup.home.call("switch.turn_on", "switch.living_room_watching")
    becomes(home_setup, MOOD, "happy")


def test_the_override_plays_what_was_asked_for(home_setup: TestHome) -> None:
    plays(home_setup, "happy", RIGHT_AGAIN_S)
    override(home_setup, "sad")
    # `change = "now"` fades over: the song is next at once, and is heard after the fade
    follows(home_setup, "sad")
    plays(home_setup, "sad", FADE_S + AT_ONCE_S)
    becomes(home_setup, MOOD, "sad", AT_ONCE_S)
    wait(home_setup, "the fade is over", lambda: "volume:100%" in home_setup.mpd.mpc("status"), AT_ONCE_S)
    override(home_setup, "automatic")
    becomes(home_setup, MOOD, "happy", 5)
    plays(home_setup, "happy", FADE_S + AT_ONCE_S)
    wait(home_setup, "the fade is over", lambda: "volume:100%" in home_setup.mpd.mpc("status"), AT_ONCE_S)


def test_with_the_player_off_mpd_is_left_alone(home_setup: TestHome) -> None:
    plays(home_setup, "happy", RIGHT_AGAIN_S)
    switch = "switch.living_room_drive_the_music"
    home_setup.home.call("switch.turn_off", switch)
    becomes(home_setup, switch, "off", AT_ONCE_S)
    becomes(home_setup, "sensor.living_room_player", "disabled", AT_ONCE_S)
    before = queue(home_setup)
    override(home_setup, "sad")
    becomes(home_setup, MOOD, "sad", AT_ONCE_S)
    assert queue(home_setup) == before
    home_setup.home.call("switch.turn_on", switch)
    becomes(home_setup, switch, "on", AT_ONCE_S)
    follows(home_setup, "sad")
    becomes(home_setup, "sensor.living_room_player", "play", FADE_S + AT_ONCE_S)
    plays(home_setup, "sad", FADE_S + AT_ONCE_S)
    override(home_setup, "automatic")
    plays(home_setup, "happy", 5 + FADE_S)


def test_skip_starts_the_next_song_and_is_published_once(home_setup: TestHome) -> None:
    becomes(home_setup, "sensor.living_room_player", "play")
    with MqttListener(home_setup.mosquitto.port, f"{ROOT}/event") as ear:
        another_song(home_setup, "button.living_room_skip")
        ear.wait_for(lambda m: b"track_skipped" in m.payload, AT_ONCE_S)
    event = "event.living_room_mood_changed"
    wait(
        home_setup,
        "the skip is published",
        lambda: home_setup.home.states()[event]["attributes"]["event_type"] == "track_skipped",
        AT_ONCE_S,
    )


def test_a_rejected_song_is_noted_in_mpd_and_skipped(home_setup: TestHome) -> None:
    becomes(home_setup, "sensor.living_room_player", "play")
    song = playing(home_setup)
    another_song(home_setup, "button.living_room_this_song_does_not_fit")
    noted = "moodpid_happy_skipped="
    wait(
        home_setup,
        "a sticker",
        lambda: noted in home_setup.mpd.mpc("sticker", song, "list", check=False),
        AT_ONCE_S,
    )


def test_the_strategy_comes_back_and_leads_the_songs_that_follow(home_setup: TestHome) -> None:
    strategy = "select.living_room_strategy"
    override(home_setup, "sad")
    plays(home_setup, "sad", FADE_S + AT_ONCE_S)
    home_setup.home.call("select.select_option", strategy, option="lift")
    becomes(home_setup, strategy, "lift", AT_ONCE_S)
    for _ in range(8):  # sad to neutral is two songs, neutral to happy three
        another_song(home_setup, "button.living_room_skip")
        if playing(home_setup).startswith("happy/"):
            break
    else:
        pytest.fail("it led to nothing happy")
    home_setup.home.call("select.select_option", strategy, option="match")
    becomes(home_setup, strategy, "match", AT_ONCE_S)
    override(home_setup, "automatic")
    becomes(home_setup, MOOD, "happy", 5)
    plays(home_setup, "happy", 5 + FADE_S)


@pytest.mark.parametrize(
    ("number", "value"), [("dwell", "3"), ("sensitivity", "80"), ("looks_per_second", "2")]
)
def test_numbers_are_set_and_come_back(home_setup: TestHome, number: str, value: str) -> None:
    entity = f"number.living_room_{number}"
    before = home_setup.home.state(entity)
    home_setup.home.call("number.set_value", entity, value=float(value))
    wait(home_setup, "it comes back", lambda: float(home_setup.home.state(entity)) == float(value), AT_ONCE_S)
    home_setup.home.call("number.set_value", entity, value=float(before))
    wait(home_setup, "it goes back", lambda: float(home_setup.home.state(entity)) == float(before), AT_ONCE_S)


def test_fewer_looks_a_second_are_really_fewer(home_setup: TestHome) -> None:
    home_setup.home.call("number.set_value", "number.living_room_looks_per_second", value=1)
    with MqttListener(home_setup.mosquitto.port, f"{ROOT}/vitals") as ear:
        # Unknown while the camera was off in the test before
        ear.wait_for(lambda m: m.payload and (json.loads(m.payload)["looks_hz"] or 8) < 2, 60)
    home_setup.home.call("number.set_value", "number.living_room_looks_per_second", value=8)
    becomes(home_setup, "number.living_room_looks_per_second", "8", AT_ONCE_S)


def test_home_assistant_has_nothing_to_complain_about(home_setup: TestHome) -> None:
    assert complaints(home_setup) == []
