"""A few kills of an analysis; `tools/benchmarks/library_scan.py` makes many in a large library."""

from pathlib import Path

from benchmarks.library_scan import judge, kill_scans, make_library, prepare

SONGS, KILLS = 150, 3


def test_kills_lose_no_song_and_repeat_none_that_is_stored(tmp_path: Path) -> None:
    make_library(tmp_path, SONGS)
    prepare(tmp_path, SONGS)
    tally = kill_scans(tmp_path, SONGS, KILLS)
    assert tally.kills == KILLS
    assert judge(tmp_path, SONGS, tally) == 0
