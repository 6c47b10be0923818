"""Songs of a long playlist or filter come from all over it, a part at a time."""

from collections.abc import Iterator
from random import Random

import pytest

from moodpid.config import SongSource, Sound
from moodpid.mpd.listed_songs import listed_songs
from tests.support.fake_mpd import FakeMpd


class LongList:
    """A player with one list of many songs, as a playlist and as what a filter matches."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, songs: int, version: str) -> None:
        self.songs = [f"{number:05}.mp3" for number in range(songs)]
        self.windows: list[tuple[int, int]] = []
        mpd = FakeMpd({})
        mpd.version = version
        self.link = mpd.link
        for name in ("count", "playlist_length"):
            monkeypatch.setattr(self.link, name, lambda _name: songs)
        for name in ("find", "playlist_window"):
            monkeypatch.setattr(self.link, name, self._window)
        monkeypatch.setattr(self.link, "playlist", self._whole)

    def _window(self, _name: str, start: int, end: int) -> tuple[str, ...]:
        self.windows.append((start, end))
        return tuple(self.songs[start:end])

    def _whole(self, _name: str) -> Iterator[str]:
        return iter(self.songs)


SOURCES = [
    (SongSource(filter="(x)", sounds=Sound.HAPPY), "0.23.5"),
    (SongSource(playlist="All", sounds=Sound.HAPPY), "0.23.5"),
    (SongSource(playlist="All", sounds=Sound.HAPPY), "0.24.0"),
]


@pytest.mark.parametrize(("source", "version"), SOURCES)
def test_songs_of_a_long_list_come_from_all_over(
    source: SongSource, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, rng = LongList(monkeypatch, 30_000, version), Random(3)  # noqa: S311
    found = [listed_songs(long.link, source, rng) for _ in range(40)]
    assert {len(songs) for songs in found} == {5000}
    assert {uri for songs in found for uri in songs} == set(long.songs)


@pytest.mark.parametrize(("source", "version"), SOURCES)
@pytest.mark.parametrize("length", [0, 1, 499, 500, 1200, 5000])
def test_of_a_shorter_list_all_songs_are_read(
    source: SongSource, version: str, length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = LongList(monkeypatch, length, version)
    assert listed_songs(listing.link, source, Random(3)) == listing.songs  # noqa: S311


def test_no_answer_has_more_songs_than_a_window(monkeypatch: pytest.MonkeyPatch) -> None:
    for length in (1200, 30_000):
        listing = LongList(monkeypatch, length, "0.24.0")
        for source, _ in SOURCES:
            listed_songs(listing.link, source, Random(3))  # noqa: S311
        assert max(end - start for start, end in listing.windows) == 500
