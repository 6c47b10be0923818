"""A private MPD and a private Mosquitto on free loopback ports, for tests, demo and benchmarks."""

import os
import random
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

READY_S = 10.0
STOP_S = 5.0
# mosquitto lives in /usr/sbin, which is not on the path of everybody on Debian
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"])
# An MQTT 3.1.1 CONNECT: clean session, keep-alive of 60 s, no name (section 3.1 of the standard)
_MQTT_CONNECT = bytes.fromhex("100c 0004 4d515454 04 02 003c 0000")
_MQTT_CONNACK = b"\x20"


class ServerError(Exception):
    """A server is not installed, did not start or did not answer; the text ends with its log."""


def find(program: str) -> str | None:
    """The path of `program`, looked for in the folders of administrators too; None if it is not installed."""
    return shutil.which(program, path=_PATH)


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


def sound_card() -> bool:
    """Whether ALSA knows a sound card."""
    try:
        return "]:" in Path("/proc/asound/cards").read_text(encoding="utf-8")
    except OSError:
        return False


class _Server(ABC):
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
        # setpriv's parent-death signal holds for the process that it becomes
        command = ["setpriv", "--pdeathsig", "KILL", self._path, *self._arguments()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
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
        self._process.send_signal(how)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_S)
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


class PrivateMpd(_Server):
    """An MPD with a null output, stored playlists, stickers and a state file.

    Args:
        library: A folder with `music` and `playlists` (see `demo.library`); the playlists are copied, so that
            clients may change them. Without it there are no songs.
        password: What clients must give for everything; nothing without it.
        audible: Play through the sound card as well, if there is one.
        within: The folder to make its own folder in; that for temporary files without it.
    """

    program = "mpd"

    def __init__(
        self,
        library: Path | None = None,
        *,
        password: str = "",
        audible: bool = False,
        within: Path | None = None,
    ) -> None:
        super().__init__(password, within)
        self.host = "127.0.0.1"
        self.socket = self.folder / "socket"
        self.music = library / "music" if library else self.folder / "music"
        self.playlists = self.folder / "playlists"
        if library:
            shutil.copytree(library / "playlists", self.playlists)
        for folder in (self.music, self.playlists):
            folder.mkdir(exist_ok=True)
        (self.folder / "mpd.conf").write_text(self._config(audible=audible), encoding="utf-8")

    def _config(self, *, audible: bool) -> str:
        settings = {
            "music_directory": self.music,
            "playlist_directory": self.playlists,
            "db_file": self.folder / "database",
            "sticker_file": self.folder / "stickers.sql",
            "state_file": self.folder / "state",
            "port": self.port,
            "zeroconf_enabled": "no",
            "auto_update": "no",
            # MPD answers nobody while what it decoded last plays out at the end of the queue: 64 chunks are a
            # second and a half of a CD, and as long in this many bytes of our songs (22,050 Hz, mono)
            "audio_buffer_size": "64 kB",
        }
        lines = [f'{key} "{value}"' for key, value in settings.items()]
        lines += [f'bind_to_address "{address}"' for address in (self.host, self.socket)]
        if self.password:
            lines.append(f'password "{self.password}@read,add,control,admin"')
        # MPD plays on as long as one of its outputs works: a card that is busy stops nothing
        kinds = ["null", "alsa"] if audible and sound_card() else ["null"]
        lines += [f'audio_output {{\ntype "{k}"\nname "{k}"\nmixer_type "software"\n}}' for k in kinds]
        return "\n".join(lines) + "\n"

    def _arguments(self) -> list[str]:
        return ["--no-daemon", "--stderr", str(self.folder / "mpd.conf")]

    def _answers(self) -> bool:
        with socket.create_connection((self.host, self.port), timeout=1) as connection:
            return connection.recv(6) == b"OK MPD"

    def start(self) -> None:
        """As for every server; the first start reads the library too."""
        fresh = not (self.folder / "database").exists()
        super().start()
        if fresh:
            self.mpc("update", "--wait")

    def mpc(self, *arguments: str, check: bool = True) -> str:
        """Run `mpc` against this server, as the other person in the house; what it prints.

        Raises:
            subprocess.CalledProcessError: mpc failed, and `check` is set.
        """
        host = f"{self.password}@{self.host}" if self.password else self.host
        command = ["mpc", f"--host={host}", f"--port={self.port}", *arguments]
        return subprocess.run(command, check=check, capture_output=True, text=True, timeout=READY_S).stdout


class PrivateMosquitto(_Server):
    """A broker that keeps nothing over a restart.

    Args:
        username: With a password, the only one let in; without, everybody is.
        password: Its password.
        tls: Speak TLS only, with a certificate for localhost and 127.0.0.1 signed by `ca`.
        within: The folder to make its own folder in; that for temporary files without it.
    """

    program = "mosquitto"

    def __init__(
        self, *, username: str = "", password: str = "", tls: bool = False, within: Path | None = None
    ) -> None:
        super().__init__(password, within)
        self.host = "127.0.0.1"
        self.username = username
        self.tls = tls
        self.ca = self.folder / "ca.crt"
        if tls:
            _make_certificates(self.folder)
        (self.folder / "mosquitto.conf").write_text(self._config(), encoding="utf-8")

    def _config(self) -> str:
        # As root it would become another user, who may not read the folder and would lose the death signal
        lines = ["user root"] if os.geteuid() == 0 else []
        lines += [f"listener {self.port} {self.host}", "persistence false", "log_dest stderr"]
        if self.username:
            passwords = self.folder / "passwords"
            _run("mosquitto_passwd", "-c", "-b", str(passwords), self.username, self.password)
            lines += ["allow_anonymous false", f"password_file {passwords}"]
        else:
            lines += ["allow_anonymous true"]
        if self.tls:
            lines += [f"certfile {self.folder / 'server.crt'}", f"keyfile {self.folder / 'server.key'}"]
        return "\n".join(lines) + "\n"

    def _arguments(self) -> list[str]:
        return ["-c", str(self.folder / "mosquitto.conf")]

    def _answers(self) -> bool:
        with (
            socket.create_connection((self.host, self.port), timeout=1) as plain,
            self._secured(plain) as secured,
        ):
            secured.sendall(_MQTT_CONNECT)
            return secured.recv(1) == _MQTT_CONNACK

    def _secured(self, plain: socket.socket) -> socket.socket:
        if not self.tls:
            return plain
        return ssl.create_default_context(cafile=str(self.ca)).wrap_socket(plain, server_hostname="localhost")


_OPENSSL_CONFIG = """\
[req]
distinguished_name = name
prompt = no
[name]
CN = moodpid test
[ca]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


def _make_certificates(folder: Path) -> None:
    """Write `ca.crt` and, signed by it, `server.crt` with `server.key`, good for two days."""
    config = folder / "openssl.conf"
    config.write_text(_OPENSSL_CONFIG, encoding="utf-8")
    for name in ("ca", "server"):
        key, certificate = str(folder / f"{name}.key"), str(folder / f"{name}.crt")
        signed_by = [] if name == "ca" else ["-CA", str(folder / "ca.crt"), "-CAkey", str(folder / "ca.key")]
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc", "-days", "2"]
        files = ["-config", str(config), "-extensions", name, "-keyout", key, "-out", certificate]
        _run("openssl", "req", "-x509", *kind, *files, *signed_by, "-subj", f"/CN=moodpid test {name}")


def _run(*command: str) -> None:
    """Run a helper program to its end; its own words when it fails."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=READY_S)
    if done.returncode:
        raise ServerError(f"{command[0]} failed: {done.stderr.strip()}")
