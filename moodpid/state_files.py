"""Where what outlives a restart is kept: in the service's state folder, where there is one."""

import os
from pathlib import Path

from moodpid.system.json_file import JsonFile, state_folder

INSTALLED_STATE = Path("/var/lib/moodpid")
ROOM_FILE = "room.json"


def state_file(name: str) -> JsonFile:
    """Return a file that outlives a restart, where systemd provides a state folder."""
    folder = state_folder()
    return JsonFile(folder / name if folder else None)


def room_path() -> Path:
    """Return where an installed service keeps what it learns of the room."""
    return (state_folder() or INSTALLED_STATE) / ROOM_FILE


def library_path() -> Path:
    """Return where the database about songs is: in the folder of an installed service, else in the user's.

    This holds for all users: the service would know nothing of a second database.
    """
    folder = state_folder()
    if folder is None and INSTALLED_STATE.is_dir():
        folder = INSTALLED_STATE
    if folder is None:
        folder = Path(os.environ.get("XDG_STATE_HOME") or _home() / ".local" / "state") / "moodpid"
    return folder / "library.sqlite"


def _home() -> Path:
    """Return the user's home folder; / for a user without one, such as a container may have."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")
