"""What goes wrong with songs, folders and disks costs no song and ends no later scan."""

import os
from pathlib import Path

import pytest

from moodpid.library.analysis.decoder import DecoderMissingError
from moodpid.library.analysis.decoder_messages import TOO_LITTLE
from moodpid.library.analysis.files import NO_TRACK, MusicFolderError
from moodpid.library.analysis.missing import MISSING_IN_A_ROW
from moodpid.library.analysis.scan import FAULTS_IN_A_ROW, MAX_ATTEMPTS, WITHIN_FILE
from moodpid.library.analysis.spectrogram import BARELY_AUDIBLE, SILENT
from moodpid.library.database import LibraryError
from moodpid.library.reader import LibraryReader
from moodpid.library.records import Backlog, FileStamp
from tests.library.analysis.music_folder import Folder
from tests.library.songs import ANALYZER, listed


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


def test_a_missing_file_is_analysed_once_it_is_back(folder: Folder) -> None:
    folder.write("here.mp3")
    folder.write("away.mp3")
    folder.list()
    (folder.music / "away.mp3").rename(folder.music / "elsewhere")
    assert folder.scan().failed == 1
    assert folder.scan().done == 0
    (folder.music / "elsewhere").rename(folder.music / "away.mp3")
    assert folder.scan().analyzed == 1


def test_a_missing_file_keeps_the_place_that_it_had(folder: Folder) -> None:
    folder.write("here.mp3")
    folder.write("away.mp3")
    folder.list()
    folder.scan()
    folder.store.analyze_again()
    (folder.music / "away.mp3").rename(folder.music / "elsewhere")
    progress = folder.scan()
    assert (progress.analyzed, progress.failed, progress.waiting) == (1, 0, 1)
    with LibraryReader(folder.path) as reader:
        assert reader.song("away.mp3") is not None
    (folder.music / "elsewhere").rename(folder.music / "away.mp3")
    assert folder.scan().analyzed == 1


@pytest.mark.parametrize("fate", ["unplugged", "unplugged late"])
def test_a_share_that_goes_in_mid_song_costs_none(folder: Folder, fate: str) -> None:
    folder.write("keeps the folder.txt")
    folder.write("song.mp3", fate)
    folder.list()
    assert folder.scan().failed == 1
    folder.write("song.mp3")
    assert folder.scan().analyzed == 1


@pytest.mark.parametrize("why", [SILENT, BARELY_AUDIBLE, TOO_LITTLE, NO_TRACK])
def test_songs_an_earlier_version_failed_at_are_tried_once(folder: Folder, why: str) -> None:
    for uri, reason in (("a.mp3", why), ("b.mp3", "it is a text")):
        folder.write(uri, f"broken {reason}")
        folder.list()
        folder.store.record_failure(listed(uri), FileStamp("1", 9), ANALYZER, reason)
    assert [folder.scan().failed for _ in range(2)] == [1, 0]
    assert folder.analyzer.heard == ["a.mp3"]


def test_a_slow_song_is_tried_at_three_scans(folder: Folder) -> None:
    folder.write("a.mp3", "slow")
    folder.write("b.mp3")
    folder.list()
    progress = folder.scan()
    assert (progress.analyzed, progress.failed, progress.waiting) == (1, 0, 1)
    assert [folder.scan().failed for _ in range(MAX_ATTEMPTS)] == [0, 1, 0]
    assert folder.analyzer.heard.count("a.mp3") == MAX_ATTEMPTS
    with LibraryReader(folder.path) as reader:
        assert reader.failures(9) == [("a.mp3", "the decoder did not finish")]


def test_a_song_that_makes_the_decoder_crash_is_given_up(folder: Folder) -> None:
    folder.write("a.mp3", "crash")
    folder.list()
    assert [folder.scan().failed for _ in range(MAX_ATTEMPTS + 1)] == [0, 0, 1, 0]


def test_a_decoder_that_does_not_start_costs_no_song(folder: Folder) -> None:
    folder.write("a.mp3", "missing library")
    folder.list()
    assert [folder.scan().failed for _ in range(MAX_ATTEMPTS + 1)] == [0] * (MAX_ATTEMPTS + 1)
    folder.write("a.mp3")
    assert folder.scan().analyzed == 1


def test_a_decoder_that_fails_everywhere_costs_no_song(folder: Folder) -> None:
    songs = [f"{number}.mp3" for number in range(2 * FAULTS_IN_A_ROW)]
    for uri in songs:
        folder.write(uri, "crash")
    folder.list()
    with pytest.raises(DecoderMissingError, match="crashed, at 10 songs in a row: sudo apt"):
        folder.scan()
    assert len(folder.analyzer.heard) == FAULTS_IN_A_ROW
    for uri in songs:
        folder.write(uri)
    assert folder.scan().analyzed == len(songs)


def test_files_that_may_not_be_read_wait_until_they_may(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    songs = [f"{number}.mp3" for number in range(MISSING_IN_A_ROW)]
    for uri in songs:
        folder.write(uri)
    folder.list()
    opened, access = Path.open, os.access

    def denied(path: Path, mode: str = "r") -> object:
        if path.name in songs:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, mode)

    with monkeypatch.context() as closed:  # root may read them all the same
        closed.setattr(Path, "open", denied)
        closed.setattr(os, "access", lambda path, how: Path(path).name not in songs and access(path, how))
        with pytest.raises(MusicFolderError, match="let all users read its files"):
            folder.scan()
        assert folder.store.backlog(ANALYZER).failed == 0
        assert folder.scan(limit=1).failed == 1
    assert folder.scan().analyzed == MISSING_IN_A_ROW


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


@pytest.mark.parametrize(
    ("within", "why"), [("cd.cue", "the CUE sheet has no such track"), ("cd.flac", WITHIN_FILE)]
)
def test_tracks_without_a_file_do_not_end_the_scan(folder: Folder, within: str, why: str) -> None:
    folder.write("z.mp3")
    (folder.music / within).write_text("", encoding="utf-8")
    folder.modified |= {f"{within}/track{number:04}": "1" for number in range(2 * MISSING_IN_A_ROW)}
    folder.list()
    progress = folder.scan()
    assert (progress.analyzed, progress.failed) == (1, 2 * MISSING_IN_A_ROW)
    with LibraryReader(folder.path) as reader:
        assert reader.failures(1) == [(f"{within}/track0000", why)]


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


def test_a_full_disk_ends_the_scan(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.write("a.mp3")
    folder.list()

    def full(*_: object) -> None:
        raise LibraryError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(folder.store, "record", full)
        for _ in range(MAX_ATTEMPTS + 1):
            with pytest.raises(LibraryError, match="full"):
                folder.scan()
    progress = folder.scan()
    assert (progress.analyzed, progress.failed) == (1, 0)
