"""Where a configuration names files, and which of them are not there."""

import contextlib
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from moodpid.config.key_paths import KeyPath

# Every table and key that is a path, and what else to do if nothing is there
PATHS = (
    ("camera", "path", "or leave it empty for the bundled recording"),
    ("vision", "model", "or drop the line for the one that comes along"),
    ("vision", "cascade", "or drop the line for OpenCV's own"),
    ("player", "password_file", "or put the password of MPD there"),
    ("mqtt", "password_file", "or put the password of the broker there"),
    ("mqtt", "tls_ca", "or drop the line for the authorities of the system"),
    ("mqtt", "tls_certificate", "or put the certificate there that the broker knows"),
    ("mqtt", "tls_key", "or put the key of the certificate there"),
)


def find_missing(tables: Mapping[str, Any], folder: Path) -> Iterator[tuple[KeyPath, str]]:
    """Every file that is named and is not there, or has no password in it, by its place.

    What this user may not see counts as there.

    Args:
        tables: The file's.
        folder: Where relative paths start from.
    """
    for table, key, remedy in PATHS:
        values = tables.get(table)
        if not isinstance(values, dict) or values.get("enabled") is False:
            continue
        name = values.get(key)
        for path in _files(folder / name, key) if name and isinstance(name, str) else ():
            if what := _missing(path, or_folder=key == "path"):
                yield (table, key), f"{what} {path}; correct the path, {remedy}"
            elif key == "password_file" and _is_empty(path):
                yield (table, key), f"{path} is empty; write the password into it, or drop the line"


def _files(path: Path, key: str) -> tuple[Path, ...]:
    """A model has its sidecar beside it."""
    return (path, path.parent / f"{path.stem}.json") if key == "model" else (path,)


def _missing(path: Path, *, or_folder: bool) -> str:
    try:
        folder = stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return "there is no"
    except (OSError, ValueError):
        return ""
    return "not a file, but a folder:" if folder and not or_folder else ""


def _is_empty(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):  # the size is there for all to see, the content may not be
        return path.is_file() and (path.stat().st_size == 0 or not path.read_bytes().rstrip(b"\r\n"))
    return False
