"""The program that decodes songs: whether it is here, and what to do if not."""

import shutil

MISSING = "no song can be analysed without ffmpeg"
INSTALL = "sudo apt install --no-install-recommends ffmpeg"
REPAIR = "sudo apt install --reinstall ffmpeg"


def is_installed() -> bool:
    """Return whether there is an ffmpeg in the path."""
    return shutil.which("ffmpeg") is not None
