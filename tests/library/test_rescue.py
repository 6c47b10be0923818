"""What is saved of a database whose pages were damaged."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from moodpid.library.rescue import rescue
from moodpid.library.store import LibraryStore
from tests.library.songs import analysis, fill, listed

LEAF = 13  # the first byte of a page that has rows (sqlite.org/fileformat.html, "B-tree Pages")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "library.sqlite"
    with LibraryStore(found) as store:
        fill(store, ((listed(f"{number}.mp3", f"Artist {number}"), analysis()) for number in range(1, 9)))
    return found


def page_of(path: Path, table: str) -> int:
    """Return where in the file a table of one page begins."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    start = (int(root) - 1) * int(size)
    assert path.read_bytes()[start] == LEAF
    return start


def test_rows_out_of_order_do_not_keep_it_busy(path: Path) -> None:
    data = bytearray(path.read_bytes())
    page = page_of(path, "songs")
    cell = page + int.from_bytes(data[page + 8 : page + 10])  # the first row's
    assert (data[cell] < 128, data[cell + 1]) == (True, 1)  # its length in one byte, and its number
    data[cell + 1] = 100
    path.write_bytes(data)
    assert rescue(path) == 8
