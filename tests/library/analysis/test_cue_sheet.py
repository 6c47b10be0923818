"""Songs that are parts of a file: the tracks of a CUE sheet."""

from pathlib import Path

import numpy as np
import pytest

from moodpid.library.analysis.cue_sheet import CueTrack, cue_tracks
from moodpid.library.analysis.decode import decode
from moodpid.library.analysis.files import NoPassageError, Passage, locate, stamp_of
from moodpid.library.records import ListedSong
from tests.library.analysis.music_folder import Folder
from tests.library.analysis.sounds import RATE_HZ, march, write_wav
from tests.library.songs import listed
from tests.support.environment import require
from tests.support.servers.mpd import PrivateMpd

SHEET = """\ufeffPERFORMER "The Two"
FILE "An Album.flac" WAVE
  TRACK 01 AUDIO
    TITLE "One"
    INDEX 00 00:00:00
    INDEX 01 00:00:50
  TRACK 02 AUDIO
    INDEX 00 03:58:10
    INDEX 01 04:00:15
FILE cover.bin BINARY
  TRACK 03 MODE1/2352
    INDEX 01 00:00:00
FILE second.mp3 MP3
  TRACK 04 AUDIO
    INDEX 01 00:00:00
"""


def song(uri: str, duration_s: float = 100.0) -> ListedSong:
    return ListedSong(uri, "1", duration_s)


def test_tracks_lie_where_mpd_finds_them() -> None:
    first, *others = cue_tracks(SHEET.encode())
    assert first == CueTrack("An Album.flac", 0.0)  # MPD takes a sheet's first index, whatever its number
    assert others == [CueTrack("An Album.flac", 240.2), CueTrack("second.mp3", 0.0)]


@pytest.mark.parametrize("text", [b"", b"FILE", b"\xff\xfe\0", b"TRACK 01 AUDIO\nINDEX 01 00:00:00"])
def test_what_is_no_sheet_has_no_tracks(text: bytes) -> None:
    assert cue_tracks(text) == []


def test_types_of_files_are_those_that_mpd_reads(tmp_path: Path) -> None:
    require("mpd")
    types = ("WAVE", "FLAC", "MP3", "AIFF", "OGG", "BINARY", "wave")
    sheets = {name: f'FILE "album.wav" {name}\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n' for name in types}
    mpd = PrivateMpd(within=tmp_path)
    for name, sheet in sheets.items():
        (mpd.music / name).mkdir()
        write_wav(mpd.music / name / "album.wav", march(2.0))
        (mpd.music / name / "album.cue").write_text(sheet)
    with mpd:
        songs = mpd.mpc("listall").splitlines()
    assert "BINARY/album.wav" in songs
    found = {name for name, sheet in sheets.items() if cue_tracks(sheet.encode())}
    assert found == {name for name in types if f"{name}/album.cue/track0001" in songs}


def test_a_track_is_found_beside_its_sheet(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.CUE").write_bytes(SHEET.encode())
    album = tmp_path / "a" / "An Album.flac"
    assert locate(tmp_path, song("a/b.CUE/track0002")) == Passage(album, 100.0, 240.2, is_part=True)
    with pytest.raises(NoPassageError, match="no such track"):
        locate(tmp_path, song("a/b.CUE/track0004"))


def test_a_folder_may_be_called_like_a_sheet(tmp_path: Path) -> None:
    (tmp_path / "a.cue").mkdir()
    assert locate(tmp_path, song("a.cue/track0001")) == Passage(tmp_path / "a.cue" / "track0001", 100.0)


def test_a_sheet_leads_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "a.cue").write_text('FILE "../secret.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n')
    with pytest.raises(NoPassageError):
        locate(tmp_path, song("a.cue/track0001"))


def test_only_its_own_part_of_the_file_is_heard(tmp_path: Path) -> None:
    require("ffmpeg")
    quiet = np.zeros(10 * RATE_HZ, np.float32)
    file = write_wav(tmp_path / "album.wav", np.concatenate([quiet, march(20.0), quiet]))
    heard = decode(Passage(file, 20.0, 10.0, is_part=True), network=False).samples
    assert np.allclose(heard, march(20.0), atol=1e-4)


def test_tracks_of_one_file_are_not_one_song(tmp_path: Path) -> None:
    file = write_wav(tmp_path / "album.wav", march(4.0))
    stamps = {
        stamp_of(Passage(file, 2.0, start_s, is_part=True), listed("x")).fingerprint for start_s in (0.0, 2.0)
    }
    assert len(stamps) == 2


def test_a_track_waits_while_its_file_is_away(folder: Folder) -> None:
    folder.write("other.mp3")
    folder.write("album.cue", 'FILE "album.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n')
    del folder.modified["album.cue"]
    folder.modified["album.cue/track0001"] = "1"
    folder.list()
    assert folder.scan().failed == 1
    assert folder.scan().done == 0
    folder.write("album.wav")
    assert folder.scan().analyzed == 1
