"""Speak MPD's line protocol: one command out, the lines of its answer in, each with limits.

Not with python-mpd2, which ends the connection at bytes that are no UTF-8 and at error codes that it does not
know, and whose lines and waits have no limit. The protocol is MPD's manual, "Protocol".
"""

import re
import select
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Protocol

from moodpid.mpd.protocol import AckCode, CommandRefusedError
from moodpid.text import clean

GREETING = "OK MPD "
MAX_KEPT_BYTES = 16_384
"""Bytes of one line that are kept; the rest of a longer one, such as a huge tag, is read and dropped."""
MAX_LINE_BYTES = 32 * 2**20
"""Bytes of a line after which the server is given up."""
MAX_LINES = 100_000
"""Lines of an answer that is kept as a whole."""
MAX_COMMAND_BYTES = 8000
"""MPD hangs up at a line that its buffer of 8192 bytes cannot hold."""
_CHUNK_BYTES = 65_536
# A peer whose power was cut is noticed in a minute: after 30 s of silence, three probes 10 s apart
_KEEPALIVE = ((socket.TCP_KEEPIDLE, 30), (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 3))
_USER_TIMEOUT_MS = 60_000
_ACK = re.compile(r"ACK \[(\d{1,9})@\d+\] \{(.*?)\} ?(.*)", re.DOTALL)


class HasFileno(Protocol):
    """What `select` can wait for."""

    def fileno(self) -> int:
        """Return the file descriptor."""


class ProtocolError(Exception):
    """The server does not speak MPD's protocol."""


class ClosedError(Exception):
    """The server closed the connection."""


class MpdWire:
    """One connection; after any exception but `CommandRefusedError` it is of no more use.

    All methods raise OSError (TimeoutError among them), `ClosedError` and `ProtocolError`.

    Attributes:
        version: Of the protocol, from the greeting.
    """

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        self._buffer = bytearray()
        self._socket = _connect(host, port, timeout_s)
        try:
            self._deadline_s = time.monotonic() + timeout_s
            self.version = _version(self._read_line())
        except BaseException:
            self._socket.close()
            raise

    def fileno(self) -> int:
        """Return the file descriptor, readable when an answer waits."""
        return self._socket.fileno()

    def request(self, command: str, arguments: Sequence[object], timeout_s: float) -> list[str]:
        """Send one command and return the lines of its answer.

        Args:
            command: Its name.
            arguments: Each becomes a quoted string.
            timeout_s: For the whole answer.

        Raises:
            CommandRefusedError: MPD refused it, or no MPD could read it.
        """
        lines: list[str] = []
        for line in self.stream(command, arguments, timeout_s):
            if len(lines) >= MAX_LINES:
                raise ProtocolError(f"an answer to {command} without an end")
            lines.append(line)
        return lines

    def stream(self, command: str, arguments: Sequence[object], timeout_s: float) -> Iterator[str]:
        """Do the same, a line at a time, so that long answers need no memory."""
        self.send(command, arguments, timeout_s)
        return self.receive()

    def send(self, command: str, arguments: Sequence[object] = (), timeout_s: float = 5.0) -> None:
        """Send one command; the time limit of its answer begins.

        Raises:
            CommandRefusedError: No MPD could read it.
        """
        line = _encode(command, arguments)
        self._deadline_s = time.monotonic() + timeout_s
        self._socket.settimeout(timeout_s)
        self._socket.sendall(line)

    def receive(self, timeout_s: float | None = None) -> Iterator[str]:
        """Yield the lines of the answer to what was sent, within its time limit or a new one."""
        if timeout_s is not None:
            self._deadline_s = time.monotonic() + timeout_s
        while (line := self._read_line()) != "OK":
            if line.startswith("ACK "):
                raise _refusal(line)
            yield line

    def close(self) -> None:
        """Hang up; more than once does no harm."""
        self._socket.close()

    def _read_line(self) -> str:
        """Return a line without its end; bytes that are no UTF-8 are escaped."""
        kept, dropped = bytearray(), 0
        while (end := self._buffer.find(b"\n")) < 0:
            room = MAX_KEPT_BYTES - len(kept)
            kept += self._buffer[:room]
            dropped += max(0, len(self._buffer) - room)
            self._buffer.clear()
            if dropped > MAX_LINE_BYTES:
                raise ProtocolError("a line without an end")
            self._buffer += self._receive_some()
        kept += self._buffer[: min(end, MAX_KEPT_BYTES - len(kept))]
        del self._buffer[: end + 1]
        return kept.decode("utf-8", "surrogateescape")

    def _receive_some(self) -> bytes:
        left_s = self._deadline_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        self._socket.settimeout(left_s)
        data = self._socket.recv(_CHUNK_BYTES)
        if not data:
            raise ClosedError
        return data

    def wait_readable(self, other: HasFileno, timeout_s: float) -> bool:
        """Sleep until an answer waits, `other` is readable or the time is over; return whether one waits."""
        readable, _, _ = select.select([self, other], [], [], max(0.0, timeout_s))
        return self in readable


def _connect(host: str, port: int, timeout_s: float) -> socket.socket:
    if host[0] in "/@":
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        try:
            connection.connect("\0" + host[1:] if host[0] == "@" else host)
        except BaseException:
            connection.close()
            raise
        return connection
    connection = socket.create_connection((host, port), timeout_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in _KEEPALIVE:
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT_MS)
    return connection


def _version(greeting: str) -> str:
    if not greeting.startswith(GREETING):
        raise ProtocolError(f"its first line is {clean(greeting, 60)!r}")
    return clean(greeting.removeprefix(GREETING), 20)


def _encode(command: str, arguments: Sequence[object]) -> bytes:
    quoted = (str(one).replace("\\", "\\\\").replace('"', '\\"') for one in arguments)
    text = " ".join([command, *(f'"{one}"' for one in quoted)])
    if "\n" in text or "\0" in text:
        raise CommandRefusedError(AckCode.ARG, command, "a line end or NUL in an argument")
    try:
        line = f"{text}\n".encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise CommandRefusedError(AckCode.ARG, command, "an argument is no Unicode text") from None
    if len(line) > MAX_COMMAND_BYTES:
        raise CommandRefusedError(AckCode.ARG, command, f"longer than MPD reads ({MAX_COMMAND_BYTES} bytes)")
    return line


def _refusal(line: str) -> CommandRefusedError:
    match = _ACK.fullmatch(line)
    if match is None:
        return CommandRefusedError(AckCode.UNKNOWN, "", line.removeprefix("ACK "))
    code, command, text = match.groups()
    return CommandRefusedError(int(code), command, text)


def is_readable(what: HasFileno) -> bool:
    """Return whether something waits to be read there."""
    return bool(select.select([what], [], [], 0.0)[0])
