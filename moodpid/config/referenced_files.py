"""The files that a configuration names, and which of them are missing or hidden."""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from moodpid.config.key_paths import KeyPath, format_key
from moodpid.config.schema import Config
from moodpid.file_access import Account, closed_part, command_to_open
from moodpid.regular_file import NOT_REGULAR

# Every table and key that is a path, and the remedy if the file is missing
PATHS = (
    ("camera", "path", "or leave it empty for the bundled recording"),
    ("vision", "model", "or drop the line for the one that comes along"),
    ("vision", "detector_model", 'or drop the line and set detector = "haar"'),
    ("vision", "cascade", "or drop the line for OpenCV's own"),
    ("library", "music", "or drop the line for the folder that MPD has"),
    ("player", "password_file", "or put the password of MPD there"),
    ("mqtt", "password_file", "or put the password of the broker there"),
    ("web", "password_file", "or put the password of the page there"),
    ("mqtt", "tls_ca", "or drop the line for the authorities of the system"),
    ("mqtt", "tls_certificate", "or put the certificate there that the broker knows"),
    ("mqtt", "tls_key", "or put the key of the certificate there"),
)


def find_missing(tables: Mapping[str, Any], folder: Path) -> Iterator[tuple[KeyPath, str]]:
    """Return every named file that is missing, or is an empty password file, by its key path.

    A file that this user may not see counts as present.

    Args:
        tables: The file's.
        folder: Where relative paths start from.
    """
    for table, key, remedy in PATHS:
        values = tables.get(table)
        if not isinstance(values, dict) or not values.get("enabled", _enabled_by_default(table)):
            continue
        name = values.get(key)
        for path in _files(folder / name, key) if name and isinstance(name, str) else ():
            if what := _missing(path, or_folder=key in {"path", "music"}):
                yield (table, key), f"{what} {path}; correct the path, {remedy}"
            elif key == "password_file" and _is_empty(path):
                yield (table, key), f"{path} is empty; write the password into it, or drop the line"


def _enabled_by_default(table: str) -> bool:
    return getattr(getattr(Config(), table), "enabled", True)


def find_hidden(config: Config, hides: Callable[[str], bool]) -> Iterator[tuple[str, str]]:
    """Yield each named file that the service cannot see, and the remedy.

    Args:
        config: Its paths are absolute.
        hides: Returns whether a path is hidden from the service.
    """
    for key, path in _of_the_service(config):
        if hides(path):
            fault = f"{format_key(key)}: {path} is in a folder that systemd hides from the service"
            yield fault, "copy it to /etc/moodpid, where the user moodpid can read it, and name that one"


def find_unreadable(
    config: Config, account: Account, hides: Callable[[str], bool]
) -> Iterator[tuple[str, str]]:
    """Yield each named file that a user may not read, and the command that changes it.

    Args:
        config: Its paths are absolute.
        account: The user that the service runs as.
        hides: Returns whether a path is hidden from the service, which `find_hidden` reports.
    """
    for key, named in _of_the_service(config):
        if hides(named):
            continue
        for path in _files(Path(named), key[1]):
            if closed := closed_part(path, account):
                secret = key == ("camera", "path") or key[1] in {"password_file", "tls_key"}
                fault = f"{format_key(key)}: {path}: the user {account.name} may not read it"
                yield fault, command_to_open(closed, path, account, secret=secret)
                if closed != Path(os.path.realpath(path)):  # a folder, with what belongs to the file
                    break


def _of_the_service(config: Config) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield the key and the path of each file that the service reads."""
    for table, key, _ in PATHS:
        part = getattr(config, table)
        path = getattr(part, key) if getattr(part, "enabled", True) else ""
        if path and table != "library":  # moodpid-analyse reads the songs, a unit of its own
            yield (table, key), path


def _files(path: Path, key: str) -> tuple[Path, ...]:
    """Return the named file and those that belong to it, such as a model's sidecar."""
    return (path, path.parent / f"{path.stem}.json") if key == "model" else (path,)


def _missing(path: Path, *, or_folder: bool) -> str:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return "there is no"
    except (OSError, ValueError):
        return ""
    if stat.S_ISDIR(mode):
        return "" if or_folder else "not a file, but a folder:"
    return "" if stat.S_ISREG(mode) else f"{NOT_REGULAR}:"


def _is_empty(path: Path) -> bool:
    with contextlib.suppress(OSError, ValueError):  # the size is readable where the content may not be
        return path.is_file() and (path.stat().st_size == 0 or not path.read_bytes().rstrip(b"\r\n"))
    return False
