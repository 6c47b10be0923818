"""Save what can be read of a broken database."""

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from moodpid.library.integrity import UNREADABLE, Column, columns_of, is_sound
from moodpid.library.schema import TABLES, migrate

_CHUNK = 200


def rescue(path: Path) -> int:
    """Replace the database by a new one with all rows that can still be read; the old one becomes `….broken`.

    Returns:
        How many songs were saved.

    Raises:
        sqlite3.Error, OSError: The new one cannot be written.
    """
    new = path.with_name(f"{path.name}.new")
    for leftover in _files(new):
        leftover.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(new, isolation_level=None)) as target:
        migrate(target)
        target.execute("PRAGMA foreign_keys = OFF")
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
            source.text_factory = _text
            source.execute("PRAGMA writable_schema = ON")  # what is broken of the schema is passed over
            for table in TABLES:
                _copy(source, target, table)
        # Inputs without a song, and songs whose inputs are lost: the latter are analysed again
        target.execute("DELETE FROM inputs WHERE uri NOT IN (SELECT uri FROM songs)")
        target.execute("DELETE FROM songs WHERE reason = '' AND uri NOT IN (SELECT uri FROM inputs)")
        saved = int(target.execute("SELECT count(*) FROM songs").fetchone()[0])
    for old in _files(path):
        with contextlib.suppress(FileNotFoundError):
            old.replace(old.with_name(old.name.replace(path.name, f"{path.stem}.broken")))
    new.replace(path)
    return saved


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]


def _text(data: bytes) -> str | None:
    """Return a text; None if it is no UTF-8: all texts are required, so that the row is dropped."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> None:
    """Copy rows from the first on up to a broken page, then from the last on down to one."""
    try:
        there = {column.name for column in columns_of(source, table)}
    except UNREADABLE:
        return
    columns = [column for column in columns_of(target, table) if column.name in there]
    for order, compare, edge in (("ASC", ">", -(2**62)), ("DESC", "<", 2**62)):
        _copy_from(source, target, (table, columns, order, compare), edge)


def _copy_from(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    how: tuple[str, list[Column], str, str],
    edge: int,
) -> None:
    """Copy rows beyond `edge`, which moves by each query, so that it ends however the pages are linked.

    Raises:
        sqlite3.Error: The target cannot be written.
    """
    table, columns, order, compare = how
    names = ", ".join(column.name for column in columns)
    insert = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    query = f"SELECT rowid, {names} FROM {table} WHERE rowid {compare} ? ORDER BY rowid {order} LIMIT ?"  # noqa: S608
    limit = _CHUNK
    while True:
        try:
            rows: list[Any] = source.execute(query, (edge, limit)).fetchall()
        except UNREADABLE:
            if limit == 1:
                return
            limit = 1  # row by row up to the broken page
            continue
        if not rows:
            return
        target.execute("BEGIN")
        target.executemany(insert, [row[1:] for row in rows if is_sound(row[1:], columns)])
        target.execute("COMMIT")
        last = rows[-1][0]
        if last <= edge if compare == ">" else last >= edge:
            return  # a broken page leads back to rows that were read already
        edge = last
