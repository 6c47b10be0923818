"""Packets from the broker: decoded, limited and handed on whole, however they are cut on their way."""

import contextlib
import itertools
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.mqtt.packet_socket import MAX_PACKET_BYTES, PacketSocket, Received, TimeLimited

CONNACK, PINGRESP = b"\x20\x03\x00\x00\x00", b"\xd0\x00"


class Pieces:
    """A socket from which bytes come in pieces."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def recv(self, _size: int, /) -> bytes:
        if not self.pieces:
            raise BlockingIOError
        return self.pieces.pop(0)

    def send(self, data: bytes, /) -> int:
        return len(data)

    def close(self) -> None:
        """Nothing to close."""

    def fileno(self) -> int:
        return -1

    def setblocking(self, flag: bool, /) -> None:
        """Never blocks."""


def test_a_message_of_many_megabytes_takes_no_memory() -> None:
    piece = bytes(MAX_PACKET_BYTES)
    head = publish("a", b"x" * (300 * MAX_PACKET_BYTES))[:6]

    class Endless(Pieces):
        """The head of the message, and then its content, which nobody holds."""

        left = 300

        def recv(self, _size: int, /) -> bytes:
            self.left -= 1
            return super().recv(0) if self.pieces else piece

    received: list[Received] = []
    packets = PacketSocket(carrier := Endless(head), received.append, v5=True)
    tracemalloc.start()
    while carrier.left:
        with contextlib.suppress(BlockingIOError):
            packets.recv(1)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MAX_PACKET_BYTES


def publish(topic: str, payload: bytes, *, retained: bool = False, v5: bool = True) -> bytes:
    body = len(topic.encode()).to_bytes(2) + topic.encode() + (b"\0" if v5 else b"") + payload
    length, rest = b"", len(body)
    while True:
        rest, low = divmod(rest, 128)
        length += bytes([low | (0x80 if rest else 0)])
        if not rest:
            return bytes([0x30 | retained]) + length + body


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in itertools.pairwise(ends)]


def drain(*pieces: bytes, v5: bool = True) -> tuple[bytes, list[Received]]:
    """What paho gets, and the messages."""
    received: list[Received] = []
    carrier = Pieces(*pieces)
    packets = PacketSocket(carrier, received.append, v5=v5)
    control = b""
    while carrier.pieces:
        try:
            while byte := packets.recv(1):
                control += byte
            break  # the end of the connection
        except BlockingIOError:
            pass
    return control, received


@given(
    messages=st.lists(st.tuples(st.text(max_size=20), st.binary(max_size=300), st.booleans()), max_size=6),
    v5=st.booleans(),
    places=st.lists(st.integers(0, 2000), max_size=12),
)
def test_messages_are_decoded_however_they_are_cut(
    messages: list[tuple[str, bytes, bool]], v5: bool, places: list[int]
) -> None:
    data = CONNACK
    for topic, payload, retained in messages:
        data += publish(topic, payload, retained=retained, v5=v5) + PINGRESP
    control, received = drain(*cut(data, places), v5=v5)
    assert control == CONNACK + PINGRESP * len(messages)
    assert [(one.topic, one.payload, one.retained) for one in received] == messages


@given(
    size=st.integers(MAX_PACKET_BYTES, 3 * MAX_PACKET_BYTES),
    places=st.lists(st.integers(0, 200_000), max_size=9),
)
def test_a_message_too_large_is_reported_and_not_kept(size: int, places: list[int]) -> None:
    data = publish("a/large", b"x" * size) + publish("a/small", b"y")
    control, received = drain(*cut(data, [40, *places]))
    assert control == b""
    assert [(one.topic, one.payload) for one in received] == [("a/large", None), ("a/small", b"y")]


def test_properties_of_a_message_are_skipped() -> None:
    body = b"\x00\x01a" + b"\x05\x01\x01\x03\x00\x00" + b"payload"
    _, received = drain(bytes([0x30, len(body)]) + body)
    assert received[0].payload == b"payload"


def test_a_message_that_wants_an_answer_is_left_to_paho() -> None:
    body = b"\x00\x01a\x00\x07\x00payload"
    packet = bytes([0x32, len(body)]) + body
    assert drain(packet) == (packet, [])


@pytest.mark.parametrize(
    "data",
    [
        b"\x30\xff\xff\xff\xff\x01",
        b"\x30\x02\x00\x09",
        b"\x30\x03\x00\x01a",
        b"\x30\x05\x00\x01a\x7f\x00",
        b"\x20\xff\xff\xff\x7f",
    ],
)
def test_what_is_no_mqtt_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not MQTT"):
        drain(data)


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=6), st.booleans())
def test_no_bytes_do_anything_else_than_that(data: bytes, places: list[int], v5: bool) -> None:
    try:
        drain(*cut(data, places), v5=v5)
    except ValueError as error:
        assert str(error).startswith("not MQTT")  # noqa: PT017 - any other end is a failure


def test_the_end_of_the_connection_is_an_end() -> None:
    packets = PacketSocket(Pieces(CONNACK, b""), lambda _: None, v5=True)
    assert packets.recv(100) == CONNACK
    assert packets.recv(100) == b""
    assert packets.recv(100) == b""


class Dripping(Pieces):
    """A server that answers a byte at a time."""

    def recv(self, _size: int, /) -> bytes:
        return b"a"

    def settimeout(self, value: float | None, /) -> None:
        assert value is not None
        assert value > 0


def test_a_handshake_that_drips_ends_in_its_time() -> None:
    limited = TimeLimited(Dripping(), time.monotonic() + 0.05)
    until_s = time.monotonic() + 60

    def handshake() -> None:
        while time.monotonic() < until_s:
            limited.recv(1)

    with pytest.raises(TimeoutError):
        handshake()
