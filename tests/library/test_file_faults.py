"""A database that its owner or a full disk keeps from being used is named with the way out, once."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from moodpid import wiring
from moodpid.config import Config
from moodpid.doctor.library import check_library, is_readable
from moodpid.library.database import LibraryFileError
from moodpid.library.reader import LibraryReader
from moodpid.library.store import LibraryStore
from tests.library.songs import analysis, fill, listed
from tests.support.accounts import OTHER, open_folder, without_rights


@pytest.fixture
def restored() -> Iterator[Path]:
    """A database that root has put back into the folder of another user."""
    if os.geteuid():
        pytest.skip("only root can give a folder to another user")
    with open_folder() as folder:
        path = folder / "library.sqlite"
        with LibraryStore(path) as store:
            fill(store, [(listed("a.mp3"), analysis())])
        path.chmod(0o600)
        path.with_name("library.sqlite.lock").unlink()
        os.chown(folder, OTHER, OTHER)
        yield path


def test_a_database_of_another_user_is_named_with_its_chown(restored: Path) -> None:
    owner = pwd.getpwuid(OTHER).pw_name
    expected = f"^{restored} belongs to another user; sudo chown {owner}: {restored}$"
    with without_rights():
        with LibraryReader(restored) as reader, pytest.raises(LibraryFileError, match=expected):
            reader.counts()
        with pytest.raises(LibraryFileError, match=expected):
            LibraryStore(restored)
    os.chown(restored, OTHER, OTHER)
    with without_rights(), LibraryReader(restored) as reader:
        assert reader.counts().analyzed == 1


def test_doctor_names_a_database_of_another_user_once(
    restored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wiring, "library_path", lambda: restored)
    with without_rights():
        (finding,) = check_library(Config())
        assert not is_readable(LibraryReader(restored))  # so that no mood's list repeats it
    assert (finding.ok, finding.message) == (False, f"{restored} belongs to another user")
    assert finding.remedy.startswith("sudo chown ")


_COUNT = """
import sys
from pathlib import Path
from moodpid.library.reader import LibraryReader
with LibraryReader(Path(sys.argv[1])) as reader:
    print(reader.counts().analyzed)
"""
_FILL = """
mount -t tmpfs -o size=256k none "$0" && cp "$1" "$0" || exit
head -c 1M /dev/zero >"$0/rest"
shift
exec "$@"
"""


def on_a_full_disk(folder: Path, database: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command that alone sees the folder as a full disk with a copy of the database."""
    return subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", _FILL, str(folder), str(database), *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_full_disk_is_named_with_where_to_look(tmp_path: Path) -> None:
    full, database = tmp_path / "full", tmp_path / "library.sqlite"
    full.mkdir()
    with LibraryStore(database) as store:
        fill(store, [(listed("a.mp3"), analysis())])
    if not shutil.which("unshare") or on_a_full_disk(full, database, "true").returncode != 0:
        pytest.skip("mounts are not allowed here")
    there = full / database.name
    counted = on_a_full_disk(full, database, sys.executable, "-c", _COUNT, str(there))
    last = counted.stderr.splitlines()[-1]
    assert last.endswith(f"LibraryFileError: {there} cannot be used, the disk is full; df -h {full}")
