"""Message framing (RFC 9112, 6): where a request's head and body end, so that one goes through at a time.

aiohttp before 3.14 parses whatever comes, as it comes: heads of many lines, trailers, and requests behind the
present one, each of which takes a hundred times the memory of its bytes.
"""

import math
import re

MAX_HEAD_BYTES = 64 * 1024
"""Of a head, which aiohttp limits line by line only."""
MAX_HEAD_LINES = 128
"""As aiohttp 3.14 has it."""
MAX_HELD_BYTES = 512 * 1024
"""Of what came too early; the first bytes of a picture may come with its head, 256 KiB at a time."""

_HEAD_END = re.compile(rb"\n\r?\n")


class FramingError(Exception):
    """More came than a client may send before it gets an answer."""


class RequestFraming:
    """Holds back what a client sends until it is its turn.

    What each method returns is to be passed on, and `begin` to be called for each head that was.
    """

    def __init__(self) -> None:
        self._held = bytearray()
        self._searched_bytes = 0  # in which no head ends
        self._body_bytes = 0.0  # of the present request, that are still to come
        self._answering = False
        self._last = False

    def receive(self, data: bytes) -> bytes:
        """Return what may go through of this and of all that came before.

        Raises:
            FramingError: The head is too large, or too much waits behind it.
        """
        self._held += data
        passed = self._next()
        if len(self._held) > (MAX_HELD_BYTES if self._answering else MAX_HEAD_BYTES):
            raise FramingError
        return passed

    def begin(self, body_bytes: int | None, *, last: bool = False) -> bytes:
        """Return what has come of the body.

        Args:
            body_bytes: Of the body of the request that begins; None if its end is known by its content alone.
            last: The answer closes the connection, so nothing behind the body goes through.
        """
        self._answering, self._last = True, last
        self._body_bytes = math.inf if body_bytes is None else body_bytes
        return self._next()

    def end(self) -> bytes:
        """Return what has come of the next request, now that the present one has its answer.

        Raises:
            FramingError: Its head is too large.
        """
        self._answering = self._last
        if self._body_bytes == math.inf:
            self._body_bytes = 0
        return self.receive(b"")

    def _next(self) -> bytes:
        body = self._take(int(min(self._body_bytes, len(self._held))))
        self._body_bytes -= len(body)
        return body if self._body_bytes or self._answering else body + self._take(self._head_bytes())

    def _head_bytes(self) -> int:
        """Return the length of the first whole head; 0 as long as there is none."""
        if self._held.startswith((b"\r", b"\n")):  # some clients send line ends between two requests
            self._take(len(self._held) - len(self._held.lstrip(b"\r\n")))
        if self._held and not self._held[:1].isalpha():  # TLS, such as: aiohttp refuses it
            self._answering = True
            return len(self._held)
        end = _HEAD_END.search(self._held, max(0, self._searched_bytes - 2))
        self._searched_bytes = 0 if end else len(self._held)
        if end is None:
            return 0
        if end.end() > MAX_HEAD_BYTES or self._held.count(b"\n", 0, end.end()) > MAX_HEAD_LINES:
            raise FramingError
        self._answering = True
        return end.end()

    def _take(self, size: int) -> bytes:
        taken = bytes(self._held[:size])
        del self._held[:size]
        return taken
