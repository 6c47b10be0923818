"""Bounds on connections: how many there are, how long they may wait, and one request at a time."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress

from moodpid.web.framing import FramingError, RequestFraming

MAX_CONNECTIONS = 64
IDLE_S = 20.0
"""The most seconds that a connection may be open without a whole request."""
SEND_S = 300.0
"""The most seconds that an answer may take to be sent, if it goes on."""
USER_TIMEOUT_MS = 30_000
"""The most milliseconds that a client may acknowledge nothing of what was sent; the feed sends every 15 s."""
SWEEP_S = 1.0


class Connections:
    """Makes the protocol of each connection, drops those beyond a limit, and closes those that stall.

    aiohttp has no limit of its own on either: a client that sends half a request would stay for ever. It gets
    one request at a time, whatever comes.

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

    def begin_request(
        self, transport: asyncio.BaseTransport | None, body_bytes: int | None, *, last: bool = False
    ) -> None:
        """Take note of a whole request head: from here on the handler has limits of its own.

        Args:
            transport: Of the connection.
            body_bytes: The body that is let through; None if only its content tells its end.
            last: The answer closes the connection.
        """
        if transport is not None and transport in self._open:
            self._open[transport].begin_request(body_bytes, last=last)

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
    """Passes one request at a time on to aiohttp's protocol, and knows for how long it waits."""

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
        self._framing = RequestFraming()

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

    def begin_request(self, body_bytes: int | None, *, last: bool) -> None:
        self._task = asyncio.current_task()
        self._pass_on(lambda: self._framing.begin(body_bytes, last=last))

    def end_request(self) -> None:
        self._task = None
        self._idle_since_s = asyncio.get_running_loop().time()
        self._pass_on(self._framing.end)

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
        self._pass_on(lambda: self._framing.receive(data))

    def _pass_on(self, frame: Callable[[], bytes]) -> None:
        try:
            data = frame()
        except FramingError:
            if self._transport is not None:
                _abort(self._transport)
            return
        if data:
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
