"""Lines of the main loop in the log, with fields for the journal (docs/install.md)."""

import logging

from moodpid.mood.mood_filter import MoodState
from moodpid.mood.policy import MusicRequest
from moodpid.state import CameraState, CameraStatus

log = logging.getLogger(__name__)


def log_camera(camera: CameraState) -> None:
    """Log the camera's state; a lost one is a warning."""
    level = logging.WARNING if camera.status is CameraStatus.LOST else logging.INFO
    text = f"camera {camera.status}: {camera.message}" if camera.message else f"camera {camera.status}"
    log.log(level, "%s", text, extra={"MOODPID_CAMERA": str(camera.status)})


def log_mood(state: MoodState, request: MusicRequest | None, *, known: bool = True) -> None:
    """Log a mood, and the music that it asks for; one that is not `known` is an earlier one."""
    music = f"; music from {request}" if request and request.playlists else ""
    if not known:
        log.info("the mood is not known now, and was %s before%s", state.mood, music)
        return
    log.info(
        "the mood is %s (%d %%, %s)%s",
        state.mood,
        round(100 * state.confidence),
        "1 face" if state.faces == 1 else f"{state.faces} faces",
        music,
        extra={"MOODPID_MOOD": str(state.mood), "MOODPID_CONFIDENCE": f"{state.confidence:.2f}"},
    )
