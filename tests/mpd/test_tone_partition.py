"""Outputs that the test tone has moved come back, whatever MPD, its outputs or a signal do meanwhile."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from moodpid.config import MpdConfig
from moodpid.mpd.sound_check import play_tone
from moodpid.mpd.tone_partition import TonePartition
from tests.support.environment import require
from tests.support.processes import begin
from tests.support.servers import PrivateMpd
from tests.support.servers.server import READY_S
from tests.support.worker_harness import connected, until

ENABLED = "(Speakers) is enabled"


def settings(mpd: PrivateMpd) -> MpdConfig:
    return MpdConfig(host=mpd.host, port=mpd.port)


@contextmanager
def speakers(command: str, password: str = "", more: str = "") -> Iterator[PrivateMpd]:
    """A real MPD whose one audible output is a program that gets the samples."""
    require("mpd", "mpc")
    mpd = PrivateMpd(password=password)
    file = mpd.folder / "mpd.conf"
    output = f'type "pipe"\nname "Speakers"\ncommand "{command}"\nformat "48000:16:2"'
    file.write_text(f"{file.read_text()}audio_output {{\n{output}\n}}\n{more}\n")
    with mpd:
        mpd.mpc("disable", "1")
        yield mpd


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A pipe: an output that reads it blocks until it was opened for writing and closed again."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    return path


@pytest.fixture
def blocked(gate: Path) -> Iterator[PrivateMpd]:
    """A real MPD whose output takes no samples, and goes on when the gate is opened."""
    with speakers(f"cat {gate}") as mpd:
        yield mpd


@contextmanager
def playing(gate: Path) -> Iterator[None]:
    """Begin when the output has begun to play, and let it go on at the end."""
    opened: list[int] = []

    def read_by_the_output() -> bool:
        with suppress(OSError):
            opened.append(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
        return bool(opened)

    until(read_by_the_output)
    try:
        yield
    finally:
        os.close(opened[0])


def test_a_blocked_output_comes_back_once_it_goes_on(blocked: PrivateMpd, gate: Path) -> None:
    finding = play_tone(settings(blocked), limit_s=1.0, restore_s=1.0)
    with playing(gate):
        pass
    assert (finding.ok, "nobody hears anything" in finding.message) == (False, True)
    until(lambda: ENABLED in blocked.mpc("outputs"))


def test_the_commands_of_the_finding_bring_it_back(blocked: PrivateMpd, gate: Path) -> None:
    finding = play_tone(settings(blocked), limit_s=1.0, restore_s=1.0)
    restart, enable = finding.remedy.partition("; or ")[0].split(" && ")
    assert restart == "sudo systemctl restart mpd"
    with playing(gate):
        blocked.kill()
    blocked.start()
    subprocess.run(shlex.split(enable), check=True, timeout=READY_S, capture_output=True)
    assert ENABLED in blocked.mpc("outputs")


_PLAY_TONE = """
import signal, sys
from moodpid.config import MpdConfig
from moodpid.mpd.sound_check import play_tone
from moodpid.system.signals import STOP_SIGNALS

for number in STOP_SIGNALS:  # the tests themselves may run under nohup
    signal.signal(number, signal.SIG_DFL)
play_tone(MpdConfig(host="127.0.0.1", port=int(sys.argv[1])))
"""


@pytest.mark.parametrize(
    "numbers", [(signal.SIGTERM,), (signal.SIGHUP, signal.SIGHUP), (signal.SIGTERM, signal.SIGHUP)]
)
def test_signals_during_the_tone_leave_no_output_behind(
    blocked: PrivateMpd, gate: Path, numbers: tuple[signal.Signals, ...]
) -> None:
    command = [sys.executable, "-c", _PLAY_TONE, str(blocked.port)]
    process = begin(command, blocked.folder / "tone.log")
    with playing(gate):
        for number in numbers:
            process.send_signal(number)
    assert -process.wait(READY_S) in numbers
    assert ENABLED in blocked.mpc("outputs")


def leave(mpd: PrivateMpd, partition: str) -> None:
    """Leave the output in a partition, as a doctor that is killed does."""
    with connected(mpd) as client:
        client.newpartition(partition)
        client.partition(partition)
        client.moveoutput("Speakers")
        client.disableoutput(0)


def test_what_a_killed_run_left_is_brought_back() -> None:
    with speakers("cat >/dev/null") as mpd:
        leave(mpd, "moodpid-doctor")
        assert ENABLED not in mpd.mpc("outputs")
        finding = play_tone(settings(mpd))
        assert finding.ok, finding.message
        assert ENABLED in mpd.mpc("outputs")
        with connected(mpd) as client:
            assert client.listpartitions() == [{"partition": "default"}]


def test_outputs_of_another_room_are_left_alone() -> None:
    with speakers("cat >/dev/null") as mpd:
        leave(mpd, TonePartition(MpdConfig(partition="bath")).name)
        assert "no output" in play_tone(settings(mpd)).message
        assert ENABLED not in mpd.mpc("outputs")


def test_refused_commands_keep_no_output_away() -> None:
    with speakers("cat >/dev/null", "secret", 'password "other@read,admin"') as mpd:
        assert not play_tone(settings(mpd), "other").ok
        assert ENABLED in mpd.mpc("outputs")


def test_what_a_restart_of_mpd_left_disabled_is_enabled() -> None:
    with speakers("cat >/dev/null") as mpd:
        mpd.mpc("disable", "Speakers")
        TonePartition(settings(mpd)).bring_back(["Speakers"])
        assert ENABLED in mpd.mpc("outputs")
