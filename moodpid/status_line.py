"""The line that `systemctl status` shows, and how `moodpid doctor` reads the camera back from it."""

from moodpid.state import AppState, CameraState, CameraStatus, PlayerStatus

_CAMERA = "camera: "


def format_status(present: AppState) -> str:
    """Mood and music in one line for people, as `systemctl status` shows it."""
    player = present.player
    plays = player.title if player.status is PlayerStatus.PLAY else f"player: {player.status}"
    if player.status is PlayerStatus.PLAY and player.artist:
        plays = f"{player.artist} - {player.title}"
    camera = present.camera
    if camera.status is CameraStatus.LOST and camera.message:
        return f"{_CAMERA}{camera.status}: {camera.message}; {plays}"
    if camera.status is not CameraStatus.WATCHING:
        return f"{_CAMERA}{camera.status}; {plays}"
    return f"{present.mood.mood if present.mood else 'looking'}; {plays}"


def parse_camera(line: str) -> CameraState:
    """The camera in what `status_line` told, its message up to the first semicolon; watching if none is told.

    For `moodpid doctor`, which opens no camera beside a service that runs.
    """
    told = line.partition("; ")[0]
    status, _, message = told.removeprefix(_CAMERA).partition(": ")
    if not told.startswith(_CAMERA) or status not in set(CameraStatus):
        return CameraState(CameraStatus.WATCHING)
    return CameraState(CameraStatus(status), message)
