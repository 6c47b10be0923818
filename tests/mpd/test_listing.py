"""The songs of a real MPD's library, and where it keeps them."""

import os
import shutil
from pathlib import Path

import pytest

from moodpid.config import MpdConfig
from moodpid.library.records import ListedSong, Tags
from moodpid.mpd import answers
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.listing import list_songs
from tests.support.servers import PrivateMpd


def test_all_songs_are_listed_with_their_tags(mpd: PrivateMpd) -> None:
    with MpdConnection(MpdConfig(host=mpd.host, port=mpd.port)) as link:
        songs = {song.uri: song for song in list_songs(link, window=5)}
    assert len(songs) == 24
    song = songs["happy/open-windows.wav"]
    assert song.tags == Tags("Open Windows", "The Happy Three", "Shades of Happy", "Pop")
    assert song.duration_s > 1
    assert song.modified


def test_songs_older_than_computers_are_listed(library: Path, tmp_path: Path) -> None:
    own = tmp_path / "library"
    shutil.copytree(library, own)
    os.utime(own / "music/happy/open-windows.wav", (-1, -1))  # as some copies of old disks have it
    with PrivateMpd(own) as mpd, MpdConnection(MpdConfig(host=mpd.host, port=mpd.port)) as link:
        assert sum(1 for _ in list_songs(link)) == 24


def test_the_music_folder_is_shown_on_the_local_socket_alone(mpd: PrivateMpd) -> None:
    with MpdConnection(MpdConfig(host=str(mpd.socket))) as link:
        assert link.music_directory() == str(mpd.music)
    with MpdConnection(MpdConfig(host=mpd.host, port=mpd.port)) as link:
        assert link.music_directory() == ""


def test_the_version_of_the_library_changes_with_an_update(library: Path, tmp_path: Path) -> None:
    own = tmp_path / "library"
    shutil.copytree(library, own)
    with PrivateMpd(own) as mpd, MpdConnection(MpdConfig(host=mpd.host, port=mpd.port)) as link:
        before = link.database_version()
        assert link.database_version() == before
        shutil.rmtree(own / "music" / "sad")
        mpd.mpc("update", "--wait")  # within the same second, or not
        assert link.database_version() != before


def test_several_genres_and_moods_of_a_song_all_count() -> None:
    lines = ["file: a", "Mood: Relaxing", "Genre: Pop", "Mood: sad", "Artist: Ann", "Artist: Bob"]
    (record,) = answers.records(lines, "file", several=("Genre", "Mood"))
    assert record == {"file": "a", "Mood": "Relaxing; sad", "Genre": "Pop", "Artist": "Ann"}


class Records:
    """A library with one song of this kind."""

    def __init__(self, **record: str) -> None:
        self.record = {key.replace("_", "-"): value for key, value in record.items()}

    def find_records(self, expression: str, start: int, end: int) -> tuple[dict[str, str], ...]:
        assert expression.startswith("(")
        return (self.record,) if start == 0 and end else ()


@pytest.mark.parametrize(
    ("record", "song"),
    [
        ({"file": "a.mp3"}, ListedSong("a.mp3")),
        ({"file": "a\udcff.mp3", "duration": "nan?"}, ListedSong("a\uefff.mp3")),
        ({"file": "a", "Time": "7", "Mood": "Sad\n\x1b"}, ListedSong("a", "", 7.0, Tags(mood="Sad"))),
        (
            {"file": "a", "Artist": "Ann", "AlbumArtist": "Various Artists", "Last_Modified": "2026"},
            ListedSong("a", "2026", 0.0, Tags(artist="Ann")),
        ),
        (
            {"file": "a", "Artist": "Ann feat. Bob", "AlbumArtist": "Ann"},
            ListedSong("a", tags=Tags(artist="Ann")),
        ),
        ({"file": "a", "AlbumArtist": "Ann"}, ListedSong("a", tags=Tags(artist="Ann"))),
        ({"file": "a", "Artist": "Ann"}, ListedSong("a", tags=Tags(artist="Ann"))),
    ],
)
def test_odd_tags_and_names_are_read_where_possible(record: dict[str, str], song: ListedSong) -> None:
    assert list(list_songs(Records(**record))) == [song]
