"""The blueprints of docs/blueprints do in a real Home Assistant what they promise."""

import json
from collections.abc import Iterator

import paho.mqtt.publish as mqtt
import pytest

from moodpid import config
from moodpid.mqtt.homeassistant import discovery
from moodpid.mqtt.topics import Topics
from moodpid.settings.fields import Capabilities, setting_fields
from tests.homeassistant.conftest import FOLDERS
from tests.support.home import AT_ONCE_S, MOOD, ROOT
from tests.support.homeassistant import Home
from tests.support.mqtt import MqttListener
from tests.support.rooms import REPOSITORY
from tests.support.servers import PrivateMosquitto

pytestmark = [pytest.mark.homeassistant, pytest.mark.timeout(600)]

BLUEPRINTS = REPOSITORY / "docs" / "blueprints"
DEVICE = config.DeviceConfig(id="living-room", name="Living room")
LAMP = {
    "name": "Lamp",
    "unique_id": "lamp",
    "schema": "json",
    "command_topic": "lamp/set",
    "state_topic": "lamp",
    "brightness": True,
    "supported_color_modes": ["rgb"],
}
BEDSIDE = LAMP | {
    "name": None,
    "unique_id": "bedside",
    "command_topic": "bedside/set",
    "state_topic": "bedside",
    "device": {"identifiers": ["bedside"], "name": "Bedside", "suggested_area": "Bedroom"},
}
AUTOMATIONS = f"""
- id: lamp
  use_blueprint:
    path: moodpid/lamp_by_mood.yaml
    input: {{mood: {MOOD}, lamp: {{entity_id: light.lamp}}, turn_on: true, transition: 0}}
- id: bedroom
  use_blueprint:
    path: moodpid/lamp_by_mood.yaml
    input: {{mood: {MOOD}, lamp: {{area_id: bedroom}}, transition: 0}}
- id: sad
  use_blueprint:
    path: moodpid/sad_for_an_hour.yaml
    input:
      mood: {MOOD}
      duration: {{seconds: 1}}
      announcement:
        - action: mqtt.publish
          data: {{topic: said, payload: "it is {{{{ trigger.to_state.state }}}}"}}
- id: party
  use_blueprint:
    path: moodpid/party.yaml
    input: {{party: input_boolean.party, override: select.living_room_mood_override}}
"""


class Room:
    """A device of moodpid without its daemon: what a broker holds of it."""

    def __init__(self, broker: PrivateMosquitto) -> None:
        self._port = broker.port

    def publish(self, topic: str, payload: object, *, retain: bool = True) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        mqtt.single(topic, text, retain=retain, hostname="127.0.0.1", port=self._port)

    def appear(self) -> None:
        settings = config.MqttConfig(host="127.0.0.1", port=self._port)
        topics = Topics.of(DEVICE, settings)
        payload = discovery(DEVICE, topics, setting_fields(Capabilities(max_fps=8.0)))
        self.publish("homeassistant/device/moodpid_living-room/config", payload)
        self.publish("homeassistant/light/lamp/config", LAMP)
        self.publish("lamp", {"state": "OFF"})
        self.publish("homeassistant/light/bedside/config", BEDSIDE)
        self.publish("bedside", {"state": "OFF"})
        self.publish(f"{ROOT}/camera", {"state": "watching", "message": ""})
        self.publish(f"{ROOT}/availability", {"mood": "online", "occupancy": "online"})
        self.publish(f"{ROOT}/override", "automatic")
        self.publish(f"{ROOT}/status", "online")

    def feel(self, mood: str) -> None:
        self.publish(
            f"{ROOT}/mood", {"mood": mood, "confidence": 0.9, "since": None, "faces": 1, "scores": {}}
        )


