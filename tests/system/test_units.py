"""The units call verbs that exist, and the analysis is as hardened as the daemon."""

import configparser
import shlex
from pathlib import Path

import pytest

from moodpid.cli.commands import COMMANDS
from moodpid.cli.parser import parse
from moodpid.errors import ExitCode

UNITS = Path(__file__).parents[2] / "systemd"


def settings(name: str) -> dict[str, set[str]]:
    """The settings of the service in a unit, each with all of its values."""
    found: dict[str, set[str]] = {}
    section = ""
    for line in (UNITS / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line
        elif section == "[Service]" and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, set()).add(value)
    return found


@pytest.mark.parametrize("name", ["moodpid.service", "moodpid-analyse.service"])
def test_the_command_line_of_a_unit_is_valid(name: str) -> None:
    (command,) = settings(name)["ExecStart"]
    program, *arguments = shlex.split(command)
    assert program == "/usr/bin/moodpid"
    assert parse(COMMANDS, arguments).verb in COMMANDS


def test_the_analysis_may_do_no_more_than_the_daemon() -> None:
    daemon, analysis = settings("moodpid.service"), settings("moodpid-analyse.service")
    needs_no_camera = {"SupplementaryGroups", "DeviceAllow"}
    starts = ("Protect", "Private", "Restrict", "Lock", "Memory", "No", "SystemCall", "Capability", "Ambient")
    more = ("UMask", "DevicePolicy", "KeyringMode", "RemoveIPC", "LimitCORE")
    hardening = [key for key in daemon if key.startswith((*starts, *more))]
    loosened = {
        "ProtectHome",
        "RestrictAddressFamilies",
        "SystemCallFilter",
        "MemoryMax",
        "NotifyAccess",
        "RestartPreventExitStatus",
    }
    for key in set(hardening) - needs_no_camera - loosened - {"RestartForceExitStatus", "RestartSec"}:
        assert analysis.get(key) == daemon[key], key
    assert analysis["SystemCallFilter"] == daemon["SystemCallFilter"] | {"prlimit64"}  # for the decoder
    assert analysis["ProtectHome"] == {"read-only"}
    assert analysis["MemoryMax"] == {"200M"}
    assert analysis["IPAddressDeny"] == {"any"}


def test_the_unit_knows_what_each_exit_code_asks_for() -> None:
    daemon = settings("moodpid.service")
    assert daemon["SuccessExitStatus"] == daemon["RestartForceExitStatus"] == {f"{ExitCode.RESTART:d}"}
    assert daemon["RestartPreventExitStatus"] == {f"{ExitCode.USAGE:d} {ExitCode.CONFIG:d}"}
    assert daemon["Restart"] == {"on-failure"}


def test_the_timer_starts_the_analysis_at_night() -> None:
    timer = configparser.ConfigParser(interpolation=None)
    timer.read(UNITS / "moodpid-analyse.timer", encoding="utf-8")
    assert timer["Timer"]["OnCalendar"] == "*-*-* 01:00"
