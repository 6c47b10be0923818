"""Secrets, which never stand in the configuration: systemd credentials or files of their own."""

import contextlib
import os
from collections.abc import Mapping
from pathlib import Path

from moodpid.errors import ConfigError


def read_secret(name: str, file: str = "", environment: Mapping[str, str] = os.environ) -> str:
    """A secret, without the line end that editors add.

    Args:
        name: The name of the systemd credential (systemd.exec(5), LoadCredential=).
        file: A file that holds it, which goes before the credential; empty for none.
        environment: Where CREDENTIALS_DIRECTORY is looked up.

    Returns:
        The secret; empty if there is none.

    Raises:
        ConfigError: The file cannot be read, or is empty. A credential may be an empty line: there is none.
    """
    folder = environment.get("CREDENTIALS_DIRECTORY")
    path = Path(file) if file else Path(folder, name) if folder else None
    if path is None or (not file and not path.exists()):
        return ""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"{path}: the file for {name} cannot be read: {reason}") from error
    if not text or (file and not text.rstrip("\r\n")):
        raise _empty(path, name, "remove password_file" if file else "remove the file")
    return text.rstrip("\r\n")


def refuse_empty(path: Path, name: str) -> None:
    """Find out whether the file for a credential is there and has nothing in it, though we may not read it.

    Raises:
        ConfigError: It is.
    """
    with contextlib.suppress(OSError):
        if path.stat().st_size == 0:
            raise _empty(path, name, "remove the file")


def _empty(path: Path, name: str, otherwise: str) -> ConfigError:
    return ConfigError(f"{path}: the file for {name} is empty; write the password into it, or {otherwise}")
