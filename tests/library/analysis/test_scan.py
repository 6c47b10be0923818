import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moodpid.library.analysis.files import MusicFolderError, path_of
from moodpid.library.analysis.scan import MAX_ATTEMPTS, MISSING_IN_A_ROW, LibraryScan, Progress
from moodpid.library.database import LibraryError
from moodpid.library.names import database_name
from moodpid.library.reader import LibraryReader
from moodpid.library.records import Backlog, ListedSong
from moodpid.library.store import LibraryStore
from tests.library.songs import ANALYZER, TODAY, ReadingAnalyzer, listed

WORDS = "0.5 -0.5"


class Folder:
    """A music folder, its database, and an analyser that reads it."""

    def __init__(self, path: Path) -> None:
        self.music = path / "music"
        self.music.mkdir()
        self.path = path / "library.sqlite"
        self.store = LibraryStore(self.path)
        self.analyzer = ReadingAnalyzer()
        self.modified: dict[str, str] = {}

    def write(self, uri: str, text: str = WORDS, modified: str = "1") -> None:
        path = self.music / uri
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text} {uri}" if text == WORDS else text, encoding="utf-8")
        self.modified[uri] = modified

    def remove(self, uri: str) -> None:
        (self.music / uri).unlink()
        del self.modified[uri]

    def list(self) -> None:
        songs: list[ListedSong] = [listed(uri, modified=mark) for uri, mark in sorted(self.modified.items())]
        self.store.replace_listing(songs, TODAY)

    def scan(self, limit: int | None = None, should_stop: Callable[[], str] = lambda: "") -> Progress:
        scan = LibraryScan(
            store=self.store,
            folder=self.music,
            analyzer=self.analyzer,
            should_stop=should_stop,
            clock=lambda: 0.0,
        )
        return scan.run(limit)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    made.store.close()


def test_every_song_is_heard_once(folder: Folder) -> None:
    for number in range(120):
        folder.write(f"{number}.mp3")
    folder.list()
    progress = folder.scan()
    assert (progress.analyzed, progress.failed, progress.waiting) == (120, 0, 0)
    assert sorted(folder.analyzer.heard) == sorted(folder.modified)
    assert folder.scan().done == 0
    assert len(folder.analyzer.heard) == 120


def test_only_new_and_changed_songs_are_heard_again(folder: Folder) -> None:
    folder.write("same.mp3")
    folder.write("changed.mp3")
    folder.list()
    folder.scan()
    folder.analyzer.heard.clear()
    folder.write("changed.mp3", "0.1 0.1", modified="2")
    folder.write("new.mp3")
    folder.list()
    folder.scan()
    assert sorted(folder.analyzer.heard) == ["changed.mp3", "new.mp3"]


def test_a_moved_song_is_not_heard_again(folder: Folder) -> None:
    folder.write("old/song.mp3", "0.3 0.3 and more")
    folder.list()
    folder.scan()
    folder.remove("old/song.mp3")
    folder.write("new/name.mp3", "0.3 0.3 and more", modified="1")
    folder.list()
    progress = folder.scan()
    assert progress.moved == 1
    assert folder.analyzer.heard == ["song.mp3"]
    with LibraryReader(folder.path) as reader:
        assert [song.uri for song in reader.everything()] == ["new/name.mp3"]


def test_songs_that_cannot_be_read_are_rows_with_a_reason(folder: Folder) -> None:
    folder.write("good.mp3")
    folder.write("text.mp3", "broken it is a text")
    folder.write("fault.mp3", "fault")
    folder.list()
    folder.modified["http://radio/stream"] = "1"
    folder.modified["../outside.mp3"] = "1"
    folder.list()
    assert folder.scan().failed == 4
    assert folder.scan().done == 0
    with LibraryReader(folder.path) as reader:
        reasons = dict(reader.failures(9))
    assert reasons["text.mp3"] == "it is a text"
    assert "ZeroDivisionError" in reasons["fault.mp3"]
    assert (
        reasons["http://radio/stream"]
        == reasons["../outside.mp3"]
        == "no file of its own in the music folder"
    )


def test_a_name_that_is_no_utf8_is_read_and_found(folder: Folder) -> None:
    uri = "M\udcf6tley/\udce41.mp3"
    (folder.music / "M\udcf6tley").mkdir()
    (folder.music / uri).write_text(WORDS, encoding="utf-8")
    folder.modified[database_name(uri)] = "1"
    folder.list()
    assert folder.scan().analyzed == 1
    with LibraryReader(folder.path) as reader:
        assert [song.uri for song in reader.everything()] == [uri]
        found = reader.song(uri)
        assert found
        assert reader.alike(uri, 3) == []


def test_a_missing_file_is_analysed_once_it_is_back(folder: Folder) -> None:
    folder.write("here.mp3")
    folder.write("away.mp3")
    folder.list()
    (folder.music / "away.mp3").rename(folder.music / "elsewhere")
    assert folder.scan().failed == 1
    assert folder.scan().done == 0
    (folder.music / "elsewhere").rename(folder.music / "away.mp3")
    assert folder.scan().analyzed == 1


