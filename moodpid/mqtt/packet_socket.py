"""The socket below paho: it hands on whole packets of limited size, and decodes messages itself.

paho reads a packet of any size into memory, with three system calls and a step of its loop for each. Here a
flood is read in large pieces, and a message costs a few microseconds before it is dropped or passed on.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

MAX_PACKET_BYTES = 64 * 1024
"""Bytes; larger messages are dropped unread. MQTT 5 brokers are asked not to send them."""
_READ_BYTES = 64 * 1024
_MAX_LENGTH_BYTES = 4
_PUBLISH, _QOS, _RETAIN = 3, 0b110, 0b1  # type, and bits of the flags (MQTT 5.0, 2.1.2 and 3.3.1)


class Carrier(Protocol):
    """What carries the bytes: a TCP socket, TLS, or a websocket."""

    def recv(self, size: int, /) -> bytes:
        """Return up to `size` bytes; empty at the end."""

    def send(self, data: bytes, /) -> int:
        """Send some of the bytes; return how many."""

    def close(self) -> None:
        """Close it."""

    def fileno(self) -> int:
        """Return the file descriptor."""

    def setblocking(self, flag: bool, /) -> None:
        """Wait for bytes or not."""


@dataclass(frozen=True, slots=True)
class Received:
    """A message from the broker.

    Attributes:
        topic: Its topic.
        payload: Its bytes; None if the message was too large to be read.
        retained: Its retain flag.
        size: Bytes of the packet.
    """

    topic: str
    payload: bytes | None
    retained: bool
    size: int


class PacketSocket:
    """A socket for paho.

    Args:
        carrier: Where the bytes come from.
        on_message: Receives each message of QoS 0, on the thread that reads.
        v5: MQTT 5 is spoken, in which messages have properties.
    """

    def __init__(self, carrier: Carrier, on_message: Callable[[Received], None], *, v5: bool) -> None:
        self._carrier, self._on_message, self._v5 = carrier, on_message, v5
        self._partial = bytearray()
        self._ready = bytearray()
        self._to_skip = 0
        self._ended = False

    def recv(self, size: int) -> bytes:
        """Return bytes of whole packets for paho; raise BlockingIOError if none has come."""
        if not self._ready and not self._ended:
            self._read()
        if not self._ready:
            if self._ended:
                return b""
            raise BlockingIOError
        data = bytes(self._ready[:size])
        del self._ready[:size]
        return data

    def pending(self) -> int:
        """Return how many bytes can be read though `select` does not report them."""
        inner = getattr(self._carrier, "pending", None)
        return len(self._ready) + (inner() if inner else 0)

    def send(self, data: bytes) -> int:
        """Send some of the bytes; return how many."""
        return self._carrier.send(data)

    def close(self) -> None:
        """Close the connection."""
        self._carrier.close()

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._carrier.fileno()

    def setblocking(self, flag: bool) -> None:
        """Wait for bytes or not."""
        self._carrier.setblocking(flag)

    def _read(self) -> None:
        data = self._carrier.recv(_READ_BYTES)
        if not data:
            self._ended = True
            return
        if self._to_skip:
            skipped = min(self._to_skip, len(data))
            self._to_skip -= skipped
            data = data[skipped:]
        self._partial += data
        used = self._take_packets()
        del self._partial[:used]

    def _take_packets(self) -> int:
        """Take the whole packets of what was read; return how many bytes they were."""
        data, at = self._partial, 0
        while (extent := _extent(data, at)) is not None:
            start, end = extent
            if end - at > MAX_PACKET_BYTES:
                if data[at] >> 4 == _PUBLISH and not _has_topic(data, start):
                    break  # the log names it
                self._drop(data[at], bytes(data[start:end]), end - at)
                self._to_skip = max(0, end - len(data))
            elif end > len(data):
                break
            elif data[at] >> 4 == _PUBLISH and not data[at] & _QOS:
                self._on_message(_decode(data[at], bytes(data[start:end]), end - at, v5=self._v5))
            else:
                self._ready += data[at:end]
            at = min(end, len(data))
        return at

    def _drop(self, flags: int, head: bytes, size: int) -> None:
        """Report a message that is too large; of no other packet can one tell what is lost with it."""
        if flags >> 4 != _PUBLISH:
            raise ValueError(f"not MQTT: a control packet of {size} bytes")
        self._on_message(Received(_topic(head), None, bool(flags & _RETAIN), size))


def _extent(data: bytearray, at: int) -> tuple[int, int] | None:
    """Return where the content of the packet at `at` starts and ends; None if its length is not there yet."""
    length = _varint(data, at + 1)
    return None if length is None else (length[1], length[1] + length[0])


def _varint(data: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Return a variable byte integer and where it ends (MQTT 5.0, 1.5.5); None if it is not whole yet.

    Raises:
        ValueError: It has more than four bytes.
    """
    value = 0
    for number, byte in enumerate(data[at : at + _MAX_LENGTH_BYTES]):
        value |= (byte & 0x7F) << 7 * number
        if not byte & 0x80:
            return value, at + number + 1
    if len(data) >= at + _MAX_LENGTH_BYTES:
        raise ValueError("not MQTT: a length of more than four bytes")
    return None


def _decode(flags: int, content: bytes, size: int, *, v5: bool) -> Received:
    """Return the message of a PUBLISH packet of QoS 0 (MQTT 5.0, 3.3; MQTT 3.1.1, 3.3).

    Raises:
        ValueError: It is malformed.
    """
    start = 2 + int.from_bytes(content[:2])
    if v5:
        properties = _varint(content, start)
        if properties is None:
            raise ValueError("not MQTT: a message without properties")
        start = properties[0] + properties[1]
    if len(content) < start:
        raise ValueError("not MQTT: a message shorter than its topic and properties")
    return Received(_topic(content), content[start:], bool(flags & _RETAIN), size)


def _has_topic(data: bytearray, start: int) -> bool:
    """Return whether the topic of the message whose content starts at `start` is there."""
    return len(data) >= start + 2 + int.from_bytes(data[start : start + 2])


def _topic(content: bytes) -> str:
    """Return the topic, as much of it as has been read."""
    return content[2 : 2 + int.from_bytes(content[:2])].decode("utf-8", "replace")


class TimeLimited:
    """A socket whose reads all end before one moment, for a handshake that may come byte by byte.

    Args:
        carrier: A socket that can wait.
        until_s: The moment, in monotonic seconds.
    """

    def __init__(self, carrier: "TimeoutCarrier", until_s: float) -> None:
        self._carrier, self._until_s = carrier, until_s

    def recv(self, size: int) -> bytes:
        """Return up to `size` bytes; raise TimeoutError when the time is over."""
        left_s = self._until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the handshake took too long")
        self._carrier.settimeout(left_s)
        return self._carrier.recv(size)

    def send(self, data: bytes) -> int:
        """Send some of the bytes; return how many."""
        return self._carrier.send(data)


class TimeoutCarrier(Carrier, Protocol):
    """A carrier that waits no longer than it is set to."""

    def settimeout(self, value: float | None, /) -> None:
        """Set the limit of one read, in seconds."""
