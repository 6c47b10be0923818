"""Replace configuration files and write secrets: whole, and with the right owner and mode."""

import contextlib
import errno
import grp
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final, Self

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


@dataclass(frozen=True, slots=True)
class _Access:
    """Who may use a file; -1 for an owner or group that is ours."""

    mode: int
    owner: int = -1
    group: int = -1

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return that of a file; raises OSError."""
        status = path.stat()
        return cls(status.st_mode & 0o777, status.st_uid, status.st_gid)


def replace_text(path: Path, text: str) -> None:
    """Replace a file in one step, with the mode, owner and group of the one that is there; raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    access = _Access.of(path) if path.exists() else _Access(_CONFIG_MODE)
    with _new_file(path, text.encode(), access):
        pass


@contextmanager
def kept_copy(path: Path) -> Iterator[Path]:
    """Copy a file beside it, as `NAME.old`, or `NAME.old.2` where that is there already; raises OSError.

    Yields:
        The path of the copy. It goes again if the work in the context fails and leaves the file as it was.
    """
    content, free = path.read_bytes(), old_name(path)
    with _new_file(free, content, _Access.of(path)):
        pass
    try:
        yield free
    except BaseException:
        if path.read_bytes() == content:
            free.unlink()
        raise


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
    number = -1
    with contextlib.suppress(KeyError):  # no such group where moodpid is not installed as a service
        number = grp.getgrnam(group).gr_gid
    with _new_file(path, text.encode(), _Access(_SECRET_MODE, group=number if os.geteuid() == 0 else -1)):
        yield


@contextmanager
def _new_file(path: Path, content: bytes, access: _Access) -> Iterator[None]:
    """Write `NAME.new` with its access from its first byte on, and give it its name at the end."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, access.mode & 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for owner, group in ((access.owner, -1), (-1, access.group)):
                with contextlib.suppress(PermissionError):  # only root makes files of others
                    os.fchown(file.fileno(), owner, group)
            os.fchmod(file.fileno(), access.mode)  # after chown, which takes bits away
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
