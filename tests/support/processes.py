"""Child processes that die with their parent, and end soon after they are asked to."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

STOP_S = 5.0


def begin(
    command: Sequence[str],
    log: Path,
    *,
    at_our_death: str = "KILL",
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a program in a session of its own, without input.

    Args:
        command: The program and its arguments.
        log: Where all that it says is added.
        at_our_death: The signal that it gets when the thread that started it ends, however that ends.
        environment: Its environment, ours without it.
    """
    # setpriv's parent-death signal holds for the process that it becomes
    with log.open("ab") as out:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", at_our_death, *command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=environment,
            start_new_session=True,
        )


def end(
    process: subprocess.Popen[bytes], how: signal.Signals = signal.SIGTERM, within_s: float = STOP_S
) -> int:
    """Ask a process to end, and kill it if it has not within `within_s` seconds; its exit code."""
    process.send_signal(how)
    try:
        return process.wait(within_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(STOP_S)


class Moodpid:
    """`moodpid run` as systemd or a person would start it.

    Args:
        config: Its configuration.
        notify: The service manager's socket, None for a person.

    Attributes:
        log_file: What it says.
        process: The process.
    """

    def __init__(self, config: Path, notify: Path | None = None) -> None:
        environment = {k: v for k, v in os.environ.items() if k != "NOTIFY_SOCKET"}
        # Not what the user of the tests has analysed: SQLite makes a file of 32 KiB to read a database
        environment["XDG_STATE_HOME"] = str(config.parent / "state-home")
        if notify:
            environment["NOTIFY_SOCKET"] = str(notify)
        self.log_file = config.with_suffix(".log")
        self.log_file.unlink(missing_ok=True)
        command = [sys.executable, "-m", "moodpid", "run", "--config", str(config)]
        self.process = begin(command, self.log_file, environment=environment)

    @property
    def log(self) -> str:
        """What it said so far."""
        return self.log_file.read_text(encoding="utf-8")

    def terminate(self, within_s: float = STOP_S) -> int:
        """Ask it to stop; its exit code, -9 if it had to be killed."""
        return end(self.process, signal.SIGTERM, within_s)

    def kill(self) -> None:
        """End it as a crash would."""
        end(self.process, signal.SIGKILL)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()
