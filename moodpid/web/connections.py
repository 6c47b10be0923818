"""Bounds on connections: how many there are, and how long and how large a head may be."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

MAX_CONNECTIONS = 64
IDLE_S = 20.0
"""The most seconds that a connection may be open without a whole request."""
SEND_S = 300.0
"""The most seconds that an answer may take to be sent, if it goes on."""
USER_TIMEOUT_MS = 30_000
"""The most milliseconds that a client may acknowledge nothing of what was sent; the feed sends every 15 s."""
SWEEP_S = 1.0
MAX_HEAD_BYTES = 512 * 1024
"""Of a head that does not end: aiohttp 3.8 counts no lines. The first bytes of a body may come along."""


class Connections:
    """Makes the protocol of each connection, drops those beyond a limit, and closes those that stall.

    aiohttp has no limit of its own on either: a client that sends half a request would stay for ever.

    Args:
        make_protocol: Makes aiohttp's protocol of one connection.
    """

    def __init__(self, make_protocol: Callable[[], asyncio.Protocol]) -> None:
        self._make_protocol = make_protocol
        self._open: dict[asyncio.BaseTransport, _Connection] = {}
        self._sweeper: asyncio.TimerHandle | None = None

    def __call__(self) -> asyncio.Protocol:
        """Return the protocol of a new connection."""
        if len(self._open) >= MAX_CONNECTIONS:
            return _Refusal()
        return _Connection(self._make_protocol(), self._opened, self._closed)

    def begin_request(self, transport: asyncio.BaseTransport | None) -> None:
        """Take note of a whole request head: from here on the handler has limits of its own."""
        if transport is not None and transport in self._open:
            self._open[transport].begin_request()

    def end_request(self, transport: asyncio.BaseTransport | None) -> None:
        """Take note of the end of an answer."""
        if transport is not None and transport in self._open:
            self._open[transport].end_request()

    def stop(self) -> None:
        """Stop watching and drop all connections."""
        if self._sweeper:
            self._sweeper.cancel()
            self._sweeper = None
        for transport in list(self._open):
            _abort(transport)

    def _opened(self, transport: asyncio.BaseTransport, connection: "_Connection") -> None:
        self._open[transport] = connection
        if self._sweeper is None:
            self._schedule()

    def _closed(self, transport: asyncio.BaseTransport) -> None:
        self._open.pop(transport, None)

    def _schedule(self) -> None:
        self._sweeper = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)

    def _sweep(self) -> None:
        """Drop what waits for too long; without connections nothing runs."""
        now_s = asyncio.get_running_loop().time()
        for transport, connection in list(self._open.items()):
            if connection.stalls(now_s):
                _abort(transport)
        if self._open:
            self._schedule()
        else:
            self._sweeper = None


class _Connection(asyncio.Protocol):
    """Passes all on to aiohttp's protocol, and knows for how long and how much of a head it waits."""

    def __init__(
        self,
        protocol: asyncio.Protocol,
        opened: Callable[[asyncio.BaseTransport, "_Connection"], None],
        closed: Callable[[asyncio.BaseTransport], None],
    ) -> None:
        self._protocol = protocol
        self._opened, self._closed = opened, closed
        self._transport: asyncio.BaseTransport | None = None
        self._task: asyncio.Task[object] | None = None
        self._idle_since_s = self._sent_s = asyncio.get_running_loop().time()
        self._unsent_bytes = 0
        self._head_bytes = 0

    def stalls(self, now_s: float) -> bool:
        """Return whether to drop it; an answer on a slow link goes on for as long as some of it is sent."""
        unsent_bytes = _unsent_bytes(self._transport)
        if unsent_bytes < self._unsent_bytes:
            self._sent_s = now_s
        self._unsent_bytes = unsent_bytes
        if self._task:
            return False
        too_long = bool(unsent_bytes) and now_s - self._idle_since_s > SEND_S
        return too_long or now_s - max(self._idle_since_s, self._sent_s) > IDLE_S

    def begin_request(self) -> None:
        self._task = asyncio.current_task()
        self._head_bytes = 0

    def end_request(self) -> None:
        self._task = None
        self._idle_since_s = asyncio.get_running_loop().time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        _set_user_timeout(transport)
        self._opened(transport, self)
        self._protocol.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._closed(self._transport)
        self._protocol.connection_lost(exc)
        if self._task:  # no client will read this answer
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        if self._task is None:
            self._head_bytes += len(data)
        if self._head_bytes > MAX_HEAD_BYTES and self._transport is not None:
            _abort(self._transport)
        else:
            self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return self._protocol.eof_received()

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()


class _Refusal(asyncio.Protocol):
    """Closes a connection that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        _abort(transport)


def _set_user_timeout(transport: asyncio.BaseTransport) -> None:
    """Let the kernel drop a client that vanished; by default it resends for some 15 minutes (RFC 5482)."""
    accepted = transport.get_extra_info("socket")
    with suppress(AttributeError, OSError):  # other systems and other kinds of sockets lack it
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)


def _unsent_bytes(transport: asyncio.BaseTransport | None) -> int:
    return transport.get_write_buffer_size() if isinstance(transport, asyncio.Transport) else 0


def _abort(transport: asyncio.BaseTransport) -> None:
    if isinstance(transport, asyncio.Transport):
        transport.abort()
    else:
        transport.close()
