"""Check that systemd is there, that the service runs, and that it has read the present configuration."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from moodpid.config import DEFAULT_PATH, Config
from moodpid.config.referenced_files import find_hidden, find_unreadable
from moodpid.errors import ExitCode
from moodpid.file_access import service_account
from moodpid.state import Finding
from moodpid.system.systemctl import SERVICE_UNIT, Unit
from moodpid.system.unit_limits import read_hidden_folders

RESTART: Final = "sudo systemctl restart moodpid"


def check_service(unit: Unit | None) -> Iterator[Finding]:
    """Report whether systemd keeps the service running, and the state of its unit."""
    if not Path("/run/systemd/system").is_dir():  # as sd_booted(3) does
        yield Finding(True, "systemd", "not what started this machine; run moodpid by hand")
        return
    try:
        import systemd.daemon
    except ImportError:
        yield Finding(False, "systemd", "its Python module is missing", "sudo apt install python3-systemd")
    else:
        version = systemd.daemon.__version__
        yield Finding(True, "systemd", f"started this machine; its Python module is {version}")
    if unit:
        yield check_unit(unit, changed_since(unit.started_s, DEFAULT_PATH.parent))


def check_files(config: Config) -> Iterator[Finding]:
    """Report each named file that the service cannot see or may not read, though other programs can."""
    hides = read_hidden_folders(SERVICE_UNIT).hides
    account = service_account()
    # For the service's own user, the findings about the parts name them
    closed = find_unreadable(config, account, hides) if account and account.uid != os.geteuid() else ()
    for fault, remedy in (*find_hidden(config, hides), *closed):
        yield Finding(False, "files", fault, remedy)


def changed_since(moment_s: float, folder: Path) -> str:
    """Return a file of the configuration that is newer than a moment, empty if there is none."""
    try:
        newer = (file for file in sorted(folder.iterdir()) if _changed_s(file) > moment_s)
        return str(next((file for file in newer if file.suffix in (".toml", "")), ""))
    except OSError:
        return ""


def _changed_s(file: Path) -> int:
    """Return when a file was changed or put in its place; in whole seconds, since clocks are set."""
    status = file.stat()
    # A file that is moved or copied with its date keeps its mtime, but not its ctime
    return int(max(status.st_mtime, status.st_ctime))


def check_unit(unit: Unit, changed: str = "") -> Finding:
    """Return the unit's state as systemd reports it, and what to do.

    Args:
        unit: The service.
        changed: A file that was changed after the service had read it, empty for none.
    """
    if unit.runs and unit.started_s and changed:
        return Finding(False, "service", f"moodpid.service runs since before {changed} was changed", RESTART)
    if unit.runs:
        does = "starts" if unit.starts else "runs"
        return Finding(True, "service", f"moodpid.service {does}: {unit.status or 'no status yet'}")
    if unit.load != "loaded":
        return Finding(True, "service", "moodpid.service is not installed here")
    if unit.active == "inactive":
        return Finding(True, "service", "moodpid.service is stopped; sudo systemctl start moodpid")
    state = f"moodpid.service is {unit.active} ({unit.result}): {unit.status or 'no status'}"
    wants_person = unit.exit_code in (str(ExitCode.CONFIG), str(ExitCode.USAGE))
    correct = f"sudo moodpid check names what to correct, then: {RESTART}"
    return Finding(
        False, "service", state, correct if wants_person else "journalctl -u moodpid -b -p warning"
    )
