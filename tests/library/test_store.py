import math
import os
import sqlite3
from pathlib import Path

import pytest

from moodpid.library.database import LibraryError, LibraryFileError
from moodpid.library.places import Place
from moodpid.library.reader import LibraryReader
from moodpid.library.records import Backlog, FileStamp, Tags
from moodpid.library.schema import MIGRATIONS, VERSION, migrate, version_of
from moodpid.library.store import KEPT_DAYS, LibraryStore
from moodpid.mood.emotion import Affect
from tests.library.songs import ANALYZER, TODAY, analysis, fill, listed, stamp


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "library.sqlite"


def test_what_is_recorded_outlives_the_process(path: Path) -> None:
    song = listed("a/one.mp3", "Ann", "First")
    with LibraryStore(path) as store:
        fill(store, [(song, analysis(0.5, -0.25, 7))])
        store.keep_fact("name", "value")
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        assert store.backlog(ANALYZER) == Backlog(1, 1, 0, 0)
        assert store.fact("name") == "value"
        assert store.fact("other") == ""
        found = reader.song("a/one.mp3")
        assert found
        assert found.place == Place(Affect(0.5, -0.25), 0.2, 0.2)
        assert found.tags == Tags("one", "Ann", "First")
        assert found.sound == bytes([7]) * 16


def test_new_changed_and_outdated_songs_wait(path: Path) -> None:
    songs = [listed(f"{name}.mp3") for name in "abcd"]
    with LibraryStore(path) as store:
        store.replace_listing(songs, TODAY)
        for song in songs[:3]:
            store.record(song, stamp(song), ANALYZER, analysis())
        assert [song.uri for song in store.next_songs(ANALYZER, 9)] == ["d.mp3"]
        store.replace_listing([songs[0], listed("b.mp3", modified="2"), *songs[2:]], TODAY)
        assert [song.uri for song in store.next_songs(ANALYZER, 9)] == ["d.mp3", "b.mp3"]
        assert {song.uri for song in store.next_songs(ANALYZER + 1, 9)} == {
            "a.mp3",
            "b.mp3",
            "c.mp3",
            "d.mp3",
        }


def test_songs_are_taken_from_all_over_the_library(path: Path) -> None:
    with LibraryStore(path) as store:
        store.replace_listing(
            [listed(f"{letter}/{number}.mp3") for letter in "abcdefgh" for number in range(50)], TODAY
        )
        folders = {song.uri[0] for song in store.next_songs(ANALYZER, 50)}
    assert len(folders) == 8


def test_a_song_that_cannot_be_read_waits_for_another_file(path: Path) -> None:
    song = listed("bad.mp3")
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        store.replace_listing([song], TODAY)
        store.record_failure(song, stamp(song), ANALYZER, "it is a text")
        assert store.next_songs(ANALYZER, 9) == []
        assert store.backlog(ANALYZER) == Backlog(1, 0, 1, 0)
        assert reader.failures(9) == [("bad.mp3", "it is a text")]
        assert reader.song("bad.mp3") is None
        store.replace_listing([listed("bad.mp3", modified="2")], TODAY)
        assert [one.uri for one in store.next_songs(ANALYZER, 9)] == ["bad.mp3"]


def test_a_removed_song_is_hidden_until_it_returns(path: Path) -> None:
    rows = [(listed("a.mp3"), analysis()), (listed("b.mp3"), analysis())]
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        fill(store, rows)
        store.replace_listing([rows[0][0]], TODAY + 1)
        assert reader.song("b.mp3") is None
        assert reader.counts().analyzed == 1
        store.replace_listing([row[0] for row in rows], TODAY + 2)
        assert reader.song("b.mp3")
        assert store.next_songs(ANALYZER, 9) == []


def test_a_song_that_is_gone_for_long_is_forgotten(path: Path) -> None:
    rows = [(listed("a.mp3"), analysis())]
    with LibraryStore(path) as store:
        fill(store, rows)
        store.replace_listing([], TODAY)
        store.replace_listing([], TODAY + KEPT_DAYS + 1)
        store.replace_listing([rows[0][0]], TODAY + KEPT_DAYS + 1)
        assert [song.uri for song in store.next_songs(ANALYZER, 9)] == ["a.mp3"]


