"""Where a real MPD has its songs, asked on a port, where it does not tell."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from moodpid.config import MpdConfig
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.music_folder import local_sockets, music_folder
from tests.support.environment import require
from tests.support.servers import PrivateMpd


@pytest.fixture(scope="module")
def mpd(library: Path) -> Iterator[PrivateMpd]:
    require("mpd", "mpc")
    with PrivateMpd(library) as server:
        yield server


def folder_of(mpd: PrivateMpd, host: str, usual: Path) -> str:
    settings = MpdConfig(host=host, port=mpd.port)
    with MpdConnection(settings) as connection:
        return music_folder(connection, settings, "", usual)


def test_on_its_socket_it_tells(mpd: PrivateMpd, tmp_path: Path) -> None:
    assert folder_of(mpd, str(mpd.socket), tmp_path) == str(mpd.music)


def test_the_usual_folder_is_taken_where_its_songs_are(mpd: PrivateMpd) -> None:
    assert folder_of(mpd, mpd.host, mpd.music) == str(mpd.music)


def test_a_usual_folder_with_other_songs_is_not(mpd: PrivateMpd, tmp_path: Path) -> None:
    (tmp_path / "other.mp3").touch()
    assert folder_of(mpd, mpd.host, tmp_path) == ""
    assert folder_of(mpd, mpd.host, tmp_path / "missing") == ""


def test_the_user_s_own_mpd_is_asked_first() -> None:
    assert list(local_sockets({})) == ["/run/mpd/socket"]
    assert next(local_sockets({"XDG_RUNTIME_DIR": "/run/user/1000"})) == "/run/user/1000/mpd/socket"
