"""Brokers that do what no real one can be made to do."""

import contextlib
import select
import socket
import socketserver
import threading
from collections.abc import Callable
from typing import Self

from tests.support.mqtt import WAIT_S


class StubBroker:
    """A server that treats each visitor in a thread of its own, and hangs up on all at the end."""

    def __init__(self) -> None:
        self.visits = 0
        self._visitors: list[socket.socket] = []
        owner = self

        class Visitor(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                owner.visits += 1
                owner._visitors.append(self.request)
                with contextlib.suppress(OSError):
                    owner._treat(self.request)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Visitor)
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def _treat(self, visitor: socket.socket) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(WAIT_S)
        for visitor in self._visitors:
            with contextlib.suppress(OSError):
                visitor.shutdown(socket.SHUT_RDWR)
        self._server.server_close()


class Answering(StubBroker):
    """Answers whatever bytes come at once; hangs up where the answer is empty."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        super().__init__()
        self._answer = answer

    def _treat(self, visitor: socket.socket) -> None:
        while (said := visitor.recv(65536)) and (answer := self._answer(said)):
            visitor.sendall(answer)


class OldBroker(StubBroker):
    """Knows only MQTT 3.1.1, and leaves the rest to a real broker.

    Args:
        port: Of the real broker.
        refusal: What it says to MQTT 5 before it hangs up.
    """

    def __init__(self, port: int, refusal: bytes = b"\x20\x02\x00\x01") -> None:
        super().__init__()
        self._behind, self._refusal = port, refusal

    def _treat(self, visitor: socket.socket) -> None:
        connect = visitor.recv(65536)
        if connect[connect.index(b"MQTT") + 4] != 4:
            visitor.sendall(self._refusal)
            return
        with socket.create_connection(("127.0.0.1", self._behind)) as broker:
            broker.sendall(connect)
            other = {visitor: broker, broker: visitor}
            while True:
                for speaker in select.select(list(other), [], [])[0]:
                    if not (said := speaker.recv(65536)):
                        return
                    other[speaker].sendall(said)


class ProxyBroker(StubBroker):
    """Stands before a real broker, and passes on what `_passed` makes of each packet of a client.

    Args:
        port: Of the real broker.
    """

    def __init__(self, port: int) -> None:
        super().__init__()
        self._behind = port

    def _passed(self, packet: bytes, visitor: socket.socket) -> bytes:
        """Return what the real broker gets instead of a packet; nothing ends the session."""
        raise NotImplementedError

    def _treat(self, visitor: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", self._behind)) as broker:
            threading.Thread(target=self._pass_back, args=(broker, visitor), daemon=True).start()
            rest = b""
            while received := visitor.recv(65536):
                rest += received
                while (packet := whole_packet(rest)) is not None:
                    rest = rest[len(packet) :]
                    if not (passed := self._passed(packet, visitor)):
                        return
                    broker.sendall(passed)

    @staticmethod
    def _pass_back(broker: socket.socket, visitor: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while received := broker.recv(65536):
                visitor.sendall(received)


def whole_packet(data: bytes) -> bytes | None:
    """The first packet of MQTT in `data`, None if it is not whole yet."""
    length, at = 0, 1
    while at < len(data):
        length |= (data[at] & 0x7F) << 7 * (at - 1)
        at += 1
        if not data[at - 1] & 0x80:
            return data[: at + length] if len(data) >= at + length else None
    return None


def content(packet: bytes) -> bytes:
    """What follows a packet's type and length."""
    at = 1
    while packet[at] & 0x80:
        at += 1
    return packet[at + 1 :]
