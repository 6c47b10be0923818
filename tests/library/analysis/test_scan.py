from pathlib import Path

import pytest

from moodpid.library.analysis.files import NoPassageError, locate
from moodpid.library.names import database_name
from moodpid.library.reader import LibraryReader
from tests.library.analysis.music_folder import WORDS, Folder
from tests.library.songs import listed


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


def test_a_file_whose_date_alone_changed_is_not_heard_again(folder: Folder) -> None:
    folder.write("same.mp3")
    folder.write("broken.mp3", "broken it is a text")
    folder.list()
    folder.scan()
    folder.modified = dict.fromkeys(folder.modified, "2")
    folder.list()
    progress = folder.scan()
    assert (progress.moved, progress.failed, progress.waiting) == (1, 1, 0)
    assert folder.analyzer.heard.count("same.mp3") == 1
    with LibraryReader(folder.path) as reader:
        assert [song.uri for song in reader.everything()] == ["same.mp3"]
    assert folder.scan().done == 0
    folder.store.analyze_again()
    folder.list()
    assert folder.scan().analyzed == 1


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


def test_a_scan_stops_when_it_is_asked_to(folder: Folder) -> None:
    for number in range(10):
        folder.write(f"{number}.mp3")
    folder.list()
    progress = folder.scan(should_stop=lambda: "it is hot" if len(folder.analyzer.heard) == 4 else "")
    assert (progress.stopped, progress.analyzed, progress.waiting) == ("it is hot", 4, 6)
    assert folder.scan(limit=3).analyzed == 3
    assert folder.scan().analyzed == 3


def test_songs_are_placed_regularly_and_at_the_end(folder: Folder) -> None:
    for number in range(220):
        folder.write(f"{number}.mp3")
    folder.list()
    folder.scan()
    assert folder.analyzer.placed == 5  # at the start, after 50, 100, 200, and at the end


def test_a_song_that_cannot_be_placed_is_heard_again(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("odd.mp3")
    folder.list()
    folder.scan()
    monkeypatch.setattr(folder.analyzer, "place_library", lambda store: store.analyze_again(["odd.mp3"]))
    assert folder.scan().analyzed == 1


@pytest.mark.parametrize("uri", ["/etc/passwd", "a/../../b", "..", "file:///a", "a\0b"])
def test_names_that_lead_elsewhere_have_no_file(uri: str) -> None:
    with pytest.raises(NoPassageError, match="no file of its own"):
        locate(Path("/music"), listed(uri))
