"""A private Mosquitto: open, with a password, or behind TLS."""

import os
import socket
import ssl
import subprocess
from pathlib import Path

from tests.support.servers.server import READY_S, Server, ServerError

# An MQTT 3.1.1 CONNECT: clean session, keep-alive of 60 s, no name (section 3.1 of the standard)
_MQTT_CONNECT = bytes.fromhex("100c 0004 4d515454 04 02 003c 0000")
_MQTT_CONNACK = b"\x20"


class PrivateMosquitto(Server):
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
