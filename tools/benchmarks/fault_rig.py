"""The daemon between a private MPD and a private Mosquitto, and what a home sees of it, for `faults.py`."""

import json
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.support.mqtt import MqttListener
from tests.support.processes import begin, end
from tests.support.servers import PrivateMosquitto, PrivateMpd

if TYPE_CHECKING:
    import subprocess

RIGHT_S = 120.0
"""Longer than any time limit of the daemon: what takes longer is not survived."""
ROOT = "moodpid/faults"


class Proxy:
    """Stands before a server, and can let its connections stall as a network does that lost one end.

    Args:
        port: Of the server.

    Attributes:
        port: Of the proxy.
    """

    def __init__(self, port: int) -> None:
        self._behind = port
        self._stalled: set[int] = set()
        self._open: list[int] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def stall(self) -> None:
        """Pass nothing on any more on the connections of now, and close none of them."""
        self._stalled.update(self._open)

    def _serve(self) -> None:
        while True:
            visitor, _ = self._server.accept()
            with suppress(OSError):
                server = socket.create_connection(("127.0.0.1", self._behind))
                number = len(self._open)
                self._open.append(number)
                threading.Thread(target=self._pass, args=(number, visitor, server), daemon=True).start()

    def _pass(self, number: int, visitor: socket.socket, server: socket.socket) -> None:
        other = {visitor: server, server: visitor}
        with suppress(OSError), visitor, server:
            while True:
                for speaker in select.select(list(other), [], [], 1.0)[0]:
                    if number in self._stalled:
                        threading.Event().wait()
                    if not (said := speaker.recv(65536)):
                        return
                    other[speaker].sendall(said)


class FaultHarness:
    """The daemon and its servers.

    Attributes:
        folder: All files.
        mosquitto, mpd: The servers.
        peak_kb: The most memory that any daemon of this rig had, in kilobytes.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self.folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="moodpid-faults-")))
        self.mosquitto = self._stack.enter_context(PrivateMosquitto(within=self.folder))
        self.mpd = self._stack.enter_context(PrivateMpd(within=self.folder))
        self.broker_proxy, self.mpd_proxy = Proxy(self.mosquitto.port), Proxy(self.mpd.port)
        self.state = self.folder / "state"
        self.state.mkdir()
        self.peak_kb = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            end(self._process, signal.SIGKILL)
        self._stack.close()

    def config(self, *, model: str = "", fps: float = 4.0) -> Path:
        """Write the configuration, and return its file."""
        file = self.folder / "moodpid.toml"
        file.write_text(
            '[device]\nid = "faults"\n'
            f'[camera]\nsource = "recording"\nloop = true\nfps = {fps}\n'
            + (f'[vision]\nmodel = "{model}"\n' if model else "")
            + f'[player]\nhost = "127.0.0.1"\nport = {self.mpd_proxy.port}\n'
            '[player.playlists]\nhappy = ["Happy"]\n'
            f'[mqtt]\nhost = "127.0.0.1"\nport = {self.broker_proxy.port}\n',
            encoding="utf-8",
        )
        return file

    def start(self, *, full_disk: bool = False, fps: float = 4.0) -> None:
        """Start the daemon; with `full_disk` it can write no byte to any file."""
        environment = {**os.environ, "STATE_DIRECTORY": str(self.state), "RUNTIME_DIRECTORY": str(self.state)}
        environment.pop("NOTIFY_SOCKET", None)
        command = [sys.executable, "-P", "-m", "moodpid", "run", "--config", str(self.config(fps=fps))]
        self._process = begin(command, self.folder / "log", environment=environment)
        if full_disk:
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (0, 0))

    @property
    def pid(self) -> int:
        """The daemon's process."""
        assert self._process
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the daemon is there."""
        return self._process is not None and self._process.poll() is None

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End the daemon; return its exit code."""
        assert self._process
        self.note_peak()
        code = end(self._process, how)
        self._process = None
        return code

    def note_peak(self) -> None:
        """Remember the daemon's peak memory."""
        with suppress(OSError):
            for line in Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8").splitlines():
                if line.startswith("VmHWM:"):
                    self.peak_kb = max(self.peak_kb, int(line.split()[1]))

    def seconds_until_right(self, right: Callable[[dict[str, bytes]], bool] | None = None) -> float | None:
        """Wait until the home sees everything as it is; return how long it took, None if it never did.

        Args:
            right: What must hold of the messages that the broker retains, by topic; by default all is well.
        """
        began_s = time.monotonic()
        while time.monotonic() - began_s < RIGHT_S and self.running:
            if (right or is_well)(self.retained()):
                self.note_peak()
                return time.monotonic() - began_s
            time.sleep(0.1)
        return None

    def retained(self) -> dict[str, bytes]:
        """Return what the broker retains, by topic; nothing while it is not there."""
        try:
            with MqttListener(self.mosquitto.port) as listener:
                listener.publish("faults/marker", "x")
                listener.wait_for_text("faults/marker", "x", 5.0)
                return {message.topic: bytes(message.payload) for message in listener.messages}
        except (OSError, AssertionError):
            return {}


def is_well(retained: dict[str, bytes]) -> bool:
    """Return whether the device is online, watches, and has its player."""
    if retained.get(f"{ROOT}/status") != b"online":
        return False
    try:
        camera, player = (json.loads(retained[f"{ROOT}/{name}"])["state"] for name in ("camera", "player"))
    except (KeyError, ValueError):
        return False
    return camera == "watching" and player not in ("unreachable", "disabled")
