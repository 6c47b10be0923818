"""What is saved of a database whose pages were damaged."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from moodpid.library.reader import LibraryReader
from moodpid.library.rescue import rescue
from moodpid.library.store import LibraryStore
from tests.library.songs import TODAY, analysis, fill, listed

# The first byte of a page of an index, or of a table, that has rows (sqlite.org/fileformat.html)
LEAVES = (10, 13)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "library.sqlite"
    with LibraryStore(found) as store:
        fill(store, ((listed(f"{number}.mp3", f"Artist {number}"), analysis()) for number in range(1, 9)))
    return found


def page_of(path: Path, table: str) -> int:
    """Return where in the file a table or an index of one page begins."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        (root,) = db.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (size,) = db.execute("PRAGMA page_size").fetchone()
    start = (int(root) - 1) * int(size)
    assert path.read_bytes()[start] in LEAVES
    return start


def test_rows_out_of_order_do_not_keep_it_busy(path: Path) -> None:
    data = bytearray(path.read_bytes())
    page = page_of(path, "songs")
    cell = page + int.from_bytes(data[page + 8 : page + 10])  # the first row's
    assert (data[cell] < 128, data[cell + 1]) == (True, 1)  # its length in one byte, and its number
    data[cell + 1] = 100
    path.write_bytes(data)
    assert rescue(path) == 8


def flip(path: Path, where: str, what: bytes) -> None:
    """Flip the highest bit of the last byte of `what` on the page of a table or an index."""
    start = page_of(path, where) if where else 0
    data = bytearray(path.read_bytes())
    found = data.index(what, start, start + 4096)
    data[found + len(what) - 1] ^= 0x80
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("where", "what", "saved"),
    [
        ("songs", b"Artist 5", 7),  # a text that is no UTF-8
        ("listing", b"Artist 5", 8),
        ("songs_by_content", b"5.mp3", 8),  # tables and index do not agree; here the fingerprint is a name
        ("sqlite_autoindex_songs_1", b"5.mp3", 8),
        ("sqlite_autoindex_inputs_1", b"5.mp3", 8),
        ("", b"TABLE facts", 8),  # the schema
        ("", b"BLOB NOT NULL,", 0),
    ],
)
def test_damage_is_mended_when_it_is_opened_next(
    path: Path, caplog: pytest.LogCaptureFixture, where: str, what: bytes, saved: int
) -> None:
    flip(path, where, what)
    with LibraryStore(path) as store:
        assert sum(len(rows) for rows in store.inputs(network=True)) == saved
        store.replace_listing((listed(f"{number}.mp3") for number in range(1, 9)), TODAY)
    assert f"made again with {saved} songs" in caplog.text
    caplog.clear()
    LibraryStore(path).close()
    with LibraryReader(path) as reader:
        assert len(list(reader.everything())) == saved
    assert not caplog.text


def test_a_sound_database_is_left_alone(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    LibraryStore(path).close()
    assert not caplog.text
    assert not path.with_name("library.broken").exists()


@pytest.mark.parametrize(
    "change", ["songs SET title = x'00'", "songs SET sound = x'00'", "inputs SET features = x'00000000'"]
)
def test_a_value_of_another_type_or_length_is_mended(path: Path, change: str) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute(f"UPDATE {change} WHERE uri = '3.mp3'")
    with LibraryStore(path) as store:
        assert sum(len(rows) for rows in store.inputs(network=True)) == 7


def test_the_rescue_ends_where_the_new_file_cannot_be_written(path: Path) -> None:
    path.with_name("library.sqlite.new").mkdir()
    with pytest.raises(OSError, match="directory"):
        rescue(path)
    assert path.exists()