def test_changed_tags_are_taken_over_without_an_analysis(path: Path) -> None:
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        fill(store, [(listed("a.mp3", "Ann"), analysis())])
        store.replace_listing([listed("a.mp3", "Bob")], TODAY)
        assert store.next_songs(ANALYZER, 9) == []
        song = reader.song("a.mp3")
        assert song
        assert song.tags.artist == "Bob"


def test_the_same_content_under_another_name_is_copied(path: Path) -> None:
    old, new = listed("old.mp3", "Ann"), listed("new/name.mp3", "Ann")
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        fill(store, [(old, analysis(0.5, 0.5))])
        store.replace_listing([new], TODAY)
        assert store.same_content(stamp(old), ANALYZER, new) == "old.mp3"
        assert store.same_content(FileStamp("1", 999, b"old.mp3"), ANALYZER, new) == ""
        store.copy("old.mp3", new)
        assert store.next_songs(ANALYZER, 9) == []
        found = reader.song("new/name.mp3")
        assert found
        assert found.place.affect == Affect(0.5, 0.5)
        assert len([row for rows in store.inputs(network=True) for row in rows]) == 2


def test_attempts_are_counted_until_the_song_is_done(path: Path) -> None:
    song, other = listed("a.mp3"), listed("b.mp3")
    with LibraryStore(path) as store:
        store.replace_listing([song, other], TODAY)
        assert [store.begin("a.mp3"), store.begin("a.mp3")] == [1, 2]
    with LibraryStore(path) as store:
        assert [one.uri for one in store.next_songs(ANALYZER, 9)] == ["b.mp3", "a.mp3"]
        assert store.begin("a.mp3") == 3
        store.record(song, stamp(song), ANALYZER, analysis())
        assert store.begin("a.mp3") == 1
        store.forget_attempt("a.mp3")
        assert store.begin("a.mp3") == 1


def test_places_are_moved_together(path: Path) -> None:
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        fill(store, [(listed(f"{number}.mp3"), analysis()) for number in range(3)])
        store.write_places((f"{number}.mp3", Place(Affect(number / 10, 0), 0.1, 0.1)) for number in range(3))
        assert sorted(song.place.affect.valence for song in reader.everything()) == [0.0, 0.1, 0.2]


def test_places_that_stay_are_not_written_again(path: Path) -> None:
    with LibraryStore(path) as store, LibraryReader(path) as reader, store._db.reading() as db:
        fill(store, [(listed(f"{number}.mp3"), analysis(0.5)) for number in range(3)])
        before = db.total_changes
        store.write_places((f"{number}.mp3", Place(Affect(0.5001, 0), 0.2, 0.2)) for number in range(3))
        assert db.total_changes == before
        store.write_places([("0.mp3", Place(Affect(0.51, 0), 0.2, 0.2))])
        store.write_places([("1.mp3", Place(Affect(0.5, 0), 0.2, 0.21))])
        assert db.total_changes == before + 2
        assert [song.place.affect.valence for song in reader.everything()] == [0.51, 0.5, 0.5]


def test_a_place_that_was_lost_is_written(path: Path) -> None:
    with LibraryStore(path) as store, LibraryReader(path) as reader:
        fill(store, [(listed("a.mp3"), analysis(math.nan, 0.5))])
        assert reader.counts().analyzed == 0
        store.write_places([("a.mp3", Place(Affect(0, 0.5), 0.2, 0.2))])
        assert reader.counts().analyzed == 1


def test_two_writers_do_not_work_at_once(path: Path) -> None:
    with LibraryStore(path), pytest.raises(LibraryError, match="another moodpid analyse"):
        LibraryStore(path)
    LibraryStore(path).close()


