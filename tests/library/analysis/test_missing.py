"""Files that are away, alone or with all that is mounted beside them, hold up no other song."""

import errno
import os
from pathlib import Path

import pytest

from moodpid.library.analysis.files import MusicFolderError
from moodpid.library.analysis.missing import MISSING_AT_FIRST, MISSING_IN_A_ROW, MissingFiles, top_folder
from moodpid.library.reader import LibraryReader
from moodpid.library.records import Backlog
from tests.library.analysis.music_folder import Folder
from tests.library.songs import ANALYZER, listed


def test_a_folder_that_is_away_holds_up_no_other(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(60):
        folder.write(f"local/{number}.mp3")
    folder.modified |= {f"nas/{number}.mp3": "1" for number in range(200)}
    folder.list()
    progress = folder.scan()
    assert (progress.analyzed, progress.failed, progress.waiting) == (60, 0, 200)
    assert folder.store.backlog(ANALYZER) == Backlog(260, 60, 0, 200)
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith(f"{MISSING_IN_A_ROW} songs in a row are not in the music folder")
    assert warning.endswith(f"; the rest of {folder.music}/nas waits")
    for number in range(200):
        folder.write(f"nas/{number}.mp3")
    progress = folder.scan()
    assert (progress.analyzed, progress.waiting) == (200, 0)


def test_the_scan_ends_where_nothing_but_the_absent_waits(folder: Folder) -> None:
    folder.write("local.mp3")
    folder.modified |= {f"nas/{number}.mp3": "1" for number in range(30)}
    folder.list()
    assert folder.scan().waiting == 30
    with pytest.raises(MusicFolderError, match=r"such as nas/.*mount the share"):
        folder.scan()
    assert folder.store.backlog(ANALYZER) == Backlog(31, 1, 0, 30)


def test_a_few_missing_files_of_a_folder_are_named(folder: Folder) -> None:
    for number in range(2 * MISSING_IN_A_ROW):
        folder.write(f"a/{number}.mp3")
    folder.modified |= {f"a/away {number}.mp3": "1" for number in range(MISSING_IN_A_ROW - 1)}
    folder.list()
    progress = folder.scan()
    assert (progress.failed, progress.waiting) == (MISSING_IN_A_ROW - 1, 0)
    with LibraryReader(folder.path) as reader:
        ((uri, why),) = reader.failures(1)
    assert (uri, why) == ("a/away 0.mp3", "the file cannot be opened: No such file or directory")


def test_a_scan_that_is_stopped_names_the_missing_files(folder: Folder) -> None:
    folder.modified = {f"{number}.mp3": "1" for number in range(3)}
    (folder.music / "photos").mkdir()
    folder.list()
    stops = iter(["", "", "it is hot"])
    assert folder.scan(should_stop=lambda: next(stops)).failed == 2


@pytest.mark.parametrize("where", ["", "{}/"])
def test_a_wrong_folder_ends_the_scan_after_a_few_songs(folder: Folder, where: str) -> None:
    (folder.music / "photos").mkdir()
    folder.modified = {f"{where.format(number)}{number}.mp3": "1" for number in range(3000)}
    folder.list()
    looked_at = iter(range(MISSING_AT_FIRST))
    with pytest.raises(MusicFolderError, match="correct music in"):
        folder.scan(should_stop=lambda: "" if next(looked_at, None) is not None else "looks on")
    assert folder.store.backlog(ANALYZER) == Backlog(3000, 0, 0, 3000)


def test_a_disk_that_fails_is_named_as_such() -> None:
    missing = MissingFiles(Path("/music"))
    error = OSError(errno.EIO, os.strerror(errno.EIO))
    missing.note_missing(listed("usb/0.mp3"), error)
    assert [why for _, why in missing.single()] == ["the file cannot be read: Input/output error"]
    for number in range(1, MISSING_IN_A_ROW):
        missing.note_missing(listed(f"usb/{number}.mp3"), error)
    assert (missing.single(), missing.away) == ([], {"usb/"})
    with pytest.raises(MusicFolderError, match=r"cannot be read \(Input/output error\) in .*dmesg"):
        missing.require_some()


def test_songs_in_the_music_folder_itself_have_no_top_folder() -> None:
    assert [top_folder(uri) for uri in ("a.mp3", "a/b.mp3", "a/b/c.mp3")] == ["", "a/", "a/"]
