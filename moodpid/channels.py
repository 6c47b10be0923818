"""Where threads meet: the latest value, a shared value, the latest value by key, a bounded queue."""

import contextlib
import os
import select
from collections import deque
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
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
    """Holds one value; a newer one replaces it, so that a late reader gets the newest.

    It may stand in `select.select` beside a socket: it is readable while a value waits.
    """

    def __init__(self) -> None:
        self._event = _EventFd()
        self._lock = Lock()
        self._item: T | None = None

    def fileno(self) -> int:
        """Return the file descriptor that is readable while a value waits."""
        return self._event.fileno()

    def put(self, item: T) -> None:
        """Store `item` in place of a value that was not taken yet."""
        with self._lock:
            self._item = item
            self._event.signal()

    def take(self, timeout_s: float | None = 0.0) -> T | None:
        """Take the value out; return None if none came within `timeout_s` seconds (None waits for ever)."""
        if not self._event.wait(timeout_s):
            return None
        with self._lock:
            self._event.clear()
            item, self._item = self._item, None
            return item

    def close(self) -> None:
        """Close the file descriptor, once; neither end may use the channel afterwards."""
        self._event.close()


class SharedValue(Generic[T]):
    """One immutable value that one thread sets and others read; nobody waits for it."""

    def __init__(self, value: T) -> None:
        self._lock = Lock()
        self._value = value

    def get(self) -> T:
        """Return the value."""
        with self._lock:
            return self._value

    def set(self, value: T) -> None:
        """Replace the value."""
        with self._lock:
            self._value = value


class LatestByKey(Generic[K, T]):
    """Holds the latest value of each key: a flood on one key takes the room of one value."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._items: dict[K, T] = {}

    def put(self, key: K, item: T) -> None:
        """Store `item` in place of what the key held."""
        with self._lock:
            self._items[key] = item

    def drain(self) -> dict[K, T]:
        """Take all values, by key."""
        with self._lock:
            items, self._items = self._items, {}
            return items


class RequestQueue(Generic[T]):
    """Holds requests in their order, at most `limit` of them, so that a flood cannot fill the memory."""

    def __init__(self, limit: int = 32) -> None:
        self._event = _EventFd()
        self._lock = Lock()
        self._items: deque[T] = deque()
        self._limit = limit

    def post(self, item: T) -> bool:
        """Add `item` at the end; return False, and add nothing, when the queue is full."""
        with self._lock:
            if len(self._items) >= self._limit:
                return False
            self._items.append(item)
            self._event.signal()
            return True

    def drain(self, timeout_s: float = 0.0) -> list[T]:
        """Take all items, oldest first; wait up to `timeout_s` seconds if there are none."""
        if not self._event.wait(timeout_s):
            return []
        with self._lock:
            self._event.clear()
            items = list(self._items)
            self._items.clear()
            return items

    def close(self) -> None:
        """Close the file descriptor, once; neither end may use the queue afterwards."""
        self._event.close()
