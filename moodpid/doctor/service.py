"""Whether systemd is there, and what it says of the service."""

from collections.abc import Iterator
from pathlib import Path

from moodpid.errors import ExitCode
from moodpid.state import Finding
from moodpid.system.systemctl import Unit


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
        yield check_unit(unit)


def check_unit(unit: Unit) -> Finding:
    """Return what systemd says of the unit, and where to look next."""
    if unit.runs:
        return Finding(True, "service", f"moodpid.service runs: {unit.status or 'no status yet'}")
    if unit.load != "loaded":
        return Finding(True, "service", "moodpid.service is not installed here")
    if unit.active == "inactive":
        return Finding(True, "service", "moodpid.service is stopped; sudo systemctl start moodpid")
    said = f"moodpid.service is {unit.active} ({unit.result}): {unit.status or 'no status'}"
    wants_person = unit.exit_code in (str(ExitCode.CONFIG), str(ExitCode.USAGE))
    return Finding(
        False, "service", said, "moodpid check" if wants_person else "journalctl -u moodpid -b -p warning"
    )
