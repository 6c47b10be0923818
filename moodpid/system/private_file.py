"""Replace configuration files and write secrets: whole, and with the right owner and mode."""

import contextlib
import errno
import grp
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Final

_CONFIG_MODE: Final = 0o644
_SECRET_MODE: Final = 0o640


def require_writable(path: Path) -> None:
    """Raise OSError if this user could not replace the file, or make it and the folders above it."""
    folder = path.resolve().parent
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
        why = errno.EROFS if read_only else errno.EACCES
        raise OSError(why, os.strerror(why), str(folder))


def replace_text(path: Path, text: str) -> None:
    """Replace a file in one step; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _new_file(path, text.encode(), _CONFIG_MODE, None):
        pass


def keep_copy(path: Path) -> Path:
    """Copy a file beside it, as `NAME.old`, or `NAME.old.2` where that is there already; raises OSError.

    Returns:
        The path of the copy.
    """
    free = old_name(path)
    with _new_file(free, path.read_bytes(), _CONFIG_MODE, None):
        pass
    return free


def old_name(path: Path) -> Path:
    """Return the first free name of `NAME.old`, `NAME.old.2` and so on beside a file."""
    names = (f"{path.name}.old{f'.{number}' if number > 1 else ''}" for number in count(1))
    return next(old for name in names if not (old := path.with_name(name)).exists())


@contextmanager
def new_secret(path: Path, text: str, group: str) -> Iterator[None]:
    """Write a file that only its owner and a group can read; it gets its name at the end of the context.

    Raises:
        OSError: It cannot be written; then what was there stays, and so after any other exception.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    number = None
    with contextlib.suppress(KeyError):  # no such group where moodpid is not installed as a service
        number = grp.getgrnam(group).gr_gid
    with _new_file(path, text.encode(), _SECRET_MODE, number if os.geteuid() == 0 else None):
        yield


@contextmanager
def _new_file(path: Path, content: bytes, mode: int, group: int | None) -> Iterator[None]:
    """Write `NAME.new` with its mode from its first byte on, and give it its name at the end."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            if group is not None:
                os.fchown(file.fileno(), -1, group)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