def test_a_database_of_a_newer_version_is_left_alone(path: Path) -> None:
    LibraryStore(path).close()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = path.read_bytes()
    with pytest.raises(LibraryError, match="newer moodpid"):
        LibraryStore(path)
    with LibraryReader(path) as reader, pytest.raises(LibraryError, match="update moodpid"):
        reader.counts()
    assert path.read_bytes() == before


def test_each_version_is_made_out_of_the_one_before(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path, isolation_level=None)
    scripts = (*MIGRATIONS, "ALTER TABLE songs ADD COLUMN danceability REAL")
    migrate(db, scripts[:-1])
    db.execute("INSERT INTO attempts VALUES ('a.mp3', 1)")
    migrate(db, scripts)
    assert version_of(db) == VERSION + 1
    assert db.execute("SELECT danceability FROM songs").fetchall() == []
    assert db.execute("SELECT uri FROM attempts").fetchall() == [("a.mp3",)]
    db.close()


def test_a_migration_that_fails_leaves_the_version_before(path: Path) -> None:
    path.parent.mkdir()
    db = sqlite3.connect(path, isolation_level=None)
    migrate(db)
    with pytest.raises(sqlite3.OperationalError):
        migrate(db, (*MIGRATIONS, "CREATE TABLE new (a); CREATE TABLE songs (a)"))
    db.execute("ROLLBACK")
    assert version_of(db) == VERSION
    assert db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'new'").fetchone() == (0,)
    db.close()


@pytest.mark.parametrize("content", [b"not a database, but long enough to be read as one" * 99, b"\0" * 8192])
def test_another_file_is_set_aside_and_made_again(
    path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    with LibraryStore(path) as store:
        store.replace_listing([listed("a.mp3")], TODAY)
        assert store.backlog(ANALYZER).waiting == 1
    assert "was broken" in caplog.text
    assert path.with_name("library.broken").read_bytes() == content


@pytest.mark.parametrize("share", [0.2, 0.4, 0.6, 0.8])
def test_a_hole_across_pages_does_not_keep_the_rescue_busy(path: Path, share: float) -> None:
    with LibraryStore(path) as store:
        fill(store, ((listed(f"a{number:04}/{number}.mp3"), analysis()) for number in range(300)))
    page = int(path.stat().st_size * share) // 4096 * 4096
    with path.open("r+b") as file:  # rows of zeroes have the number 0, which leads back to the first
        file.seek(page + 2560)
        file.write(bytes(4096))
    with LibraryStore(path) as store:
        assert sum(len(rows) for rows in store.inputs(network=True)) > 150


def test_a_broken_database_is_rebuilt_from_readable_rows(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    songs = [(listed(f"folder/{number:04}.mp3", f"Artist {number}"), analysis()) for number in range(600)]
    with LibraryStore(path) as store:
        fill(store, songs)
    size = path.stat().st_size
    with path.open("r+b") as file:  # a few pages in the midst, as a dying SD card leaves them
        file.seek(size // 2 // 4096 * 4096)
        file.write(os.urandom(4096 * 4))
    with LibraryStore(path) as store:
        known = sum(len(rows) for rows in store.inputs(network=True))
        assert store.replace_listing((song for song, _ in songs), TODAY) == 600
        backlog = store.backlog(ANALYZER)
    assert "was broken" in caplog.text
    assert 300 < known < 600
    assert backlog.analyzed == known
    assert backlog.waiting == 600 - known


def test_a_folder_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(LibraryError, match="cannot be used"):
        LibraryStore(tmp_path / "file" / "library.sqlite")


def test_a_full_disk_keeps_what_was_there(path: Path) -> None:
    with LibraryStore(path) as store:
        fill(store, [(listed("a.mp3"), analysis())])
        with store._db.reading() as db:
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(LibraryFileError, match=f"the disk is full; df -h {path.parent}$"):
            store.replace_listing((listed(f"{number}.mp3") for number in range(5000)), TODAY)
    with LibraryStore(path) as store:
        assert store.backlog(ANALYZER) == Backlog(1, 1, 0, 0)
