"""A configuration that is replaced keeps its mode, owner and group, and a copy stays only of what changed."""

import os
from pathlib import Path

import pytest

from moodpid.system.private_file import kept_copy, replace_text

OWNER, GROUP = 65534, 65533


def access(path: Path) -> tuple[int, int, int]:
    """Return mode, owner and group of a file."""
    status = path.stat()
    return status.st_mode & 0o777, status.st_uid, status.st_gid


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "moodpid.toml"
    file.write_text("# mine\n")
    return file


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o444])
def test_file_and_copy_keep_the_mode(path: Path, mode: int) -> None:
    path.chmod(mode)
    with kept_copy(path) as copy:
        replace_text(path, "# new\n")
    assert access(path) == access(copy) == (mode, os.geteuid(), os.getegid())
    assert (path.read_text(), copy.read_text()) == ("# new\n", "# mine\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes files of others")
def test_file_and_copy_keep_owner_and_group(path: Path) -> None:
    os.chown(path, OWNER, GROUP)
    path.chmod(0o640)
    with kept_copy(path) as copy:
        replace_text(path, "# new\n")
    assert access(path) == access(copy) == (0o640, OWNER, GROUP)


def test_a_new_configuration_is_for_all_to_read(tmp_path: Path) -> None:
    replace_text(tmp_path / "etc" / "moodpid.toml", "# new\n")
    assert access(tmp_path / "etc" / "moodpid.toml")[0] == 0o644


def test_work_that_fails_leaves_no_copy(path: Path) -> None:
    path.with_name("moodpid.toml.new").mkdir()  # where the new file cannot be written
    for _ in range(2):
        with pytest.raises(OSError, match="directory"), kept_copy(path):
            replace_text(path, "# new\n")
    assert not [*path.parent.glob("*.old*")]


def test_the_copy_of_what_was_replaced_stays(path: Path) -> None:
    def interrupted() -> None:
        with kept_copy(path):
            replace_text(path, "# new\n")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.with_name("moodpid.toml.old").read_text() == "# mine\n"
