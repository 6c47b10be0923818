"""Secrets, which never stand in the configuration: systemd credentials or files of their own."""

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
        ConfigError: A file is named but cannot be read.
    """
    folder = environment.get("CREDENTIALS_DIRECTORY")
    path = Path(file) if file else Path(folder, name) if folder else None
    if path is None or (not file and not path.exists()):
        return ""
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        raise ConfigError(f"{path}: the file for {name} cannot be read: {reason}") from error
