"""What Home Assistant reads: one device with all of its entities, as a pure function.

Source: Home Assistant's manual, "MQTT", sections "Device discovery payload" and those of each platform.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import moodpid
from moodpid import config
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import EventType
from moodpid.mqtt.topics import OFFLINE, ONLINE, Topics
from moodpid.settings.fields import PRESSED, FieldKind, SettingField
from moodpid.state import CameraStatus, PlayerStatus

Component = dict[str, Any]

_CONFIG = {"entity_category": "config"}
# The title of each field that can be set or pressed, and the keys that only Home Assistant needs
_FIELDS: dict[str, tuple[str, dict[str, str]]] = {
    "enabled": ("Watching", {"icon": "mdi:eye"}),
    "drive_music": ("Drive the music", {"icon": "mdi:music"}),
    "strategy": ("Strategy", {"icon": "mdi:stairs-up"}),
    "skip": ("Skip", {"icon": "mdi:skip-next"}),
    "misfit": ("This song does not fit", {"icon": "mdi:music-off"}),
    "take_over": ("Take over now", {"icon": "mdi:playlist-music"}),
    "like": ("More like this", {"icon": "mdi:music-note-plus"}),
    "override": ("Mood override", {"icon": "mdi:emoticon-wink-outline"}),
    "dwell_s": ("Dwell", {"device_class": "duration", "mode": "box", **_CONFIG}),
    "sensitivity": ("Sensitivity", {"icon": "mdi:tune", "mode": "slider", **_CONFIG}),
    "looks_hz": ("Looks per second", {"device_class": "frequency", "mode": "slider", **_CONFIG}),
    "forget_room": ("Forget what was learned", {"icon": "mdi:home-off-outline", **_CONFIG}),
    "restart": ("Restart", {"device_class": "restart", **_CONFIG}),
}


def discovery(
    device: config.DeviceConfig,
    topics: Topics,
    fields: Iterable[SettingField],
    *,
    picture: bool = False,
    page_url: str = "",
) -> dict[str, Any]:
    """Return the payload of the discovery topic.

    Args:
        device: The device.
        topics: Where its states and requests are.
        fields: What can be set and pressed.
        picture: Whether the picture of the camera is published.
        page_url: Where Home Assistant's link "Visit" leads; empty for none.
    """
    components = {**_sensors(topics), **_song(topics), "event": _event(topics)}
    components |= {**_diagnostics(topics), **_triggers(topics)}
    components |= {field.key: _field(topics, field) for field in fields}
    if picture:
        components["picture"] = _picture(topics)
    identifier = f"moodpid_{device.id}"
    for key, component in components.items():
        if component["platform"] != "device_automation":
            component["unique_id"] = f"{identifier}_{key}"
            component.setdefault("availability", _availability(topics))
            component["availability_mode"] = "all"
    return {
        "device": {
            "identifiers": [identifier],
            "name": device.name,
            "manufacturer": "moodpid",
            "model": "Mood of a room",
            "sw_version": moodpid.__version__,
            **({"configuration_url": page_url} if page_url else {}),
        },
        "origin": {"name": "moodpid", "sw_version": moodpid.__version__},
        "components": components,
    }


def removal(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the payload, to be sent first, that removes the entities of `before` that are not in `now`.

    Args:
        before: What stands on the discovery topic; may be any JSON value.
        now: What is to stand there.

    Returns:
        None if there is nothing to remove.
    """
    old, new = before.get("components"), now["components"]
    if not isinstance(old, dict):
        return None
    gone = {
        key: {"platform": component["platform"]}
        for key, component in old.items()
        if key not in new
        and _is_name(key)
        and isinstance(component, dict)
        and _is_name(component.get("platform"))
    }
    return {**now, "components": {**new, **gone}} if gone else None


def _is_name(value: object) -> bool:
    """Return whether moodpid may have given this name: others are left alone."""
    return isinstance(value, str) and re.fullmatch(r"\w{1,64}", value, re.ASCII) is not None


def _availability(topics: Topics, topic: str = "", template: str = "") -> list[dict[str, str]]:
    """Return the conditions of an entity: the daemon runs and, where needed, `topic` says so, too."""
    daemon = {"topic": topics.status, "payload_available": ONLINE, "payload_not_available": OFFLINE}
    return [daemon, {**daemon, "topic": topic, "value_template": template}] if topic else [daemon]


def _with_camera(topics: Topics) -> list[dict[str, str]]:
    """Return the conditions of an entity that the camera alone feeds."""
    watching = f"{{{{ '{ONLINE}' if value_json.state == '{CameraStatus.WATCHING}' else '{OFFLINE}' }}}}"
    return _availability(topics, topics.camera, watching)


