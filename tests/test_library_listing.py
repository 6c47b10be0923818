"""A list of songs that shrank by more than half at night is believed after a week: a share may be away."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from moodpid import library_listing
from moodpid.config import Config, LibraryConfig
from moodpid.library.store import LibraryStore

DAY_S = 24 * 3600.0


class Nights:
    """Night after night the same MPD, whose library has so many songs; it is updated before each."""

    def __init__(self, store: LibraryStore, folder: Path) -> None:
        self.store = store
        self.config = Config(library=LibraryConfig(music=str(folder)))
        self.day = 20_000
        self.songs = 10

    def __call__(self, *_: object) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def database_version(self) -> str:
        return f"{self.day}"

    def find_records(self, _expression: str, start: int, end: int) -> tuple[dict[str, str], ...]:
        return tuple({"file": f"{n}.mp3"} for n in range(self.songs))[start:end]

    def time(self) -> float:
        return self.day * DAY_S

    def listed(self, *, days: int = 1) -> int:
        """How many songs are listed after the night that comes in so many days."""
        self.day += days
        library_listing.update_listing(self.config, self.store, unattended=True)
        return self.store.backlog(0).listed


@pytest.fixture
def nights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nights]:
    (tmp_path / "song.mp3").touch()
    with LibraryStore(tmp_path / "library.sqlite") as store:
        made = Nights(store, tmp_path)
        monkeypatch.setattr(library_listing, "MpdConnection", made)
        monkeypatch.setattr("moodpid.library_listing.time.time", made.time)
        yield made


def test_a_loss_of_more_than_half_waits_a_week(nights: Nights) -> None:
    assert nights.listed() == 10
    nights.songs = 5
    assert nights.listed() == 5
    nights.songs = 2
    assert [nights.listed() for _ in range(8)] == [5] * 7 + [2]


def test_a_share_that_was_back_begins_another_week(nights: Nights) -> None:
    assert nights.listed() == 10
    nights.songs = 2
    assert nights.listed(days=1) == 10
    nights.songs = 10
    assert nights.listed(days=5) == 10
    nights.songs = 2
    assert nights.listed(days=5) == 10


def test_a_clock_set_back_makes_no_longer_week(nights: Nights) -> None:
    assert nights.listed() == 10
    nights.songs = 2
    assert nights.listed() == 10
    assert nights.listed(days=-300) == 10
    assert nights.listed(days=7) == 2
