"""What systemd says is asked with its programs, and nothing is made of their silence."""

import time
from pathlib import Path

import pytest

from moodpid.system.systemctl import Clock, Restart, Unit, read_clock, read_unit, restart_unit


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
        "\nMainPID=812"
    )
    program(programs / "systemctl", reported)
    assert read_unit() == Unit("loaded", "active", "happy; A - B=C", "success", "0", main_pid=812)


def test_the_start_is_dated_by_the_clock_of_now(programs: Path) -> None:
    half_s = time.monotonic() / 2  # the machine may have been up for seconds only
    # As a Pi without a battery noted it before a time server answered
    in_the_past = "ExecMainStartTimestamp=Thu 1970-01-01 00:00:09 UTC"
    for monotonic_us, started_s in ((int(half_s * 1e6), time.time() - half_s), (0, 0.0)):
        reported = f"ActiveState=active\n{in_the_past}\nExecMainStartTimestampMonotonic={monotonic_us}"
        program(programs / "systemctl", reported)
        unit = read_unit()
        assert unit
        assert unit.started_s == pytest.approx(started_s, abs=20)


@pytest.mark.parametrize(
    ("state", "main_pid", "runs"),
    [
        ("active", 812, True),
        ("activating", 812, True),  # until READY=1
        ("activating", 0, False),  # waits for RestartSec=
        ("failed", 0, False),
    ],
)
def test_only_a_service_with_a_process_runs(state: str, main_pid: int, runs: bool) -> None:
    assert Unit("loaded", state, main_pid=main_pid).runs is runs


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


def try_to_restart(programs: Path, state: str = "loaded", ends: int = 0) -> Restart:
    """Restart a unit in this state, where `systemctl restart` ends with this code."""
    (programs / "systemctl").write_text(
        "#!/bin/sh\n"
        f'[ "$1" != show ] || echo "LoadState={state}\nActiveState=failed"\n'
        f'[ "$1" != restart ] || exit {ends}\n'
    )
    (programs / "systemctl").chmod(0o755)
    return restart_unit()


def test_a_restart_that_failed_is_no_restart(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert try_to_restart(programs) is Restart.DONE
    assert try_to_restart(programs, ends=1) is Restart.FAILED


def test_what_is_not_there_or_not_ours_is_not_restarted(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert try_to_restart(programs, state="not-found") is Restart.NOT_TRIED
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert try_to_restart(programs) is Restart.NOT_TRIED
