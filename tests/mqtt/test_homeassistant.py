"""The discovery payload, as far as it can be checked without a Home Assistant."""

import re
from typing import Any

from moodpid import config
from moodpid.mood.emotion import Mood
from moodpid.mqtt.homeassistant import discovery, removal
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities, setting_fields
from tests.support.home import ENTITIES

DEVICE = config.DeviceConfig(id="living-room", name="Living room")
TOPICS = Topics.of(DEVICE, config.MqttConfig())
PAYLOAD = discovery(DEVICE, TOPICS, setting_fields(Capabilities()))
COMPONENTS = PAYLOAD["components"]


def test_it_stands_below_the_prefix_of_home_assistant() -> None:
    assert TOPICS.discovery == "homeassistant/device/moodpid_living-room/config"


def test_an_empty_prefix_means_no_home_assistant() -> None:
    assert not Topics.of(DEVICE, config.MqttConfig(discovery_prefix="")).discovery


def test_the_start_of_home_assistant_is_heard_with_any_prefix() -> None:
    births = Topics.of(DEVICE, config.MqttConfig(discovery_prefix="ha")).births
    assert set(births) == {"homeassistant/status", "ha/status"}
    assert len(Topics.of(DEVICE, config.MqttConfig()).births) == 1


def test_the_names_give_the_entities_that_a_home_tests() -> None:
    asked = discovery(DEVICE, TOPICS, setting_fields(Capabilities()), picture=True)["components"].values()
    named = [c for c in asked if c["platform"] != "device_automation"]
    slugs = {f"{c['platform']}.living_room_{re.sub(r'[^a-z]+', '_', c['name'].lower())}" for c in named}
    assert slugs == ENTITIES


def test_every_entity_has_an_identity_of_its_own() -> None:
    ids = [c["unique_id"] for c in COMPONENTS.values() if c["platform"] != "device_automation"]
    assert len(set(ids)) == len(ids)
    assert all(unique_id.startswith("moodpid_living-room_") for unique_id in ids)


def test_every_entity_is_unavailable_when_the_daemon_is() -> None:
    for component in COMPONENTS.values():
        if component["platform"] != "device_automation":
            assert "moodpid/living-room/status" in {a["topic"] for a in component["availability"]}
            assert component["availability_mode"] == "all"


def needs(component: dict[str, Any]) -> set[str]:
    """The topics of ours that must hold for an entity to be available."""
    return {a["topic"].removeprefix("moodpid/living-room/") for a in component.get("availability", ())}


def test_what_needs_the_camera_is_unavailable_without_it() -> None:
    assert {key for key, c in COMPONENTS.items() if "camera" in needs(c)} == {"faces"}


def test_mood_and_occupancy_are_available_while_they_are_of_now() -> None:
    assert {key for key, c in COMPONENTS.items() if "availability" in needs(c)} == {
        *("mood", "confidence", "valence", "arousal", "occupancy")
    }


def test_the_mood_has_eight_options_and_an_attributes_topic() -> None:
    mood = COMPONENTS["mood"]
    assert mood["options"] == [option.value for option in Mood]
    assert "state_class" not in mood
    assert mood["json_attributes_topic"] != mood["state_topic"]


def test_there_is_no_picture_unless_it_is_asked_for() -> None:
    assert "picture" not in COMPONENTS
    asked = discovery(DEVICE, TOPICS, setting_fields(Capabilities()), picture=True)["components"]
    assert asked["picture"]["platform"] == "image"


def test_no_command_is_ever_retained() -> None:
    assert not any(component.get("retain") for component in COMPONENTS.values())


def test_there_is_a_trigger_for_a_change_to_each_mood() -> None:
    triggers = [c["subtype"] for c in COMPONENTS.values() if c["platform"] == "device_automation"]
    assert triggers == [mood.value for mood in Mood]


def test_entities_of_an_older_version_are_removed() -> None:
    before = {**PAYLOAD, "components": {**COMPONENTS, "dance": {"platform": "switch", "name": "Dance"}}}
    removed = removal(before, PAYLOAD)
    assert removed is not None
    assert removed["components"]["dance"] == {"platform": "switch"}
    assert {key: removed["components"][key] for key in COMPONENTS} == COMPONENTS


def test_nothing_is_removed_when_nothing_is_gone() -> None:
    assert removal(PAYLOAD, PAYLOAD) is None
    assert removal({}, PAYLOAD) is None
    assert removal({"components": {"x": 7}}, PAYLOAD) is None


def test_names_do_not_repeat_the_device() -> None:
    assert not any("moodpid" in c["name"].lower() for c in COMPONENTS.values() if "name" in c)


def test_the_device_links_to_its_page_where_there_is_one() -> None:
    assert "configuration_url" not in PAYLOAD["device"]
    url = "http://pi.local:8730/"
    linked = discovery(DEVICE, TOPICS, setting_fields(Capabilities()), page_url=url)
    assert linked["device"]["configuration_url"] == url
