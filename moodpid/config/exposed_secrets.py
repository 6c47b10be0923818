"""The secrets that a configuration uses and every user of the machine can read."""

import contextlib
import grp
import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path

from moodpid.config.schema import Config
from moodpid.file_access import SERVICE_USER, Account, closed_part

_EVERYBODY = Account("nobody", -1, frozenset())  # owns nothing, and is in no group


def find_exposed(config: Config, credentials: Path | None = None) -> Iterator[tuple[str, str]]:
    """Yield each password file and key that every user of this machine can read, and the command for it.

    Args:
        config: Names the files.
        credentials: The folder of the passwords that systemd gives to the service, None for no such folder.
    """
    for path in _secrets(config, credentials):
        with contextlib.suppress(OSError, ValueError):  # this user may not see it, so others do not either
            if closed_part(path, _EVERYBODY) is None and (status := path.stat()).st_mode & stat.S_IROTH:
                yield f"{path}: every user of this machine can read it", _close(path, status.st_gid)


def _close(path: Path, group: int) -> str:
    """Return the command that keeps other users out, and lets the service in where it is installed."""
    name = shlex.quote(str(path))
    with contextlib.suppress(KeyError):
        if grp.getgrnam(SERVICE_USER).gr_gid != group:
            return f"sudo chgrp {SERVICE_USER} {name} && sudo chmod 640 {name}"
    return f"sudo chmod o= {name}"


def _secrets(config: Config, credentials: Path | None) -> Iterator[Path]:
    for part, name in (
        (config.player, "mpd-password"),
        (config.mqtt, "mqtt-password"),
        (config.web, "web-password"),
    ):
        if part.enabled and part.password_file:
            yield Path(part.password_file)
        elif part.enabled and credentials:
            yield credentials / name
    if config.mqtt.enabled and config.mqtt.tls_key:
        yield Path(config.mqtt.tls_key)


def credentials_folder() -> Path | None:
    """Return the folder of the credentials that systemd gives (systemd.exec(5)), None if it is unknown."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    return Path(folder) if folder else None
