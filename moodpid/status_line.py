"""The line that `systemctl status` shows, and how `moodpid doctor` reads the camera back from it."""

from moodpid.state import AppState, CameraState, CameraStatus, PlayerState, PlayerStatus
from moodpid.text import CleanText, clean

_CAMERA = "camera: "


MAX_STATUS_CHARS = 500
"""Characters of the line: a camera's message, an artist and a title, and what holds the music back."""


def format_status(state: AppState) -> CleanText:
    """Return mood and music in one line for people."""
    return clean(_status(state), MAX_STATUS_CHARS)


def _status(state: AppState) -> str:
    plays, camera = _plays(state.player), state.camera
    if camera.status is CameraStatus.LOST and camera.message:
        return f"{_CAMERA}{camera.status}: {camera.message}; {plays}"
    if camera.status is not CameraStatus.WATCHING:
        return f"{_CAMERA}{camera.status}; {plays}"
    return f"{state.mood.mood if state.mood else 'looking'}; {plays}"


def _plays(player: PlayerState) -> str:
    plays: str = f"player: {player.status}"
    if player.status is PlayerStatus.PLAY and player.title:
        plays = f"{player.artist} - {player.title}" if player.artist else player.title
    return f"{plays}; {player.message}" if player.message else plays


def parse_camera(line: str) -> CameraState:
    """Return the camera's state from a line of `format_status`, its message up to the first semicolon.

    Watching is assumed where the line has no camera. `moodpid doctor` uses this beside a running service.
    """
    first = line.partition("; ")[0]
    status, _, message = first.removeprefix(_CAMERA).partition(": ")
    if not first.startswith(_CAMERA) or status not in set(CameraStatus):
        return CameraState(CameraStatus.WATCHING)
    return CameraState(CameraStatus(status), clean(message))
