"""Home Assistant finds one device with everything on it, under good names, and can build on it."""

import json
from pathlib import Path

import pytest

from moodpid import config
from moodpid.mood.emotion import Mood
from moodpid.mqtt.homeassistant import discovery
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities, setting_fields
from tests.support.home import ENTITIES, MOOD, TestHome, becomes, complaints, wait
from tests.support.mqtt import MqttListener

pytestmark = [pytest.mark.homeassistant, pytest.mark.timeout(600)]


def test_all_entities_are_there_under_good_names(home_setup: TestHome) -> None:
    becomes(home_setup, MOOD, "happy", 60)
    wait(home_setup, "all are there", lambda: set(home_setup.home.states()) >= ENTITIES)
    assert {entity for entity in home_setup.home.states() if "living_room" in entity} == ENTITIES
    assert home_setup.home.template(f"{{{{ device_attr(device_id('{MOOD}'), 'name') }}}}") == "Living room"


def test_units_and_classes_are_right_and_the_attributes_fill(home_setup: TestHome) -> None:
    becomes(home_setup, MOOD, "happy", 60)
    wait(home_setup, "attributes", lambda: "scores" in home_setup.home.states()[MOOD]["attributes"])
    states = home_setup.home.states()
    mood = states[MOOD]["attributes"]
    assert mood["device_class"] == "enum"
    assert mood["options"] == [option.value for option in Mood]
    assert mood["friendly_name"] == "Living room Mood"
    assert set(mood) >= {"confidence", "since", "scores"}
    assert states["sensor.living_room_confidence"]["attributes"]["unit_of_measurement"] == "%"
    assert 50 <= float(states["sensor.living_room_confidence"]["state"]) <= 100
    assert float(states["sensor.living_room_valence"]["state"]) > 0
    assert states["binary_sensor.living_room_somebody_there"]["state"] == "on"
    assert states["sensor.living_room_camera"]["state"] == "watching"
    assert states["sensor.living_room_player"]["state"] == "play"
    assert states["number.living_room_dwell"]["attributes"]["max"] == 600
    assert states["sensor.living_room_latency"]["attributes"]["unit_of_measurement"] == "ms"


def test_the_picture_is_a_picture(home_setup: TestHome) -> None:
    address = home_setup.home.states()["image.living_room_what_it_sees"]["attributes"]["entity_picture"]
    wait(home_setup, "a JPEG", lambda: home_setup.home.picture(address).startswith(b"\xff\xd8\xff"))


def test_no_key_of_ours_is_dropped(home_setup: TestHome) -> None:
    device = config.DeviceConfig(id="living-room", name="Living room")
    payload = discovery(
        device, Topics.of(device, config.MqttConfig()), setting_fields(Capabilities()), picture=True
    )
    assert (
        home_setup.home.run_python(Path("tools/homeassistant/dropped_keys.py"), json.dumps(payload)) == "[]"
    )


def test_a_trigger_starts_an_automation(home_setup: TestHome) -> None:
    device = home_setup.home.template(f"{{{{ device_id('{MOOD}') }}}}")
    trigger = {"trigger": "device", "domain": "mqtt", "device_id": device, "type": "mood_changed"}
    action = {"action": "mqtt.publish", "data": {"topic": "house/told", "payload": "sad it is"}}
    home_setup.home.post(
        "/api/config/automation/config/sad",
        {"alias": "Sad", "triggers": [{**trigger, "subtype": "sad"}], "conditions": [], "actions": [action]},
    )
    becomes(home_setup, "automation.sad", "on")
    with MqttListener(home_setup.mosquitto.port, "house/told") as ear:
        home_setup.home.call("select.select_option", "select.living_room_mood_override", option="sad")
        ear.wait_for_text("house/told", "sad it is")
    assert home_setup.home.states()["event.living_room_mood_changed"]["attributes"]["to"] == "sad"
    home_setup.home.call("select.select_option", "select.living_room_mood_override", option="automatic")
    becomes(home_setup, MOOD, "happy", 5)


def test_home_assistant_has_nothing_to_complain_about(home_setup: TestHome) -> None:
    assert complaints(home_setup) == []
