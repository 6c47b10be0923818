"""The state as JSON for the page: parts that are sent when they change; pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from moodpid.mood.emotion import AFFECT, Affect, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.settings.fields import FieldKind, SettingField
from moodpid.state import AppState, CameraView, FaceInView, Metrics, Settings

FRAME = "frame"
"""The part that only pages get that watch the camera."""


def parts(state: AppState, fields: Iterable[SettingField], number: int) -> dict[str, bytes]:
    """Return the JSON of each part of the state, by its name.

    Args:
        state: The state.
        fields: What can be set.
        number: Of the frame, by which its picture is fetched.
    """
    known: dict[str, Any] = {
        "mood": state.mood and _mood(state.mood, state),
        "camera": state.camera,
        "player": state.player,
        "settings": settings_texts(state.settings, fields),
        "metrics": _metrics(state.metrics),
        FRAME: state.view and _look(state.view, number),
    }
    return {name: msgspec.json.encode(part) for name, part in known.items()}


def message(changed: Mapping[str, bytes]) -> bytes:
    """Return one JSON object of parts."""
    return b"{" + b",".join(b'"' + name.encode() + b'":' + part for name, part in changed.items()) + b"}"


def settings_texts(settings: Settings, fields: Iterable[SettingField]) -> dict[str, str]:
    """Return the text of each setting, by its key."""
    return {field.key: field.format(settings) for field in fields if field.format}


def describe_field(field: SettingField) -> dict[str, Any]:
    """Return what the page needs to show and set one field."""
    described: dict[str, Any] = {"key": field.key, "kind": field.kind}
    if field.kind is FieldKind.SELECT:
        described["options"] = field.options
    if field.range:
        described |= {
            "minimum": field.range.minimum,
            "maximum": field.range.maximum,
            "step": field.range.step,
            "unit": field.range.unit,
        }
    return described


def place_of(mood: MoodState, *, overridden: bool) -> Affect | None:
    """Return where the mood lies on the plane of valence and arousal, None for an empty room."""
    if mood.mood is Mood.NOBODY:
        return None
    return AFFECT[mood.mood] if overridden else mood.scores.affect


def _mood(mood: MoodState, state: AppState) -> dict[str, Any]:
    overridden = state.settings.override is not None
    if not state.mood_known:  # the mood of then, which the music still follows
        return {"mood": mood.mood, "seen_s": round(mood.at_s, 1), "scores": {}}
    place = place_of(mood, overridden=overridden)
    scores = {name: round(score, 2) for name, score in mood.scores.as_dict().items()}
    return {
        "mood": mood.mood,
        "since_s": round(mood.since_s, 1),
        "confidence": round(mood.confidence, 2),
        "faces": mood.faces,
        "scores": scores if state.room_known else {},
        "place": place and [round(place.valence, 2), round(place.arousal, 2)],
        "overridden": overridden,
    }


def _metrics(metrics: Metrics) -> dict[str, Any]:
    return {
        # In steps of 10 ms, so that the part seldom changes
        "latency_ms": None if metrics.latency_s is None else 10 * round(100 * metrics.latency_s),
        "fps": None if metrics.fps is None else round(metrics.fps, 1),
        "temperature_c": None if metrics.temperature_c is None else round(metrics.temperature_c),
    }


def _look(view: CameraView, number: int) -> dict[str, Any]:
    return {
        "number": number,
        "width": view.width_px,
        "height": view.height_px,
        "faces": [face_json(face) for face in view.faces],
        "hints": view.hints,
        "turn": view.turn_deg,
        "picture": view.picture is not None,
    }


def face_json(face: FaceInView) -> dict[str, Any]:
    """Return one outline, in shares of the picture."""
    return {
        "x": round(face.x, 4),
        "y": round(face.y, 4),
        "width": round(face.width, 4),
        "height": round(face.height, 4),
        "px": face.width_px,
        "emotion": face.emotion,
        "confidence": round(face.confidence, 2),
    }
