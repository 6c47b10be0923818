"""Home Assistant's view of us: one device with all of its entities, as a pure function.

Source: Home Assistant's manual, "MQTT", sections "Device discovery payload" and those of each platform.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import moodpid
from moodpid import config
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import EventType
from moodpid.mqtt.controls import Control
from moodpid.mqtt.topics import OFFLINE, ONLINE, Topics
from moodpid.state import CameraStatus, PlayerStatus

Component = dict[str, Any]

_DIAGNOSTIC = {"entity_category": "diagnostic"}
_MEASURED = {"state_class": "measurement"}


def discovery(
    device: config.Device, topics: Topics, controls: Iterable[Control], *, picture: bool = False
) -> dict[str, Any]:
    """The payload of the discovery topic; `picture` tells of the one that shows what the camera sees."""
    components = {**_sensors(topics), **_diagnostics(topics), **_triggers(topics)}
    components |= {control.topic: _control(topics, control) for control in controls}
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
        },
        "origin": {"name": "moodpid", "sw_version": moodpid.__version__},
        "components": components,
    }


def removal(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any] | None:
    """The payload that takes away the entities of `before` that are no longer in `now`, to be sent first.

    Args:
        before: What stands on the discovery topic; may be anything that JSON can say.
        now: What is to stand there.

    Returns:
        None if there is nothing to take away.
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


def _is_name(told: object) -> bool:
    """Whether it is one that we may have given: others are not ours to take away."""
    return isinstance(told, str) and re.fullmatch(r"\w{1,64}", told, re.ASCII) is not None


def _availability(topics: Topics, *, camera: bool = False) -> list[dict[str, str]]:
    """The daemon lives and, for what needs it, the camera watches."""
    daemon = {"topic": topics.status, "payload_available": ONLINE, "payload_not_available": OFFLINE}
    if not camera:
        return [daemon]
    watching = f"{{{{ '{ONLINE}' if value_json.state == '{CameraStatus.WATCHING}' else '{OFFLINE}' }}}}"
    return [daemon, {**daemon, "topic": topics.camera, "value_template": watching}]


def _sensors(topics: Topics) -> dict[str, Component]:
    seen = {"availability": _availability(topics, camera=True)}
    mood = {"state_topic": topics.mood, **seen}
    affect = {"state_topic": topics.affect, "platform": "sensor", **_MEASURED, **seen}
    return {
        "mood": {
            "platform": "sensor",
            "name": "Mood",
            "value_template": "{{ value_json.mood }}",
            "device_class": "enum",
            "options": [option.value for option in Mood],
            "json_attributes_topic": topics.attributes,
            "icon": "mdi:emoticon-outline",
            **mood,
        },
        "confidence": {
            "platform": "sensor",
            "name": "Confidence",
            "value_template": "{{ (value_json.confidence * 100) | round(0) }}",
            "unit_of_measurement": "%",
            "suggested_display_precision": 0,
            "icon": "mdi:percent-outline",
            **_MEASURED,
            **mood,
        },
        "faces": {
            "platform": "sensor",
            "name": "Faces",
            "value_template": "{{ value_json.faces }}",
            "icon": "mdi:face-recognition",
            **_MEASURED,
            **mood,
        },
        "valence": {
            "name": "Valence",
            "value_template": "{{ value_json.valence }}",
            "icon": "mdi:emoticon-happy-outline",
            **affect,
        },
        "arousal": {
            "name": "Arousal",
            "value_template": "{{ value_json.arousal }}",
            "icon": "mdi:lightning-bolt-outline",
            **affect,
        },
        "event": {
            "platform": "event",
            "name": "Mood changed",
            "state_topic": topics.event,
            "event_types": [event_type.value for event_type in EventType],
            "icon": "mdi:swap-horizontal",
        },
        "occupancy": {
            "platform": "binary_sensor",
            "name": "Somebody there",
            "state_topic": topics.occupancy,
            "device_class": "occupancy",
            **seen,
        },
    }


def _picture(topics: Topics) -> Component:
    return {
        "platform": "image",
        "name": "What it sees",
        "image_topic": topics.picture,
        "content_type": "image/jpeg",
        "icon": "mdi:image-outline",
        "availability": _availability(topics, camera=True),
    }


def _diagnostics(topics: Topics) -> dict[str, Component]:
    vitals = {"platform": "sensor", "state_topic": topics.vitals, **_DIAGNOSTIC}
    enum = {
        "platform": "sensor",
        "value_template": "{{ value_json.state }}",
        "device_class": "enum",
        **_DIAGNOSTIC,
    }
    return {
        "camera": {
            "name": "Camera",
            "state_topic": topics.camera,
            "options": [status.value for status in CameraStatus],
            "icon": "mdi:camera",
            **enum,
        },
        "player": {
            "name": "Player",
            "state_topic": topics.player,
            "options": [status.value for status in PlayerStatus],
            "icon": "mdi:speaker",
            **enum,
        },
        "latency": {
            "name": "Latency",
            "value_template": "{{ value_json.latency_ms }}",
            "device_class": "duration",
            "unit_of_measurement": "ms",
            **_MEASURED,
            **vitals,
        },
        "looks": {
            "name": "Measured looks a second",
            "value_template": "{{ value_json.looks_hz }}",
            "device_class": "frequency",
            "unit_of_measurement": "Hz",
            **_MEASURED,
            **vitals,
        },
        "temperature": {
            "name": "Temperature",
            "value_template": "{{ value_json.temperature_c }}",
            "device_class": "temperature",
            "unit_of_measurement": "°C",
            **_MEASURED,
            **vitals,
        },
        "last_error": {
            "name": "Last error",
            "value_template": "{{ value_json.last_error }}",
            "icon": "mdi:alert-circle-outline",
            **vitals,
        },
    }


def _triggers(topics: Topics) -> dict[str, Component]:
    """For automations that start with a change to one mood."""
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


def _control(topics: Topics, control: Control) -> Component:
    component = {
        "platform": control.component,
        "name": control.name,
        "command_topic": topics.setter(control.topic),
        **control.extra,
    }
    if control.state is not None:
        component["state_topic"] = topics.state(control.topic)
    return component
