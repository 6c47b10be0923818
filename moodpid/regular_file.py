"""Read files that are named from outside: regular ones only, up to a limit, and never waited for."""

import errno
import os
import stat
from pathlib import Path

NOT_REGULAR = "not a regular file, but a device or a pipe"


def read_regular(path: Path, max_bytes: int) -> bytes:
    """Return the bytes of a regular file.

    Raises:
        OSError: It cannot be read, is a folder, a device, a pipe or a socket, or is larger than `max_bytes`.
        ValueError: The path has a NUL.
    """
    # A pipe without a writer blocks on open but for O_NONBLOCK, which a regular file ignores
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        _check_mode(os.fstat(file.fileno()).st_mode)
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise OSError(errno.EFBIG, f"larger than {max_bytes // 1024} KiB")
    return data


def check_regular(path: Path) -> None:
    """Raise the OSError of `read_regular` for what is missing or not regular; open nothing."""
    _check_mode(path.stat().st_mode)


def _check_mode(mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, NOT_REGULAR)
