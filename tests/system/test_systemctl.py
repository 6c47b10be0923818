"""What systemd says is asked with its programs, and nothing is made of their silence."""

from pathlib import Path

import pytest

from moodpid.system.systemctl import Clock, Unit, read_clock, read_unit


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder in which programs are found."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def program(file: Path, prints: str, code: int = 0) -> None:
    """A program that prints this when it is called with `show`."""
    file.write_text(f'#!/bin/sh\n[ "$1" = show ] || exit 1\necho "{prints}"\nexit {code}\n')
    file.chmod(0o755)


def test_a_unit_is_described_in_systemd_s_words(programs: Path) -> None:
    reported = (
        "Result=success\nExecMainStatus=0\nLoadState=loaded\nActiveState=active\nStatusText=happy; A - B=C"
    )
    program(programs / "systemctl", reported)
    assert read_unit() == Unit("loaded", "active", "happy; A - B=C", "success", "0")


@pytest.mark.parametrize(("state", "runs"), [("active", True), ("activating", False), ("failed", False)])
def test_only_a_service_at_work_runs(state: str, runs: bool) -> None:
    assert Unit("loaded", state).runs is runs


@pytest.mark.parametrize(
    ("reported", "clock"),
    [
        ("CanNTP=yes\nNTP=yes\nNTPSynchronized=yes\n", Clock(in_sync=True, asked_for=True, can=True)),
        ("CanNTP=no\nNTP=no\nNTPSynchronized=no\n", Clock(in_sync=False, asked_for=False, can=False)),
    ],
)
def test_the_clock_is_described(programs: Path, reported: str, clock: Clock) -> None:
    program(programs / "timedatectl", reported)
    assert read_clock() == clock


def test_without_systemd_nothing_is_known(programs: Path) -> None:
    assert (read_unit(), read_clock()) == (None, None)
    for name in ("systemctl", "timedatectl"):
        program(programs / name, "Failed to connect to bus", code=1)
    assert (read_unit(), read_clock()) == (None, None)