@pytest.fixture(scope="module", params=FOLDERS or [None])
def home_and_room(request: pytest.FixtureRequest) -> Iterator[tuple[Home, Room, PrivateMosquitto]]:
    folder = request.param
    if folder is None:
        pytest.skip("set MOODPID_HOMEASSISTANT to folders made by tools/homeassistant/install")
    with PrivateMosquitto() as mosquitto:
        room = Room(mosquitto)
        room.appear()
        with Home(folder, mosquitto.port, automations=AUTOMATIONS, blueprints=BLUEPRINTS) as home:
            home.wait_for("the lamp is there", lambda: home.state("light.lamp") == "off", 60)
            home.wait_for("the other is there", lambda: bedside(home) == "off", 60)
            home.wait_for("the mood is there", lambda: home.state(MOOD) != "unavailable", 60)
            yield home, room, mosquitto


def bedside(home: Home) -> str:
    """The state of the lamp in the bedroom; newer versions put the area before its name."""
    (lamp,) = (state for entity, state in home.states().items() if "bedside" in entity)
    return str(lamp["state"])


def test_the_lamp_takes_the_colour_of_the_mood(
    home_and_room: tuple[Home, Room, PrivateMosquitto],
) -> None:
    _, room, mosquitto = home_and_room
    with MqttListener(mosquitto.port, "lamp/set") as listener:
        room.feel("neutral")
        listener.wait_for(lambda m: b"214" in m.payload, AT_ONCE_S * 5)
        room.feel("happy")
        message = listener.wait_for(lambda m: b"214" not in m.payload, AT_ONCE_S * 5)
    assert json.loads(message.payload)["color"] == {"r": 255, "g": 190, "b": 60}


def test_a_lamp_that_is_off_stays_off(home_and_room: tuple[Home, Room, PrivateMosquitto]) -> None:
    home, room, mosquitto = home_and_room
    with MqttListener(mosquitto.port, "bedside/set") as listener:
        room.feel("angry")
        home.wait_for("the mood has come", lambda: home.state(MOOD) == "angry", 10)
        room.publish("bedside", {"state": "ON"})
        home.wait_for("the lamp is on", lambda: bedside(home) == "on", 10)
        room.feel("sad")
        message = listener.wait_for(lambda _: True, AT_ONCE_S * 5)
        room.publish("bedside", {"state": "OFF"})
    assert json.loads(message.payload)["color"] == {"r": 60, "g": 110, "b": 255}


def test_an_empty_room_leaves_the_lamp_alone(home_and_room: tuple[Home, Room, PrivateMosquitto]) -> None:
    home, room, mosquitto = home_and_room
    with MqttListener(mosquitto.port, "lamp/set") as listener:
        room.feel("nobody")
        home.wait_for("the room is empty", lambda: home.state(MOOD) == "nobody", 10)
        room.feel("sad")
        message = listener.wait_for(lambda _: True, AT_ONCE_S * 5)
    assert json.loads(message.payload)["color"] == {"r": 60, "g": 110, "b": 255}


def test_a_long_sadness_is_announced_once(home_and_room: tuple[Home, Room, PrivateMosquitto]) -> None:
    _, room, mosquitto = home_and_room
    room.feel("happy")
    with MqttListener(mosquitto.port, "said") as listener:
        room.feel("sad")
        message = listener.wait_for(lambda _: True, 10)
    assert message.payload == b"it is sad"


def test_a_party_overrides_the_mood_until_it_is_over(
    home_and_room: tuple[Home, Room, PrivateMosquitto],
) -> None:
    home, _, mosquitto = home_and_room
    with MqttListener(mosquitto.port, f"{ROOT}/override/set") as listener:
        home.call("input_boolean.turn_on", "input_boolean.party")
        assert listener.wait_for(lambda _: True, 5).payload == b"happy"
        home.call("input_boolean.turn_off", "input_boolean.party")
        assert listener.wait_for(lambda m: m.payload != b"happy", 5).payload == b"automatic"


def test_home_assistant_has_nothing_to_say_against_them(
    home_and_room: tuple[Home, Room, PrivateMosquitto],
) -> None:
    home, _, _ = home_and_room
    assert home.complaints("blueprint|automation") == []
