"""Read files that are named from outside: regular ones only, up to a limit, and never waited for."""

import errno
import os
import stat
from pathlib import Path

NOT_REGULAR = "not a regular file, but a device or a pipe"


class NotRegularError(OSError):
    """A folder, a device, a pipe or a socket."""


class TooLargeError(OSError):
    """A file of more bytes than are read."""


def read_regular(path: Path, max_bytes: int) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        NotRegularError: It is a folder, a device, a pipe or a socket.
        TooLargeError: It is larger than `max_bytes`.
        OSError: It cannot be read.
        ValueError: The path has a NUL.
    """
    # A pipe without a writer blocks on open but for O_NONBLOCK, which a regular file ignores
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        found = os.fstat(file.fileno())
        _check_mode(found.st_mode)
        data = file.read(max_bytes + 1) if found.st_size <= max_bytes else b""
    if max(found.st_size, len(data)) > max_bytes:
        raise TooLargeError(errno.EFBIG, f"larger than {max_bytes // 1024} KiB")
    return data


def check_regular(path: Path) -> None:
    """Raise the OSError of `read_regular` for what is missing or not regular; open nothing."""
    _check_mode(path.stat().st_mode)


def _check_mode(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise NotRegularError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise NotRegularError(errno.EINVAL, NOT_REGULAR)
