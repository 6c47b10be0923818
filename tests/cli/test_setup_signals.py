"""A lost connection or a shutdown during `moodpid setup` leaves no password behind."""

import os
import pty
import select
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.support.servers.server import free_port


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_signal_removes_the_password_that_is_tried(tmp_path: Path, number: signal.Signals) -> None:
    secret = tmp_path / "secret"
    secret.write_text("rhubarb\n")
    command = [sys.executable, "-m", "moodpid", "setup", "--config", str(tmp_path / "moodpid.toml")]
    player = ["--player", f"127.0.0.1:{free_port()}", "--player-password-file", str(secret)]
    trial = tmp_path / "tmp"
    trial.mkdir()
    controller, terminal = pty.openpty()
    with subprocess.Popen(
        [*command, "--name", "Attic", "--camera", "recording", *player],
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "TMPDIR": str(trial)},
        preexec_fn=partial(signal.signal, number, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    ) as asked:
        os.close(terminal)
        assert asked.stdout
        try:
            seen = b""
            while b"Keep it all the same?" not in seen:
                assert select.select([asked.stdout], [], [], 30)[0], seen
                seen += (read := os.read(asked.stdout.fileno(), 4096))
                assert read, seen
            (password,) = trial.glob("moodpid-setup-*/mpd-password")
            assert password.stat().st_mode & 0o777 == 0o600
            asked.send_signal(number)
            os.close(controller)  # Python looks for signals after it has read, too
            rest, _ = asked.communicate(timeout=30)
        finally:
            asked.kill()
    assert asked.returncode == 1
    assert b"nothing was written" in rest
    assert list(trial.iterdir()) == []
    assert sorted(tmp_path.iterdir()) == [secret, trial]
