"""The daemon between a private MPD and a private Mosquitto, and what a home sees of it, for `faults.py`."""

import json
import os
import random
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Self

from tests.support.mqtt import MqttListener
from tests.support.processes import begin, end
from tests.support.servers import PrivateMosquitto, PrivateMpd

REPOSITORY = Path(__file__).parents[2]
RIGHT_S = 120.0
"""Longer than any time limit of the daemon: what takes longer is not survived."""
ROOT = "moodpid/faults"


Outcome = float | None
"""Seconds until every view was right, None if the fault was not survived."""


class Proxy:
    """Stands before a server, and can let its connections stall as a network does that lost one end.

    Args:
        port: Of the server.

    Attributes:
        port: Of the proxy.
        opened_since_stall: Whether a client connected after `stall`.
    """

    def __init__(self, port: int) -> None:
        self._behind = port
        self._stalled: set[int] = set()
        self._open: list[int] = []
        self.opened_since_stall = False
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def stall(self) -> None:
        """Pass nothing on any more on the connections of now, and close none of them."""
        self._stalled.update(self._open)
        self.opened_since_stall = False

    def _serve(self) -> None:
        while True:
            visitor, _ = self._server.accept()
            try:
                server = socket.create_connection(("127.0.0.1", self._behind))
            except OSError:
                visitor.close()
                continue
            number = len(self._open)
            self._open.append(number)
            self.opened_since_stall = True
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


Fault = Callable[["FaultHarness", random.Random], Iterator[Outcome]]


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

    def config(
        self, *, model: str = "", fps: float = 4.0, path: Path | None = None, name: str = "moodpid.toml"
    ) -> Path:
        """Write a configuration, with a model or a recording of one's own; return its file."""
        file = self.folder / name
        file.write_text(
            '[device]\nid = "faults"\n'
            f'[camera]\nsource = "recording"\nloop = true\nfps = {fps}\n'
            + (f'path = "{path}"\n' if path else "")
            + (f'[vision]\nmodel = "{model}"\n' if model else "")
            + f'[player]\nhost = "127.0.0.1"\nport = {self.mpd_proxy.port}\n'
            '[player.playlists]\nhappy = ["Happy"]\n'
            f'[mqtt]\nhost = "127.0.0.1"\nport = {self.broker_proxy.port}\n',
            encoding="utf-8",
        )
        return file

    def start(self, *, full_disk: bool = False, fps: float = 4.0, path: Path | None = None) -> None:
        """Start the daemon, with a recording of one's own; with `full_disk` it can write to no file."""
        environment = {**os.environ, "STATE_DIRECTORY": str(self.state), "RUNTIME_DIRECTORY": str(self.state)}
        environment.pop("NOTIFY_SOCKET", None)
        command = [
            sys.executable,
            "-P",
            "-m",
            "moodpid",
            "run",
            "--config",
            str(self.config(fps=fps, path=path)),
        ]
        self._process = begin(command, self.folder / "log", environment=environment)
        if full_disk:
            resource.prlimit(self._process.pid, resource.RLIMIT_FSIZE, (0, 0))

    def run_to_end(self, *arguments: str) -> tuple[int, str]:
        """Run moodpid until it ends; return its exit code, and what it wrote to standard error."""
        errors = self.folder / "errors"
        command = [sys.executable, "-P", "-m", "moodpid", *arguments]
        with (
            errors.open("wb") as file,
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=file, cwd=self.folder) as process,
        ):
            threading.Timer(RIGHT_S, process.kill).start()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        # Of this process as well, until the other program began: it has to stay small itself
        self.peak_kb = max(self.peak_kb, usage.ru_maxrss)
        return process.returncode, errors.read_text(encoding="utf-8", errors="replace")

    @contextmanager
    def song(self, title: str) -> Iterator[None]:
        """Let MPD play a song with a title."""
        tags = self.folder / "tags"
        tags.write_text(f";FFMETADATA1\ntitle={title}\n", encoding="utf-8")
        sound = [
            "-f",
            "lavfi",
            "-i",
            "sine=duration=300:sample_rate=8000",
            "-i",
            str(tags),
            "-map_metadata",
            "1",
        ]
        command = ["ffmpeg", "-y", "-loglevel", "error", *sound, str(self.mpd.music / "titled.ogg")]
        subprocess.run(command, check=True, timeout=60)
        # mpc cannot read the status with such a title, and fails though MPD obeys
        for words in (["update", "--wait"], ["add", "titled.ogg"], ["play"]):
            self.mpd.mpc(*words, check=False)
        yield
        self.mpd.mpc("clear", check=False)

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

    def forget_peak(self) -> None:
        """Begin a new peak."""
        self.peak_kb = 0
        with suppress(OSError):
            Path(f"/proc/{self.pid}/clear_refs").write_text("5", encoding="ascii")

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
    camera, player = (field_of(retained, topic, "state") for topic in ("camera", "player"))
    online = retained.get(f"{ROOT}/status") == b"online"
    return online and camera == "watching" and player not in ("", "unreachable", "disabled")


def field_of(retained: dict[str, bytes], topic: str, name: str) -> str:
    """Return a text in the payload of a topic, empty where there is none."""
    try:
        return str(json.loads(retained[f"{ROOT}/{topic}"])[name])
    except (KeyError, TypeError, ValueError):
        return ""
