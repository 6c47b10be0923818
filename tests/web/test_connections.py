"""Connections are dropped when nothing moves, and not while a slow link takes an answer."""

import asyncio
import socket
from collections.abc import Iterable
from itertools import chain, repeat
from pathlib import Path

import pytest

from moodpid.web.connections import IDLE_S, SEND_S, USER_TIMEOUT_MS, Connections


class SlowTransport(asyncio.Transport):
    """Has as much left to send as a test says."""

    unsent_bytes = 0
    aborted = False

    def get_write_buffer_size(self) -> int:
        return self.unsent_bytes

    def abort(self) -> None:
        self.aborted = True


def lasts_s(unsent_bytes: Iterable[int], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return after how many seconds a connection is dropped; `unsent_bytes` has what is left in each."""

    async def watch() -> int:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        monkeypatch.setattr(loop, "time", lambda: now_s)
        connections = Connections(asyncio.Protocol)
        transport = SlowTransport()
        connections().connection_made(transport)
        connections.begin_request(transport, 0)
        connections.end_request(transport)
        for second, transport.unsent_bytes in enumerate(unsent_bytes):
            if transport.aborted:
                connections.stop()
                return second
            now_s += 1.0
            for _ in range(2):  # lets the sweeper run
                await asyncio.sleep(0)
        raise AssertionError("the connection was never dropped")

    return asyncio.run(watch())


def test_an_answer_that_nobody_reads_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lasts_s(repeat(9000, 1000), monkeypatch) == pytest.approx(IDLE_S, abs=2)


def test_an_answer_that_is_read_slowly_is_sent_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 100
    slow = chain(range(9000 + seconds, 9000, -1), repeat(0, 1000))
    assert lasts_s(slow, monkeypatch) == pytest.approx(seconds + IDLE_S, abs=2)


def test_an_answer_that_never_ends_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lasts_s(range(9000, 0, -1), monkeypatch) == pytest.approx(SEND_S, abs=2)


async def accepted_by(listening: socket.socket) -> socket.socket:
    """Return a copy of the socket of a connection that was accepted."""
    accepted: asyncio.Future[socket.socket] = asyncio.get_running_loop().create_future()

    class Accepted(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            accepted.set_result(transport.get_extra_info("socket").dup())

    connections = Connections(Accepted)
    loop = asyncio.get_running_loop()
    with socket.socket(listening.family) as client, listening:
        client.setblocking(False)
        listening.listen()
        server = await loop.create_server(connections, sock=listening)
        await loop.sock_connect(client, listening.getsockname())
        try:
            return await accepted
        finally:
            server.close()
            connections.stop()


def test_the_kernel_drops_clients_that_acknowledge_nothing() -> None:
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    with asyncio.run(accepted_by(listening)) as accepted:
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == USER_TIMEOUT_MS


def test_sockets_without_such_a_limit_are_accepted_too(tmp_path: Path) -> None:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "page"))
    with asyncio.run(accepted_by(listening)) as accepted:
        assert accepted.family is socket.AF_UNIX
