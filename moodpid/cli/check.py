"""The verb `check`: every fault of the configuration, of the files that it names and of their permissions."""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path

from moodpid.cli.output import print_error, print_line
from moodpid.config import DEFAULT_PATH, Config, is_installed, load
from moodpid.config.exposed_secrets import find_exposed
from moodpid.config.referenced_files import find_hidden, find_unreadable
from moodpid.errors import ConfigError, ExitCode, FileAccessError
from moodpid.file_access import closed_part, command_to_copy, command_to_open, service_account
from moodpid.system.credentials import read_secret, refuse_empty


def check(options: argparse.Namespace) -> ExitCode:
    """Print every fault; if there is none, what is amiss though the service would run.

    Raises:
        ConfigError: The service would not start with it.
    """
    path = options.config or DEFAULT_PATH
    config = load(path, files=True)
    installed = is_installed(path)
    credentials = DEFAULT_PATH.parent if installed else None
    inaccessible = _inaccessible_files(config, path) if installed else ()
    if faults := [*inaccessible, *_faulty_secrets(config, credentials)]:
        raise ConfigError(*faults)
    for fault, remedy in find_exposed(config, credentials):
        print_error(f"{fault}; {remedy}")
    print_line(f"{path}: good")
    return ExitCode.OK


def _inaccessible_files(config: Config, path: Path) -> Iterator[str]:
    """Yield a line for each file that systemd hides, and for each other that the service may not read."""
    from moodpid.system.systemctl import SERVICE_UNIT
    from moodpid.system.unit_limits import read_hidden_folders

    hides = read_hidden_folders(SERVICE_UNIT).hides
    account = service_account()
    if hides(str(path)):
        yield f"{path} leads to a folder that systemd hides from the service; {command_to_copy(path)}"
    elif account and (closed := closed_part(path, account)):
        command = command_to_open(closed, path, account, secret=False)
        yield f"{path}: the user {account.name} may not read it; {command}"
    for fault, remedy in find_hidden(config, hides):
        yield f"{fault}; {remedy}"
    for fault, remedy in find_unreadable(config, account, hides) if account else ():
        yield f"{fault}; {remedy}"


def _faulty_secrets(config: Config, credentials: Path | None) -> Iterator[str]:
    """Yield a line for each secret of an enabled part that cannot be used, where this user may read it.

    Args:
        config: Names the files.
        credentials: The folder of those that systemd gives to the service; None if it is not the service's.
    """
    environment = {"CREDENTIALS_DIRECTORY": str(credentials)} if credentials else os.environ
    for name, part in (
        ("mpd-password", config.player),
        ("mqtt-password", config.mqtt),
        ("web-password", config.web),
    ):
        if not part.enabled:
            continue
        try:
            read_secret(name, part.password_file, environment)
        except FileAccessError as error:
            if credentials is None:  # then this user would run it
                yield from error.lines
            elif not part.password_file:
                yield from _emptiness(credentials / name, name)
        except ConfigError as error:
            yield from error.lines


def _emptiness(path: Path, name: str) -> Iterator[str]:
    try:
        refuse_empty(path, name)
    except ConfigError as error:
        yield from error.lines
