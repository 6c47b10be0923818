"""An installed service and its user's commands have one database about songs."""

import os
import pwd
from pathlib import Path

import pytest

from moodpid import library_app, state_files
from moodpid.config import Config
from moodpid.library.database import LibraryDeniedError, LibraryError
from moodpid.library.reader import LibraryReader


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of an installed service, which other users may not enter."""
    folder = tmp_path / "var"
    folder.mkdir()
    monkeypatch.setattr(state_files, "INSTALLED_STATE", folder)
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    return folder


def act_as_another_user(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Make this a user whom the folder is closed to: root would get in all the same."""
    user, access, stat = folder.stat().st_uid + 1, os.access, Path.stat

    def closed(path: Path, **how: bool) -> os.stat_result:
        if folder in path.parents:
            raise PermissionError(13, "Permission denied", str(path))
        return stat(path, **how)

    patch.setattr(os, "geteuid", lambda: user)
    patch.setattr(os, "access", lambda path, mode: Path(path) != folder and access(path, mode))
    patch.setattr(Path, "stat", closed)


def test_songs_are_kept_for_the_service_where_one_is_installed(installed: Path) -> None:
    assert state_files.library_path() == installed / "library.sqlite"
    installed.rmdir()
    assert state_files.library_path() == installed.parent / "home" / "moodpid" / "library.sqlite"


def test_another_user_fills_no_second_library(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    act_as_another_user(installed, monkeypatch)
    with pytest.raises(LibraryError, match="sudo -u moodpid moodpid analyse"):
        library_app.analyse(Config(), library_app.AnalyseOptions(), lambda _progress: None)
    assert not (installed.parent / "home").exists()


def test_another_user_learns_how_to_read_the_library(
    installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    act_as_another_user(installed, monkeypatch)
    told = pytest.raises(LibraryDeniedError, match="run the command with sudo -u moodpid")
    with LibraryReader(state_files.library_path()) as reader, told:
        reader.counts()


def test_without_a_home_the_library_is_below_the_root(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(state_files, "INSTALLED_STATE", tmp_path / "none")
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)

    def unknown(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert state_files.library_path() == Path("/.local/state/moodpid/library.sqlite")
