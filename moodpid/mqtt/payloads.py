"""What our messages say: pure functions from the present state to text."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moodpid.mood.emotion import AFFECT, Affect, Mood
from moodpid.mood.filter import MoodState
from moodpid.mood.policy import MoodEvent
from moodpid.state import CameraState, Metrics, PlayerState
from moodpid.text import clean


def mood(state: MoodState, since: datetime) -> str:
    """The mood; `since` is when it began, with its offset from UTC."""
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
    """What Home Assistant shows beside the mood."""
    return as_json(
        {
            "confidence": round(state.confidence, 2),
            "since": since.isoformat(timespec="seconds"),
            "scores": _scores(state),
        }
    )


def affect_of(state: MoodState, *, asked_for: bool) -> Affect | None:
    """Where the mood lies on the circumplex; None where nobody is.

    Args:
        state: The mood. A felt one lies between the emotions, as its scores say.
        asked_for: It was not felt but asked for, and so lies where the books put it.
    """
    if state.mood is Mood.NOBODY:
        return None
    return AFFECT[state.mood] if asked_for else state.scores.affect


def affect(where: Affect | None) -> str:
    """Valence and arousal from -1 to 1, null where nobody is."""
    valence, arousal = (round(where.valence, 2), round(where.arousal, 2)) if where else (None, None)
    return as_json({"valence": valence, "arousal": arousal})


def event(told: MoodEvent) -> str:
    """Something that happened; `from` is null where there was no mood before."""
    return as_json({"event_type": told.event_type.value, "from": told.before, "to": told.after})


def camera(state: CameraState) -> str:
    """What the camera is doing, and what is wrong with it if something is."""
    return as_json({"state": state.status.value, "message": clean(state.message)})


def player(state: PlayerState) -> str:
    """What the player is doing, the song, and why it was chosen."""
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
    """How the machine does; null is what is not known."""
    return as_json(
        {
            "latency_ms": None if state.latency_s is None else round(1000 * state.latency_s),
            "looks_hz": None if state.fps is None else round(state.fps, 1),
            "temperature_c": None if state.temperature_c is None else round(state.temperature_c),
            "last_error": clean(last_error),
        }
    )


def as_json(fields: Mapping[str, object]) -> str:
    """JSON that leaves every script readable."""
    return json.dumps(fields, ensure_ascii=False)


def parse_object(payload: bytes) -> dict[str, Any] | None:
    """The JSON object in a message from elsewhere; None for anything else, however twisted."""
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        return None
    return told if isinstance(told, dict) else None


def _scores(state: MoodState) -> dict[str, float]:
    return {name: round(score, 3) for name, score in state.scores.as_dict().items()}
