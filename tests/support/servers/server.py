"""What all private servers share: a folder, a port, a process, and the wait until it answers."""

import os
import random
import shutil
import signal
import socket
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.support.processes import STOP_S, begin, end

if TYPE_CHECKING:
    import subprocess

READY_S = 30.0
# mosquitto lives in /usr/sbin, which is not on the path of everybody on Debian
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])


class ServerError(Exception):
    """A server is not installed, did not start or did not answer; the text ends with its log."""


def find(program: str) -> str | None:
    """Return the path of `program`, None if it is not installed; the folders of administrators count.

    A variable names another one for all tests: `MOODPID_MPD=tools/pi/mpd` for MPD.
    """
    return os.environ.get(f"MOODPID_{program.upper()}") or shutil.which(program, path=_PATH)


def free_port() -> int:
    """A loopback TCP port that nobody listens on.

    It lies below the range that the kernel gives to outgoing connections (32768 and up): from inside that
    range, another program, or a client's own attempt to connect, could take it while the server is down.
    """
    for port in random.sample(range(20000, 32000), 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise ServerError("no free port on 127.0.0.1 between 20000 and 32000")


class Server(ABC):
    """One server process and its folder; the process dies with the thread that started it, however that ends.

    Attributes:
        folder: All of its files; removed by `close`.
        port: TCP port on 127.0.0.1; the same after every start.
        password: What a client must give, empty if nothing.
    """

    program: str

    def __init__(self, password: str, within: Path | None) -> None:
        path = find(self.program)
        if path is None:
            raise ServerError(f"{self.program} is not installed: apt install {self.program}")
        self._path = path
        self._process: subprocess.Popen[bytes] | None = None
        self.password = password
        self.folder = Path(tempfile.mkdtemp(prefix=f"moodpid-{self.program}-", dir=within))
        self.port = free_port()

    @abstractmethod
    def _arguments(self) -> list[str]:
        """The command line after the program."""

    @abstractmethod
    def _answers(self) -> bool:
        """Whether the server talks to us; may raise OSError."""

    @property
    def log(self) -> str:
        """What the server said so far, of all its starts."""
        file = self.folder / "log"
        return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""

    @property
    def pid(self) -> int:
        """The process id of the server that runs.

        Raises:
            ServerError: It does not run.
        """
        if not self.running:
            raise ServerError(f"{self.program} does not run")
        assert self._process
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start, and wait until a connection is answered; again on the same port after `stop` or `kill`.

        Raises:
            ServerError: It ended, or did not answer within 10 seconds.
        """
        if self.running:
            return
        self._process = begin([self._path, *self._arguments()], self.folder / "log")
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline:
            if not self.running:
                raise ServerError(f"{self.program} ended at once; its log:\n{self.log}")
            try:
                if self._answers():
                    return
            except OSError:
                pass
            time.sleep(0.01)
        self.kill()
        raise ServerError(
            f"{self.program} did not answer on port {self.port} in {READY_S:.0f} s:\n{self.log}"
        )

    def stop(self) -> None:
        """Ask it to end (SIGTERM), and kill it if it has not after 5 seconds."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash would (SIGKILL)."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        if self._process is None:
            return
        end(self._process, how, STOP_S)
        self._process = None

    def freeze(self) -> None:
        """Let it accept connections (the kernel does) and never answer, as a black hole; undone by `thaw`."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on after `freeze`."""
        os.kill(self.pid, signal.SIGCONT)

    def close(self) -> None:
        """End it and remove its folder."""
        if self.running:
            self.thaw()
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
