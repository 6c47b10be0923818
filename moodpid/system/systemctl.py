"""The state of a unit and of the clock, read with systemd's own programs."""

import os
import subprocess
import time
from dataclasses import dataclass
from enum import Enum, auto

SERVICE_UNIT = "moodpid.service"
_LIMIT_S = 5.0
_RESTART_LIMIT_S = 120.0  # TimeoutStartSec= and TimeoutStopSec= of moodpid.service, and some


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of systemd, in the words of org.freedesktop.systemd1(5).

    Attributes:
        load: LoadState, such as `loaded` or `not-found`.
        active: ActiveState, such as `active`, `failed` or `activating`.
        status: StatusText, the last status line of the service; empty if there was none.
        result: Result, such as `success`, `exit-code` or `watchdog`.
        exit_code: ExecMainStatus of its last process, empty if there was none.
        started_s: When its process was started, seconds since 1970 by the clock of now; 0 if it never was.
        main_pid: MainPID, its process; 0 where there is none, as before an automatic restart.
    """

    load: str = ""
    active: str = ""
    status: str = ""
    result: str = ""
    exit_code: str = ""
    started_s: float = 0.0
    main_pid: int = 0

    @property
    def runs(self) -> bool:
        """Whether its process runs, ready or not."""
        return self.active in ("active", "reloading") or self.starts

    @property
    def starts(self) -> bool:
        """Whether its process runs and is not ready yet: `activating` until READY=1."""
        return self.active == "activating" and self.main_pid != 0


def read_unit(name: str = SERVICE_UNIT) -> Unit | None:
    """Return the state of a unit; None where systemd does not run or does not answer."""
    properties = (
        *("LoadState", "ActiveState", "StatusText", "Result", "ExecMainStatus"),
        *("ExecMainStartTimestampMonotonic", "MainPID"),
    )
    shown = show_properties("systemctl", name, properties=properties)
    if not shown.get("ActiveState"):
        return None
    started = shown.get("ExecMainStartTimestampMonotonic", "")
    main_pid = shown.get("MainPID", "")
    return Unit(
        shown.get("LoadState", ""),
        shown["ActiveState"],
        shown.get("StatusText", ""),
        shown.get("Result", ""),
        shown.get("ExecMainStatus", ""),
        _wall_clock_s(int(started)) if started.isdecimal() else 0.0,
        int(main_pid) if main_pid.isdecimal() else 0,
    )


def _wall_clock_s(monotonic_us: int) -> float:
    """Return the time since 1970 of a moment of the monotonic clock; 0 for 0, which systemd has for never.

    A Pi without a battery starts in the past: what systemd noted by the clock of then may be hours off. Time
    in suspend is not counted.
    """
    if not monotonic_us:
        return 0.0
    now_s = time.time()  # noqa: TID251 - the files of the configuration are dated so
    return now_s - (time.monotonic() - monotonic_us / 1e6)


class Restart(Enum):
    """What came of restarting a unit."""

    NOT_TRIED = auto()  # it is not installed, or this user may not restart it
    DONE = auto()
    FAILED = auto()


def restart_unit(name: str = SERVICE_UNIT) -> Restart:
    """Restart an installed unit, and wait until it is ready or has failed."""
    unit = read_unit(name)
    if unit is None or unit.load != "loaded" or os.geteuid() != 0:
        return Restart.NOT_TRIED
    subprocess.run(  # noqa: S603 - a fixed command
        ["systemctl", "reset-failed", name],  # noqa: S607 - where systemd is
        check=False,
        capture_output=True,
    )
    try:
        subprocess.run(  # noqa: S603 - a fixed command
            ["systemctl", "restart", name],  # noqa: S607 - where systemd is
            check=True,
            capture_output=True,
            timeout=_RESTART_LIMIT_S,
        )
    except subprocess.SubprocessError:
        return Restart.FAILED
    return Restart.DONE


@dataclass(frozen=True, slots=True)
class Clock:
    """The clock of the machine, as timedatectl(1) has it.

    Attributes:
        in_sync: A time server has set it.
        asked_for: One is to set it.
        can: There is a program here that does.
    """

    in_sync: bool
    asked_for: bool
    can: bool


def read_clock() -> Clock | None:
    """Return the state of the clock; None where systemd does not run or does not answer."""
    shown = show_properties("timedatectl", properties=("NTPSynchronized", "NTP", "CanNTP"))
    if "NTPSynchronized" not in shown:
        return None
    return Clock(*(shown.get(name) == "yes" for name in ("NTPSynchronized", "NTP", "CanNTP")))


def show_properties(program: str, *names: str, properties: tuple[str, ...]) -> dict[str, str]:
    """Return the properties that `PROGRAM show` prints as KEY=VALUE; none if it cannot."""
    command = [program, "show", *names, *(f"--property={name}" for name in properties)]
    try:
        done = subprocess.run(  # noqa: S603 - a fixed command
            command, check=True, capture_output=True, text=True, timeout=_LIMIT_S
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return {}
    return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