def test_a_vanished_share_ends_the_scan_without_losing_songs(folder: Folder) -> None:
    for number in range(30):
        folder.write(f"{number}.mp3")
    folder.list()

    def unmount() -> str:
        if len(folder.analyzer.heard) == 10:
            folder.music.rename(folder.music.with_name("unmounted"))
            folder.music.mkdir()
        return ""

    with pytest.raises(MusicFolderError, match="is empty: mount it"):
        folder.scan(should_stop=unmount)
    folder.music.rmdir()
    folder.music.with_name("unmounted").rename(folder.music)
    assert folder.store.backlog(ANALYZER) == Backlog(30, 10, 0, 20)
    assert folder.scan().analyzed == 20
    assert sorted(folder.analyzer.heard) == sorted(folder.modified)


def test_a_wrong_folder_ends_the_scan_after_a_few_songs(folder: Folder) -> None:
    (folder.music / "photos").mkdir()
    folder.modified = {f"{number}.mp3": "1" for number in range(100)}
    folder.list()
    with pytest.raises(MusicFolderError, match="correct music in"):
        folder.scan()
    assert folder.store.backlog(ANALYZER).failed == MISSING_IN_A_ROW - 1


def test_tracks_of_cue_sheets_do_not_end_the_scan(folder: Folder) -> None:
    folder.write("z.mp3")
    (folder.music / "cd.cue").write_text("", encoding="utf-8")
    folder.modified |= {f"cd.cue/track{number:04}": "1" for number in range(2 * MISSING_IN_A_ROW)}
    folder.list()
    progress = folder.scan()
    assert (progress.analyzed, progress.failed) == (1, 2 * MISSING_IN_A_ROW)
    with LibraryReader(folder.path) as reader:
        assert reader.failures(1) == [("cd.cue/track0000", "no file of its own in the music folder")]


def test_a_file_that_cannot_be_looked_for_is_missing(folder: Folder) -> None:
    folder.write("z.mp3")
    folder.modified["x" * 300 + ".mp3"] = "1"  # longer than names can be
    folder.list()
    assert [folder.scan().analyzed for _ in range(2)] == [1, 0]


@pytest.mark.parametrize("kind", ["missing", "empty", "file"])
def test_no_folder_is_one_line_that_names_the_setting(folder: Folder, kind: str) -> None:
    folder.modified = {"a.mp3": "1"}
    folder.list()
    if kind != "empty":
        folder.music.rmdir()
    if kind == "file":
        folder.music.write_text("", encoding="utf-8")
    with pytest.raises(MusicFolderError, match=r"\[library\]"):
        folder.scan()


def test_a_pipe_in_place_of_a_song_holds_nothing_up(folder: Folder) -> None:
    folder.write("good.mp3")
    folder.write("pipe.mp3")
    folder.list()
    (folder.music / "pipe.mp3").unlink()
    os.mkfifo(folder.music / "pipe.mp3")
    assert folder.scan().failed == 1
    with LibraryReader(folder.path) as reader:
        assert reader.failures(9) == [
            ("pipe.mp3", "the file cannot be opened: not a regular file, but a device or a pipe")
        ]


def test_a_song_at_which_processes_end_is_given_up(folder: Folder) -> None:
    folder.write("killer.mp3")
    folder.list()
    for _ in range(MAX_ATTEMPTS):
        folder.store.begin("killer.mp3")
    assert folder.scan().failed == 1
    with LibraryReader(folder.path) as reader:
        assert reader.failures(9) == [
            ("killer.mp3", "the analysis was ended 3 times in the midst of this song")
        ]


def test_a_scan_stops_when_it_is_asked_to(folder: Folder) -> None:
    for number in range(10):
        folder.write(f"{number}.mp3")
    folder.list()
    progress = folder.scan(should_stop=lambda: "it is hot" if len(folder.analyzer.heard) == 4 else "")
    assert (progress.stopped, progress.analyzed, progress.waiting) == ("it is hot", 4, 6)
    assert folder.scan(limit=3).analyzed == 3
    assert folder.scan().analyzed == 3


def test_a_full_disk_ends_the_scan(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("a.mp3")
    folder.list()

    def full(*_: object) -> None:
        raise LibraryError("the disk is full")

    monkeypatch.setattr(folder.store, "record", full)
    with pytest.raises(LibraryError, match="full"):
        folder.scan()


def test_songs_are_placed_regularly_and_at_the_end(folder: Folder) -> None:
    for number in range(220):
        folder.write(f"{number}.mp3")
    folder.list()
    folder.scan()
    assert folder.analyzer.placed == 4  # after 50, 100, 200, and at the end


@pytest.mark.parametrize("uri", ["/etc/passwd", "a/../../b", "..", "file:///a", "a\0b"])
def test_names_that_lead_elsewhere_have_no_file(uri: str) -> None:
    assert path_of(Path("/music"), uri) is None
