"""Files that are named from outside are read up to a limit, and never waited for."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from moodpid.regular_file import check_regular, read_regular


def test_a_file_up_to_the_limit_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"x" * 2048)
    assert read_regular(file, 2048) == b"x" * 2048
    with pytest.raises(OSError, match="larger than 1 KiB"):
        read_regular(file, 2047)


@pytest.mark.parametrize("read", [check_regular, lambda path: read_regular(path, 10)])
def test_a_pipe_a_device_and_a_folder_are_refused(tmp_path: Path, read: Callable[[Path], object]) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, reason in ((tmp_path / "pipe", "pipe"), (Path("/dev/zero"), "device"), (tmp_path, "directory")):
        with pytest.raises(OSError, match=reason):
            read(path)