def _sensors(topics: Topics) -> dict[str, Component]:
    mood = {
        "device_class": "enum",
        "options": [option.value for option in Mood],
        "json_attributes_topic": topics.attributes,
    }
    percent = {"unit_of_measurement": "%", "suggested_display_precision": 0}
    of_mood = {
        "mood": _sensor("Mood", topics.mood, "mood", "emoticon-outline", **mood),
        "confidence": _measured(
            "Confidence", topics.mood, "confidence | multiply(100) | round(0)", "percent-outline", **percent
        ),
        "valence": _measured("Valence", topics.affect, "valence", "emoticon-happy-outline"),
        "arousal": _measured("Arousal", topics.affect, "arousal", "lightning-bolt-outline"),
    }
    available = _availability(topics, topics.availability, "{{ value_json.mood }}")
    return {key: {**sensor, "availability": available} for key, sensor in of_mood.items()} | {
        "faces": {
            **_measured("Faces", topics.mood, "faces", "face-recognition"),
            "availability": _with_camera(topics),
        },
        "occupancy": {
            "platform": "binary_sensor",
            "name": "Somebody there",
            "state_topic": topics.occupancy,
            "device_class": "occupancy",
            "availability": _availability(topics, topics.availability, "{{ value_json.occupancy }}"),
        },
    }


def _song(topics: Topics) -> dict[str, Component]:
    """Return the sensors of the song that plays, beside those of the room."""
    return {
        "song_valence": _measured("Valence of the song", topics.song, "valence", "music-note"),
        "song_arousal": _measured("Arousal of the song", topics.song, "arousal", "music-note-outline"),
    }


def _event(topics: Topics) -> Component:
    return {
        "platform": "event",
        "name": "Mood changed",
        "state_topic": topics.event,
        "event_types": [event_type.value for event_type in EventType],
        "icon": "mdi:swap-horizontal",
    }


def _picture(topics: Topics) -> Component:
    return {
        "platform": "image",
        "name": "What it sees",
        "image_topic": topics.picture,
        "content_type": "image/jpeg",
        "icon": "mdi:image-outline",
        "availability": _with_camera(topics),
    }


def _diagnostics(topics: Topics) -> dict[str, Component]:
    camera = {"device_class": "enum", "options": [status.value for status in CameraStatus]}
    player = {"device_class": "enum", "options": [status.value for status in PlayerStatus]}
    latency = {"device_class": "duration", "unit_of_measurement": "ms"}
    looks = {"device_class": "frequency", "unit_of_measurement": "Hz"}
    warmth = {"device_class": "temperature", "unit_of_measurement": "°C"}
    vitals = topics.vitals
    sensors = {
        "camera": _sensor("Camera", topics.camera, "state", "camera", **camera),
        "player": _sensor("Player", topics.player, "state", "speaker", **player),
        "latency": _measured("Latency", vitals, "latency_ms", **latency),
        "looks": _measured("Measured looks per second", vitals, "looks_hz", **looks),
        "temperature": _measured("Temperature", vitals, "temperature_c", **warmth),
        "last_error": _sensor("Last error", vitals, "last_error", "alert-circle-outline"),
    }
    return {key: {**sensor, "entity_category": "diagnostic"} for key, sensor in sensors.items()}


def _measured(name: str, topic: str, value: str, icon: str = "", **more: object) -> Component:
    return _sensor(name, topic, value, icon, state_class="measurement", **more)


def _sensor(name: str, topic: str, value: str, icon: str = "", **more: object) -> Component:
    """Return a sensor that reads a value, perhaps through filters, from the JSON on a topic."""
    drawn = {"icon": f"mdi:{icon}"} if icon else {}
    template = f"{{{{ value_json.{value} }}}}"
    return {
        "platform": "sensor",
        "name": name,
        "state_topic": topic,
        "value_template": template,
        **drawn,
        **more,
    }


def _triggers(topics: Topics) -> dict[str, Component]:
    """Return triggers for automations that start with a change to one mood."""
    to = "{{ value_json.to if value_json.event_type == 'mood_changed' else '' }}"
    return {
        f"mood_changed_{mood.value}": {
            "platform": "device_automation",
            "automation_type": "trigger",
            "type": EventType.MOOD_CHANGED.value,
            "subtype": mood.value,
            "topic": topics.event,
            "value_template": to,
            "payload": mood.value,
        }
        for mood in Mood
    }


def _field(topics: Topics, field: SettingField) -> Component:
    title, keys = _FIELDS[field.key]
    component: Component = {
        "platform": field.kind.value,
        "name": title,
        "command_topic": topics.setter(field.key),
        **keys,
    }
    if field.format is not None:
        component["state_topic"] = topics.state(field.key)
    if field.kind is FieldKind.BUTTON:
        component["payload_press"] = PRESSED
    if field.options:
        component["options"] = list(field.options)
    if values := field.range:
        component |= {"min": values.minimum, "max": values.maximum, "step": values.step}
        component["unit_of_measurement"] = values.unit
    return component
