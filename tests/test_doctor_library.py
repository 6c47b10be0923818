"""What doctor reports of a library that was looked for and had no songs."""

from pathlib import Path

import pytest

from moodpid import wiring
from moodpid.config import Config
from moodpid.doctor import library
from moodpid.doctor.library import check_library
from moodpid.library.store import LibraryStore


def test_an_mpd_without_songs_is_updated_before_the_analysis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "library.sqlite"
    with LibraryStore(path) as store:
        store.keep_fact("folder", "/music")
    monkeypatch.setattr(wiring, "library_path", lambda: path)
    monkeypatch.setattr(library, "_obstacle", lambda _: None)
    monkeypatch.setattr(library, "_unit_fault", lambda _: iter(()))
    (finding,) = check_library(Config())
    assert (finding.ok, finding.message) == (False, "MPD's library has no songs")
    assert finding.remedy.index("mpc update") < finding.remedy.index("moodpid analyse")
