"""What our messages say: pure functions from the present state to text."""

import json
from datetime import datetime

from moodpid.mood.filter import MoodState
from moodpid.mood.policy import MoodEvent
from moodpid.mqtt.topics import OFF, ON
from moodpid.state import CameraState, PlayerState


def mood(state: MoodState, since: datetime) -> str:
    """The mood; `since` is when it began, with its offset from UTC."""
    return _json(
        {
            "mood": state.mood.value,
            "confidence": round(state.confidence, 2),
            "since": since.isoformat(timespec="seconds"),
            "faces": state.faces,
            "scores": {name: round(score, 3) for name, score in state.scores.as_dict().items()},
        }
    )


def event(told: MoodEvent) -> str:
    """Something that happened; `from` is null where there was no mood before."""
    return _json({"event_type": told.event_type.value, "from": told.before, "to": told.after.value})


def camera(state: CameraState) -> str:
    """What the camera is doing, and what is wrong with it if something is."""
    return _json({"state": state.status.value, "message": state.message})


def player(state: PlayerState) -> str:
    """What the player is doing, the song, and why it was chosen."""
    return _json(
        {
            "state": state.status.value,
            "title": state.title,
            "artist": state.artist,
            "mood": state.mood,
            "playlist": state.playlist,
            "message": state.message,
        }
    )


def switch(*, on: bool) -> str:
    """The state of something that is on or off."""
    return ON if on else OFF


def _json(fields: dict[str, object]) -> str:
    return json.dumps(fields, ensure_ascii=False)
