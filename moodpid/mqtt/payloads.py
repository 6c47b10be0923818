"""The payloads of messages: pure functions from the state to text."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moodpid.mood.emotion import AFFECT, Affect, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.mood.policy import MoodEvent
from moodpid.mqtt.topics import OFFLINE, ONLINE
from moodpid.state import CameraState, Metrics, PlayerState
from moodpid.text import clean


def mood(state: MoodState, since: datetime) -> str:
    """Return the mood; `since` is when it began, with its offset from UTC."""
    return as_json(
        {
            "mood": state.mood.value,
            "confidence": round(state.confidence, 2),
            "since": since.isoformat(timespec="seconds"),
            "faces": state.faces,
            "scores": _scores(state),
        }
    )


def attributes(state: MoodState, since: datetime) -> str:
    """Return what Home Assistant shows beside the mood."""
    return as_json(
        {
            "confidence": round(state.confidence, 2),
            "since": since.isoformat(timespec="seconds"),
            "scores": _scores(state),
        }
    )


def affect_of(state: MoodState, *, asked_for: bool) -> Affect | None:
    """Return where the mood lies on the circumplex; None in an empty room.

    Args:
        state: The mood. A felt one lies between the emotions, by its scores.
        asked_for: It was not felt but asked for, and so lies where the books put it.
    """
    if state.mood is Mood.NOBODY:
        return None
    return AFFECT[state.mood] if asked_for else state.scores.affect


def affect(where: Affect | None) -> str:
    """Return valence and arousal from -1 to 1, null where there is no place."""
    valence, arousal = (round(where.valence, 2), round(where.arousal, 2)) if where else (None, None)
    return as_json({"valence": valence, "arousal": arousal})


def event(happened: MoodEvent) -> str:
    """Return an event; `from` is null where there was no mood before."""
    return as_json({"event_type": happened.event_type.value, "from": happened.before, "to": happened.after})


def camera(state: CameraState) -> str:
    """Return what the camera is doing, and what is wrong with it if something is."""
    return as_json({"state": state.status.value, "message": clean(state.message)})


def availability(*, mood: bool, occupancy: bool) -> str:
    """Return whether mood and occupancy are current, in Home Assistant's words."""
    known = {"mood": mood, "occupancy": occupancy}
    return as_json({name: ONLINE if is_known else OFFLINE for name, is_known in known.items()})


def player(state: PlayerState) -> str:
    """Return what the player is doing, the song, and why it was chosen."""
    return as_json(
        {
            "state": state.status.value,
            "title": clean(state.title),
            "artist": clean(state.artist),
            "mood": state.mood,
            "playlist": clean(state.playlist),
            "message": clean(state.message),
        }
    )


def metrics(state: Metrics, last_error: str) -> str:
    """Return the metrics; null is what is not known."""
    return as_json(
        {
            "latency_ms": None if state.latency_s is None else round(1000 * state.latency_s),
            "looks_hz": None if state.fps is None else round(state.fps, 1),
            "temperature_c": None if state.temperature_c is None else round(state.temperature_c),
            "last_error": clean(last_error),
        }
    )


def as_json(fields: Mapping[str, object]) -> str:
    """Return JSON that leaves every script readable."""
    return json.dumps(fields, ensure_ascii=False)


def parse_object(payload: bytes) -> dict[str, Any] | None:
    """Return the JSON object in a message from others; None for anything else."""
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def _scores(state: MoodState) -> dict[str, float]:
    return {name: round(score, 3) for name, score in state.scores.as_dict().items()}
