"""Signals end the service with the documented exit codes, from the first moment on."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from moodpid.errors import ExitCode
from moodpid.system.signals import STOP_SIGNALS, held_signals, interrupting_signals, stop_on_signals


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    # The tests themselves may run under nohup, or behind a shell that ignores SIGINT for them
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "managed", "code"),
    [
        (signal.SIGTERM, False, ExitCode.OK),
        (signal.SIGTERM, True, ExitCode.OK),
        (signal.SIGHUP, False, ExitCode.OK),
        (signal.SIGHUP, True, ExitCode.RESTART),
        (signal.SIGINT, False, ExitCode.OK),
    ],
)
def test_before_anything_has_started_a_signal_ends_at_once(
    number: signal.Signals, managed: bool, code: ExitCode
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
    managing = {"NOTIFY_SOCKET": "/run/notify"} if managed else {}
    done = subprocess.run(
        [sys.executable, "-c", _SIGNAL_IN_A_DESTRUCTOR, str(int(number))],
        check=False, capture_output=True, env=environment | managing, timeout=60,
    )  # fmt: skip
    assert done.returncode == code
    assert done.stderr == b""


# Where Python ignores exceptions: one of the handler would be lost
_SIGNAL_IN_A_DESTRUCTOR = """
import signal, sys
from moodpid.system.signals import exit_on_signals

class Last:
    def __del__(self):
        signal.raise_signal(int(sys.argv[1]))

exit_on_signals()
Last()
sys.exit(99)
"""


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_later_a_signal_asks_the_loop_to_stop(number: signal.Signals) -> None:
    signals = stop_on_signals()
    assert not signals.event.is_set()
    signal.raise_signal(number)
    assert signals.event.is_set()
    assert not signals.restart


def test_under_systemd_a_hangup_asks_for_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    signals = stop_on_signals()
    signal.raise_signal(signal.SIGHUP)
    assert signals.event.is_set()
    assert signals.restart


def test_a_signal_that_nohup_ignores_stays_ignored() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signals = stop_on_signals()
    signal.raise_signal(signal.SIGHUP)
    assert not signals.event.is_set()


def test_held_signals_are_delivered_once_the_work_is_done() -> None:
    delivered: list[int] = []
    for number in STOP_SIGNALS:
        signal.signal(number, lambda number, _frame: delivered.append(number))
    with held_signals() as received:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGTERM)
        assert (received, delivered) == ([signal.SIGHUP, signal.SIGTERM], [])
    assert delivered == [signal.SIGHUP]


def test_a_signal_that_nohup_ignores_is_not_held() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with held_signals() as received:
        signal.raise_signal(signal.SIGHUP)
    assert received == []
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN


@pytest.mark.parametrize("number", STOP_SIGNALS)
def test_signals_interrupt_only_while_they_are_asked_to(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), interrupting_signals():
        signal.raise_signal(number)
    assert signal.getsignal(number) is signal.SIG_DFL


@pytest.mark.parametrize("entry", [["-m", "moodpid"], [str(Path(sys.executable).with_name("moodpid"))]])
def test_the_service_never_ends_with_the_number_of_a_signal(tmp_path: Path, entry: list[str]) -> None:
    config = tmp_path / "moodpid.toml"
    config.write_text(
        '[camera]\nsource = "recording"\nloop = true\n[player]\nenabled = false\n[mqtt]\nenabled = false\n'
    )
    marker = tmp_path / "sitecustomize.py"  # runs before moodpid does, and ends when the handlers stand
    marker.write_text(
        "import signal, os\n"
        "real = signal.signal\n"
        "def note(number, handler):\n"
        "    result = real(number, handler)\n"
        "    if number == signal.SIGHUP:\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return result\n"
        "signal.signal = note\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", *entry, "run", "--config", str(config)],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == ExitCode.OK
    assert b"Traceback" not in done.stderr
