"""Replace configuration files and write secrets: whole, and with the right owner and mode."""

import contextlib
import grp
import os
from pathlib import Path
from typing import Final

_CONFIG_MODE: Final = 0o644
_SECRET_MODE: Final = 0o640


def replace_text(path: Path, text: str) -> None:
    """Replace a file in one step; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, text, _CONFIG_MODE, None)


def write_secret(path: Path, text: str, group: str) -> None:
    """Write a file that only its owner and a group can read, from its first byte on; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number = None
    with contextlib.suppress(KeyError):  # no such group where moodpid is not installed as a service
        number = grp.getgrnam(group).gr_gid
    _replace(path, text, _SECRET_MODE, number if os.geteuid() == 0 else None)


def _replace(path: Path, text: str, mode: int, group: int | None) -> None:
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            if group is not None:
                os.fchown(file.fileno(), -1, group)
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise
