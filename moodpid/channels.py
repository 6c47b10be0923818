"""The two places where threads meet: a mailbox keeps the latest wish, an inbox a few requests."""

import contextlib
import os
import select
from collections import deque
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class _EventFd:
    """An eventfd that is readable while something waits, so that `select` can watch it."""

    def __init__(self) -> None:
        self._fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)

    def fileno(self) -> int:
        return self._fd

    def signal(self) -> None:
        os.eventfd_write(self._fd, 1)

    def clear(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._fd)

    def wait(self, timeout_s: float | None) -> bool:
        return bool(select.select([self._fd], [], [], timeout_s)[0])

    def close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)


class LatestValue(Generic[T]):
    """Holds one wish; a newer one replaces it, so that a late reader gets the present, not the past.

    The mailbox may stand in `select.select` beside a socket: it is readable while a wish waits.
    """

    def __init__(self) -> None:
        self._event = _EventFd()
        self._lock = Lock()
        self._item: T | None = None

    def fileno(self) -> int:
        """The file descriptor that is readable while a wish waits."""
        return self._event.fileno()

    def put(self, item: T) -> None:
        """Leave `item`, in place of what was not yet taken."""
        with self._lock:
            self._item = item
            self._event.signal()

    def take(self, timeout_s: float | None = 0.0) -> T | None:
        """The wish, taken out; None if none came within `timeout_s` seconds (None waits for ever)."""
        if not self._event.wait(timeout_s):
            return None
        with self._lock:
            self._event.clear()
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Give the file descriptor back, once; neither end may use the mailbox afterwards."""
        self._event.close()


class RequestQueue(Generic[T]):
    """Holds requests in the order they came, at most `limit` of them: a flood cannot fill the memory."""

    def __init__(self, limit: int = 32) -> None:
        self._event = _EventFd()
        self._lock = Lock()
        self._items: deque[T] = deque()
        self._limit = limit

    def post(self, item: T) -> bool:
        """Add `item` at the end; False, and nothing added, when the inbox is full."""
        with self._lock:
            if len(self._items) >= self._limit:
                return False
            self._items.append(item)
            self._event.signal()
            return True

    def drain(self, timeout_s: float = 0.0) -> list[T]:
        """All that came, oldest first; waits up to `timeout_s` seconds if nothing is there."""
        if not self._event.wait(timeout_s):
            return []
        with self._lock:
            self._event.clear()
            items = list(self._items)
            self._items.clear()
            return items

    def close(self) -> None:
        """Give the file descriptor back, once; neither end may use the inbox afterwards."""
        self._event.close()
