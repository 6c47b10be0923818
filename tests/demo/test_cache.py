"""What a demo keeps for the next one serves other users, and is not needed."""

import os
import subprocess
import sys
from pathlib import Path

from demo.cache import describe, keep
from demo.run import CACHE, ROOT

from moodpid.errors import ExitCode
from tests.support.accounts import open_folder, without_rights


def test_another_user_may_read_what_root_has_kept(tmp_path: Path) -> None:
    database, cached = tmp_path / "library.sqlite", tmp_path / "cached.sqlite"
    database.write_bytes(b"one")
    before = os.umask(0o077)
    try:
        keep(database, cached)
    finally:
        os.umask(before)
    assert (cached.read_bytes(), cached.stat().st_mode & 0o777) == (b"one", 0o644)
    database.write_bytes(b"two")
    keep(database, cached)
    assert cached.read_bytes() == b"one"
    assert sorted(tmp_path.iterdir()) == [cached, database]


def test_an_analysis_that_cannot_be_kept_is_done_without() -> None:
    with open_folder() as folder:
        (folder / "library.sqlite").write_bytes(b"one")
        (folder / "closed").mkdir(mode=0)
        with without_rights():
            keep(folder / "library.sqlite", folder / "closed" / "cached.sqlite")
        (folder / "closed").chmod(0o700)
        assert not list((folder / "closed").iterdir())


def test_a_file_that_cannot_be_made_is_one_line() -> None:
    script = (
        "import pathlib, sys; from demo import run; run.CACHE = pathlib.Path('/proc/none');"
        "sys.argv[1:] = ['--source', 'recording']; raise SystemExit(run.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": f"{ROOT / 'tools'}:{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    expected = "demo: /proc/none: No such file or directory\n"
    assert (done.stderr, done.returncode) == (expected, ExitCode.SOME_FAILED)


def test_what_root_left_in_the_cache_has_a_remedy() -> None:
    song = CACHE / "library-1" / "song.wav"
    said = describe(PermissionError(13, "Permission denied", str(song)), CACHE)
    remedy = f"sudo rm -rf {CACHE}/library-* && sudo chown $(id -un): {CACHE}"
    assert said == f"{song}: Permission denied; it belongs to another user: {remedy}"
