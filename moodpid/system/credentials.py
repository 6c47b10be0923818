"""Secrets, which never stand in the configuration: systemd credentials or files of their own."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from moodpid.errors import ConfigError
from moodpid.file_access import CONFIG_FOLDER, denied
from moodpid.regular_file import read_regular
from moodpid.text import is_one_line

MAX_BYTES = 4096
_COPIES = Path("/run/credentials")  # systemd.exec(5), $CREDENTIALS_DIRECTORY


def read_secret(name: str, file: str = "", environment: Mapping[str, str] = os.environ) -> str:
    """Return a secret, without the line end and the byte order mark that editors add; empty if there is none.

    Args:
        name: The name of the systemd credential (systemd.exec(5), LoadCredential=).
        file: A file that holds it, preferred to the credential; empty for none.
        environment: Where CREDENTIALS_DIRECTORY is looked up.

    Raises:
        ConfigError: The file cannot be read, is empty, or holds more than one line. Its content is never
            quoted. A credential may be an empty line, which means no password.
        FileAccessError: This user may not read the file.
    """
    folder = environment.get("CREDENTIALS_DIRECTORY")
    path = Path(file) if file else Path(folder, name) if folder else None
    if path is None or not (file or _is_there(path, name)):
        return ""
    text = _read(path, name)
    secret = text.rstrip("\r\n")
    if not text or (file and not secret):
        raise _empty(path, name, "remove password_file" if file else "remove the file")
    if not is_one_line(secret):
        # A protocol of lines would take what follows a line end for its next command
        raise ConfigError(
            f"{_original(path)}: the file for {name} must hold one line of text: the password alone"
        )
    return secret


def _is_there(path: Path, name: str) -> bool:
    """Return whether there is a credential; a broken link counts, so that reading it reports the fault."""
    try:
        path.lstat()
    except PermissionError as error:
        raise denied(_original(path), _unreadable(path, name), secret=True) from error
    except OSError:
        return False
    return True


def _read(path: Path, name: str) -> str:
    what = _unreadable(path, name)
    try:
        return read_regular(path, MAX_BYTES).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{what}: not UTF-8 text") from None
    except PermissionError as error:
        raise denied(_original(path), what, secret=True) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not a path"
        raise ConfigError(f"{what}: {reason}") from error


def _unreadable(path: Path, name: str) -> str:
    return f"{_original(path)}: the file for {name} cannot be read"


def refuse_empty(path: Path, name: str) -> None:
    """Check that the file for a credential, which this user may be unable to read, is not empty.

    Raises:
        ConfigError: It is empty.
    """
    with contextlib.suppress(OSError):
        if path.stat().st_size == 0:
            raise _empty(path, name, "remove the file")


def _empty(path: Path, name: str, otherwise: str) -> ConfigError:
    return ConfigError(
        f"{_original(path)}: the file for {name} is empty; write the password into it, or {otherwise}"
    )


def _original(path: Path) -> Path:
    """Return the file that users know, for a copy that systemd makes for as long as the service runs."""
    return CONFIG_FOLDER / path.name if path.is_relative_to(_COPIES) else path
