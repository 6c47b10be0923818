"""The line that `systemctl status` shows, and how `moodpid doctor` reads the camera back from it."""

from moodpid.state import AppState, CameraState, CameraStatus, PlayerStatus

_CAMERA = "camera: "


def format_status(state: AppState) -> str:
    """Return mood and music in one line for people."""
    player = state.player
    plays = player.title if player.status is PlayerStatus.PLAY else f"player: {player.status}"
    if player.status is PlayerStatus.PLAY and player.artist:
        plays = f"{player.artist} - {player.title}"
    camera = state.camera
    if camera.status is CameraStatus.LOST and camera.message:
        return f"{_CAMERA}{camera.status}: {camera.message}; {plays}"
    if camera.status is not CameraStatus.WATCHING:
        return f"{_CAMERA}{camera.status}; {plays}"
    return f"{state.mood.mood if state.mood else 'looking'}; {plays}"


def parse_camera(line: str) -> CameraState:
    """Return the camera's state from a line of `format_status`, its message up to the first semicolon.

    Watching is assumed where the line has no camera. `moodpid doctor` uses this beside a running service.
    """
    first = line.partition("; ")[0]
    status, _, message = first.removeprefix(_CAMERA).partition(": ")
    if not first.startswith(_CAMERA) or status not in set(CameraStatus):
        return CameraState(CameraStatus.WATCHING)
    return CameraState(CameraStatus(status), message)
