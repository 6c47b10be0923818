"""Which song comes next: of lists long and short, in a queue with songs of a user; at a fake MPD."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.config import MpdConfig, SongSource, Strategy
from moodpid.library.reader import LibraryReader
from moodpid.library.store import LibraryStore
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import start_path
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.mpd.song_lists import PAGE, SongLists, windows
from tests.library.songs import analysis, fill, listed
from tests.support.fake_mpd import FakeMpd


class Evening:
    """Music for one mood, from lists of these songs; the songs below a folder are a list, too."""

    def __init__(
        self,
        lists: Mapping[str, Sequence[str]],
        *sources: str | SongSource,
        reader: LibraryReader | None = None,
        stickers: dict[str, dict[str, str]] | None = None,
    ) -> None:
        self.mpd = FakeMpd(lists, stickers=stickers or {})
        playlists = {Mood.HAPPY: sources} if sources else {}  # by sound without
        settings = MpdConfig(autoplay=True, playlists=playlists, no_repeat_h=2.0)
        self.request = MusicRequest(start_path(Mood.HAPPY, None), settings.names[Mood.HAPPY])
        self.reconciler = QueueReconciler(settings, Random(3), **self.mpd.clocks, reader=reader)  # noqa: S311
        self.reconciler.on_connect(self.mpd.link)
        self.look()

    def look(self) -> None:
        self.reconciler.reconcile(self.mpd.link, self.request)

    def hear(self, songs: int) -> list[str]:
        """The next songs, the current one first."""
        heard = []
        for _ in range(songs):
            heard.append(self.mpd.playing())
            self.mpd.advance(self.mpd.song_s)
            self.look()
        return heard


@given(total=st.integers(0, 1000), seed=st.integers())
def test_a_page_is_of_short_runs_in_the_list(total: int, seed: int) -> None:
    places = [
        place
        for start, end in windows(total, Random(seed))  # noqa: S311 - no secret
        for place in range(start, end)
    ]
    assert len(places) == len(set(places)) <= PAGE
    assert set(places) <= set(range(total))
    assert len(places) == total if total <= PAGE else len(places) > PAGE - 8


def test_every_song_of_a_list_lies_on_as_many_pages() -> None:
    rng, drawn = Random(3), Counter[int]()  # noqa: S311 - no secret
    for _ in range(2000):
        drawn.update(place for start, end in windows(PAGE + 1, rng) for place in range(start, end))
    assert len(drawn) == PAGE + 1
    assert min(drawn.values()) > 0.95 * max(drawn.values())


@pytest.mark.parametrize("length", [PAGE + 1, 2 * PAGE])
def test_a_list_of_more_than_a_page_does_not_repeat(length: int) -> None:
    evening = Evening({"All": [f"all/{n}" for n in range(length)]}, SongSource(folder="all"))
    heard = evening.hear(36)  # two hours
    assert len(set(heard)) == 36


def test_a_folder_of_albums_is_mixed() -> None:
    albums = {f"Album {album}": [f"all/{album}/{n}" for n in range(12)] for album in range(50)}
    evening = Evening(albums, SongSource(folder="all"))
    heard = Counter(uri.rpartition("/")[0] for uri in evening.hear(20))
    assert len(heard) >= 5


def test_a_short_list_beside_a_long_one_does_not_repeat() -> None:
    lists = {"One": ["one/anthem"], "Many": [f"many/{n}" for n in range(60)]}
    heard = Evening(lists, "One", "Many").hear(36)
    assert heard.count("one/anthem") == 1
    assert len(set(heard)) == 36


def test_after_a_restart_a_short_list_does_not_repeat_either() -> None:
    lists = {"One": ["one/anthem"], "Many": [f"many/{n}" for n in range(60)]}
    evening = Evening(lists, "One", "Many", stickers={"one/anthem": {"lastPlayed": "900"}})
    assert "one/anthem" not in evening.hear(20)


def test_short_lists_alone_go_round() -> None:
    heard = Evening({"One": ["one/a"], "Two": ["two/a", "two/b"]}, "One", "Two").hear(12)
    assert set(heard) == {"one/a", "two/a", "two/b"}
    assert all(song != following for song, following in pairwise(heard))


def test_an_unreadable_list_is_read_at_the_next_try() -> None:
    mpd = FakeMpd({})
    lists = SongLists(Random(3))  # noqa: S311 - no secret
    rain = SongSource(playlist="Rain")
    assert 'no playlist "Rain"' in lists.page(mpd.link, rain, 0.0).problem
    mpd.playlists = {"Rain": ["rain/1"]}  # copied into the folder: MPD does not report it
    assert lists.page(mpd.link, rain, 1.0).uris == ("rain/1",)


@pytest.mark.parametrize("lined_up", [4, 14, 20])
def test_many_songs_of_a_user_move_ours_by_five(lined_up: int) -> None:
    evening = Evening({"All": [f"all/{n}" for n in range(40)]}, "All")
    evening.mpd.clear()
    for number in range(1 + lined_up):
        evening.mpd.add(f"user/{number}")
        evening.look()
    evening.mpd.play(0)
    evening.reconciler.take_over()
    evening.look()
    ours = [place for place, song in enumerate(evening.mpd.queue) if not song.by_user]
    first = 1 + min(5, lined_up)
    assert ours == [first, first + 1]
    sent = len(evening.mpd.sent)
    evening.look()
    assert len(evening.mpd.sent) == sent


@pytest.mark.parametrize(("added", "before_ours"), [(5, 5), (6, 5)])
def test_five_songs_at_once_have_their_turn_first(added: int, before_ours: int) -> None:
    evening = Evening({"All": [f"all/{n}" for n in range(40)]}, "All")
    for number in range(added):
        evening.mpd.add(f"user/{number}", at=1 + number)
    evening.look()
    evening.reconciler.take_over()
    evening.look()
    ours = [place for place, song in enumerate(evening.mpd.queue) if not song.by_user]
    assert ours == [0, 1 + before_ours, 2 + before_ours]


def test_artists_rest_for_two_songs_before_a_user_s_queue(tmp_path: Path) -> None:
    songs = [f"{n:02}/{artist}" for n in range(20) for artist in range(8)]
    with LibraryStore(tmp_path / "library.sqlite") as store:
        fill(store, ((listed(uri, artist=uri.split("/")[1]), analysis()) for uri in songs))
    with LibraryReader(tmp_path / "library.sqlite") as reader:
        evening = Evening({"All": songs}, reader=reader)
        evening.mpd.clear()
        for number in range(20):
            evening.mpd.add(f"user/{number}")
        evening.mpd.play(0)
        evening.look()
        evening.reconciler.take_over()
        evening.look()
        heard = evening.hear(41)
    assert heard[:6] == [f"user/{number}" for number in range(6)]
    artists = [uri[-1] for uri in heard[6:]]
    assert all(len(set(artists[n : n + 3])) == 3 for n in range(len(artists) - 2))


def test_lifting_begins_where_people_are_each_time_they_come() -> None:
    lists = {mood.capitalize(): [f"{mood}/{n}" for n in range(30)] for mood in Mood}
    playlists: dict[Mood, tuple[str | SongSource, ...]] = {mood: (mood.capitalize(),) for mood in Mood}
    mpd = FakeMpd(lists)
    settings = MpdConfig(autoplay=True, strategy=Strategy.LIFT, playlists=playlists)
    reconciler = QueueReconciler(settings, Random(3), **mpd.clocks)  # noqa: S311 - no secret
    reconciler.on_connect(mpd.link)
    sad = MusicRequest(start_path(Mood.SAD, None), ("Sad",), targets=settings.active_targets)
    nobody = MusicRequest(start_path(Mood.NOBODY, None), ())
    for _ in range(8):
        reconciler.reconcile(mpd.link, sad)
        mpd.advance(mpd.song_s)
    for request in (nobody, sad):
        reconciler.reconcile(mpd.link, request)
    waiting = [song.file for song in mpd.queue[mpd.position(mpd.current or 0) + 1 :]]
    assert mpd.playing().startswith("happy/")
    assert [uri.split("/")[0] for uri in waiting] == ["sad", "sad"]
