"""The file of the database about songs: opened, checked, and mended if it is broken."""

import contextlib
import errno
import fcntl
import logging
import os
import pwd
import shlex
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from moodpid.errors import ExitCode, MoodpidError, RemediableError
from moodpid.library.integrity import UNREADABLE, check
from moodpid.library.rescue import rescue
from moodpid.library.schema import NewerSchemaError, migrate

log = logging.getLogger(__name__)

BUSY_S = 10.0
_FULL_BYTES = 64 * 1024  # SQLite makes two files beside the database, one of 32 KiB


class LibraryError(MoodpidError):
    """The database about songs cannot be read or written."""

    exit_code = ExitCode.SOME_FAILED


class LibraryDeniedError(LibraryError):
    """The database is the service's, and this user may not read it."""


class LibraryFileError(RemediableError, LibraryError):
    """The owner of a file or a full disk keeps the database from being used; nothing else is wrong."""


def find_file_fault(path: Path, error: Exception) -> LibraryFileError | None:
    """Return what keeps the database from being used apart from its content; None if nothing does.

    Args:
        path: Of the database.
        error: Of SQLite or of the system, which SQLite's does not tell apart.
    """
    folder = path.parent
    with contextlib.suppress(OSError):
        owner = folder.stat().st_uid
        for suffix in ("", "-wal", "-shm", ".lock"):
            file = path.with_name(path.name + suffix)
            # As after root has put back a copy
            if file.exists() and file.stat().st_uid != owner and not _is_usable(file):
                change = f"sudo chown {_name(owner)} {shlex.quote(str(file))}"
                return LibraryFileError(f"{file} belongs to another user", change)
        if _says_full(error) or _is_full(folder):
            return LibraryFileError(
                f"{path} cannot be used, the disk is full", f"df -h {shlex.quote(str(folder))}"
            )
    return None


def _is_broken(error: Exception) -> bool:
    """Return whether the content of the file is at fault."""
    code = getattr(error, "sqlite_errorcode", None)
    # No code: found by `check`, or a text that is no UTF-8. SQLITE_ERROR: a table or a column is not there
    return code is None or code & 0xFF in {
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_ERROR,
    }


def _is_usable(file: Path) -> bool:
    return os.access(file, os.R_OK | os.W_OK, effective_ids=True)


def _name(uid: int) -> str:
    """Return a user for chown, with the user's own group where the number has a name."""
    try:
        return f"{pwd.getpwuid(uid).pw_name}:"
    except KeyError:
        return str(uid)


def _says_full(error: Exception) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return getattr(error, "errno", None) == errno.ENOSPC


def _is_full(folder: Path) -> bool:
    """Return whether there is no room for a file: SQLite reports only that it cannot open or write one."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize < _FULL_BYTES and not found.f_flag & os.ST_RDONLY


def newer_schema(path: Path, error: NewerSchemaError) -> str:
    """Return the error line for a database of a newer version."""
    return f"{path} was written by a newer moodpid ({error}): update moodpid, or move it away"


class Database:
    """One connection for writing; for the arguments and errors see `LibraryStore`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._reported():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = _lock(path.with_name(f"{path.name}.lock"))
            try:
                self._connection = self._open()
            except BaseException:
                self._lock.close()
                raise

    def _open(self) -> sqlite3.Connection:
        try:
            return _connect(self._path)
        except UNREADABLE as error:
            if not _is_broken(error):
                raise  # the disk, or a lock
            saved = rescue(self._path)
            log.warning("%s was broken (%s): made again with %d songs of it", self._path, error, saved)
            return _connect(self._path)

    def close(self) -> None:
        """Close the file; more than once does no harm."""
        with contextlib.suppress(sqlite3.Error):
            self._connection.close()
        self._lock.close()

    @contextlib.contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        with self.reading():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Yield the connection."""
        with self._reported():
            yield self._connection

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        """Turn SQLite's errors into ours."""
        try:
            yield
        except NewerSchemaError as error:
            raise LibraryError(newer_schema(self._path, error)) from error
        except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
            if fault := find_file_fault(self._path, error):
                raise fault from error
            raise LibraryError(f"{self._path} cannot be used: {error}") from error


def _lock(path: Path) -> IO[bytes]:
    """Keep other processes from the same work until the file is closed, or this process ends (flock(2))."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise LibraryError("another moodpid analyse is at work: see moodpid analyse --status") from None
    return file


def _connect(path: Path) -> sqlite3.Connection:
    """Open for writing; raises sqlite3.Error, and NewerSchemaError."""
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
    try:
        # A writer that is killed leaves the readers alone, and the file whole
        connection.execute("PRAGMA journal_mode = WAL")
        # Sync after each transaction, which takes milliseconds, so that a power cut costs one song
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        migrate(connection)
        check(connection)
    except BaseException:
        connection.close()
        raise
    return connection
