"""Songs by their sound: near the mood, near the way that lifts, or like another song."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from posixpath import basename, dirname
from random import Random
from unittest.mock import Mock

import pytest

from moodpid.config import MpdConfig, SongSource, Sound, Strategy
from moodpid.library.database import LibraryError
from moodpid.library.draw import PER_ALBUM, PER_ARTIST
from moodpid.library.places import PLACES
from moodpid.library.reader import LibraryReader
from moodpid.library.store import LibraryStore
from moodpid.mood.emotion import Affect, Mood
from moodpid.mood.policy import music_request_for
from moodpid.mood.strategy import start_path
from moodpid.mpd.feedback import Verdict, changes
from moodpid.mpd.picker import Picker
from moodpid.mpd.protocol import MpdGoneError
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.mpd.sound_pools import NOT_ANALYSED
from moodpid.mpd.sound_source import SoundSource
from tests.mpd.songs_by_sound import SONGS, analysed, config
from tests.support.fake_mpd import FakeMpd

# Three songs of each of four moods, as somebody has who only begins to collect
FEW = {f"{mood} {n}.mp3": PLACES[mood] for mood in ("calm", "happy", "sad", "angry") for n in range(3)}


@pytest.fixture
def few(tmp_path: Path) -> Iterator[LibraryReader]:
    with analysed(tmp_path, FEW, 30.0) as made:
        yield made


def test_a_name_that_is_no_utf8_can_be_found(reader: LibraryReader) -> None:
    source = SoundSource(reader, Random(1))  # noqa: S311
    assert source.place_of("M\udcf6tley.mp3") is None
    assert source.alike("M\udcf6tley.mp3", lambda _: True, 3).problem.isprintable()


class Evening:
    """A picker at a player that knows these songs; each pick is played."""

    def __init__(self, reader: LibraryReader | None, settings: MpdConfig, seed: int = 3) -> None:
        self.fake_mpd = FakeMpd({"All": [*SONGS, *FEW]})
        self.settings = settings
        wall_clock = self.fake_mpd.clocks["wall_clock"]
        self.picker = Picker(settings, Random(seed), wall_clock=wall_clock, reader=reader)  # noqa: S311
        self.played: list[str] = []

    def pick(self, mood: Mood) -> str | None:
        request = music_request_for(start_path(mood, None), self.settings.names, self.settings.active_targets)
        waiting = self.played[-2:]
        self.picker.follow(request)
        pick = self.picker.pick(self.fake_mpd.link, request, waiting, len(self.played) * 180.0)
        if pick is None:
            return None
        self.picker.on_added()
        self.picker.memory.mark_playing(pick.uri, len(self.played) * 180.0)
        self.played.append(pick.uri)
        return pick.uri

    def places(self, mood: Mood, songs: int) -> list[Affect]:
        return [(SONGS | FEW)[uri] for uri in (self.pick(mood) for _ in range(songs)) if uri]


@pytest.mark.parametrize("mood", [Mood.HAPPY, Mood.SAD, Mood.ANGRY, Mood.NEUTRAL])
def test_without_lists_each_mood_plays_what_sounds_like_it(reader: LibraryReader, mood: Mood) -> None:
    places = Evening(reader, config()).places(mood, 20)
    assert len(places) == 20
    mean = Affect(sum(p.valence for p in places) / 20, sum(p.arousal for p in places) / 20)
    assert mean.distance(PLACES[mood]) < 0.3
    assert max(place.distance(PLACES[mood]) for place in places) < 1.0


def test_no_song_comes_twice_while_there_are_others(reader: LibraryReader) -> None:
    evening = Evening(reader, config())
    evening.places(Mood.HAPPY, 20)
    assert len(set(evening.played)) == 20


@pytest.mark.parametrize("seed", range(20))
def test_few_songs_that_fit_outweigh_many_that_do_not(few: LibraryReader, seed: int) -> None:
    places = Evening(few, config(), seed).places(Mood.HAPPY, 3)
    assert set(places) == {PLACES["happy"]}


def test_songs_that_fit_come_again_before_opposite_ones(few: LibraryReader) -> None:
    calm = SongSource(sounds=Sound.CALM)
    evening = Evening(few, config(Strategy.MATCH, calm))
    places = evening.places(Mood.HAPPY, 12)
    assert not {PLACES["angry"], PLACES["sad"]} & set(places)
    assert len(set(evening.played[:3])) == 3
    assert all(one != two for one, two in pairwise(evening.played))


@pytest.mark.parametrize("gone", [1, 3, 5])
def test_songs_deleted_since_the_analysis_leave_no_silence(tmp_path: Path, gone: int) -> None:
    uris = [f"{'gone' if number < gone else 'there'}/{number}.mp3" for number in range(6)]
    mpd = FakeMpd({}, song_s=180.0)  # adds nothing of gone/
    with analysed(tmp_path, dict.fromkeys(uris, PLACES["happy"])) as reader:
        settings = MpdConfig(autoplay=True, no_repeat_h=2.0)
        reconciler = QueueReconciler(settings, Random(3), reader=reader, **mpd.clocks)  # noqa: S311 - the same evening every time
        reconciler.on_connect(mpd.link)
        request = music_request_for(start_path(Mood.HAPPY, None), settings.names, settings.active_targets)
        states = []
        for _ in range(1800):  # three hours, in which every song is heard
            mpd.advance(6.0)
            reconciler.reconcile(mpd.link, request, set())
            states.append(mpd.state)
    assert set(states[1:]) == {"play"}


def test_a_source_may_sound_otherwise_than_its_mood(reader: LibraryReader) -> None:
    places = Evening(reader, config(Strategy.LIFT, SongSource(sounds=Sound.CALM))).places(Mood.HAPPY, 10)
    assert max(place.distance(PLACES["calm"]) for place in places) < 0.8


def test_a_playlist_with_sounds_gives_only_matching_songs(reader: LibraryReader) -> None:
    evening = Evening(reader, config(Strategy.MATCH, SongSource(playlist="All", sounds=Sound.SAD)))
    assert max(place.distance(PLACES["sad"]) for place in evening.places(Mood.HAPPY, 10)) < 0.8


def test_a_playlist_that_mpd_cannot_send_is_left_out(
    reader: LibraryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang_up(_name: str) -> Iterator[str]:
        raise MpdGoneError("gone", dropped=True)

    evening = Evening(reader, config(Strategy.MATCH, SongSource(playlist="All", sounds=Sound.HAPPY)))
    monkeypatch.setattr(evening.fake_mpd.link, "playlist", hang_up)
    for _ in range(2):
        with pytest.raises(MpdGoneError):
            evening.pick(Mood.HAPPY)
    assert evening.pick(Mood.HAPPY) is None
    (problem,) = evening.picker.problems.known.values()
    assert "max_output_buffer_size" in problem


def test_a_newer_mpd_sends_a_part_of_a_playlist(
    reader: LibraryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows = []

    def window(_name: str, start: int, end: int) -> tuple[str, ...]:
        windows.append((start, end))
        return (*(f"{number}.mp3" for number in range(start, end - 1)), next(iter(SONGS)))

    evening = Evening(reader, config(Strategy.MATCH, SongSource(playlist="All", sounds=Sound.HAPPY)))
    evening.fake_mpd.version = "0.24.0"
    monkeypatch.setattr(evening.fake_mpd.link, "playlist_length", lambda _name: 100_000)
    monkeypatch.setattr(evening.fake_mpd.link, "playlist_window", window)
    assert evening.pick(Mood.HAPPY) in SONGS
    assert len(windows) == 10
    assert {end - start for start, end in windows} == {500}


def test_what_a_filter_matches_is_read_in_parts(
    reader: LibraryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    matching = [*(f"{number}.mp3" for number in range(1200)), *SONGS]
    windows = []

    def find(_expression: str, start: int, end: int) -> tuple[str, ...]:
        windows.append((start, end))
        return tuple(matching[start:end])

    evening = Evening(reader, config(Strategy.MATCH, SongSource(filter="(x)", sounds=Sound.HAPPY)))
    monkeypatch.setattr(evening.fake_mpd.link, "find", find)
    monkeypatch.setattr(evening.fake_mpd.link, "count", lambda _expression: len(matching))
    assert evening.pick(Mood.HAPPY) in SONGS
    assert windows == [(0, 500), (500, 1000), (1000, len(matching))]


def test_lift_walks_across_the_plane_in_steps(reader: LibraryReader) -> None:
    places = Evening(reader, config(Strategy.LIFT)).places(Mood.SAD, 8)
    assert places[0].distance(PLACES["sad"]) < 0.6
    assert places[-1].distance(PLACES["happy"]) < 0.6
    assert all(one.distance(two) < 1.2 for one, two in pairwise(places))


def test_a_song_skipped_often_yields_to_its_neighbours(reader: LibraryReader) -> None:
    evening = Evening(reader, config())
    nearest = reader.near(PLACES["happy"], 1)[0].uri
    for _ in range(12):
        stickers = evening.fake_mpd.link.stickers(nearest)
        for name, value in changes(stickers, stickers, Mood.HAPPY, Verdict.SKIPPED, 0.0).items():
            evening.fake_mpd.link.set_sticker(nearest, name, value)
    evening.places(Mood.HAPPY, 6)
    assert nearest not in evening.played


def test_a_rejected_song_speaks_against_those_that_sound_like_it(reader: LibraryReader) -> None:
    sounds = Evening(reader, config()).picker.sounds
    sounds.reject("+0.8+0.4.mp3", Mood.HAPPY)
    near, far = (sounds.against(uri, Mood.HAPPY) for uri in ("+0.8+0.6.mp3", "-0.8-0.4.mp3"))
    assert near > far == 0.0
    assert sounds.against("+0.8+0.6.mp3", Mood.SAD) == 0.0


def test_rejected_songs_outlive_a_restart(reader: LibraryReader) -> None:
    evening = Evening(reader, config())
    stickers = changes({}, {}, Mood.HAPPY, Verdict.REJECTED, 99.0)
    for name, value in stickers.items():
        evening.fake_mpd.link.set_sticker("+0.8+0.4.mp3", name, value)
    evening.pick(Mood.HAPPY)
    assert evening.picker.sounds.against("+0.8+0.6.mp3", Mood.HAPPY) > 0
    assert evening.picker.sounds.against("-0.8-0.4.mp3", Mood.HAPPY) == 0


def test_songs_not_yet_analysed_are_seldom_asked_for(
    reader: LibraryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    evening = Evening(reader, config(Strategy.MATCH, SongSource(playlist="New", sounds=Sound.HAPPY)))
    asked: list[str] = []

    def playlist(name: str) -> Iterator[str]:
        asked.append(name)
        return iter(["new/1", "new/2"])

    monkeypatch.setattr(evening.fake_mpd.link, "playlist", playlist)
    assert [evening.pick(Mood.HAPPY) for _ in range(8)] == [None] * 8
    assert len(asked) == 2


def test_songs_like_one_follow_until_the_mood_changes(reader: LibraryReader) -> None:
    evening = Evening(reader, config())
    evening.pick(Mood.HAPPY)
    evening.picker.like("-0.8-0.4.mp3")
    alike = evening.places(Mood.HAPPY, 4)
    assert max(abs(place.valence + 0.8) for place in alike) < 0.3
    assert "-0.8-0.4.mp3" not in evening.played
    after = evening.places(Mood.ANGRY, 3)
    assert max(place.distance(PLACES["angry"]) for place in after) < 0.9


def test_without_more_songs_alike_the_mood_plays_again(few: LibraryReader) -> None:
    evening = Evening(few, config())
    evening.pick(Mood.HAPPY)
    evening.picker.like("angry 0.mp3")
    assert set(evening.places(Mood.HAPPY, 2)) == {PLACES["angry"]}
    assert set(evening.places(Mood.HAPPY, 2)) == {PLACES["happy"]}


def test_artists_and_albums_have_their_share_of_a_dozen(tmp_path: Path) -> None:
    names = [f"{artist}/{album}/{n}.mp3" for artist in range(16) for album in range(2) for n in range(2)]
    # Each artist has a style, so that those nearest to a mood would play most
    library = {uri: Affect(0.5 + 0.02 * int(uri.split("/")[0]), 0.5) for uri in names}
    with analysed(tmp_path, library, artist=lambda uri: uri.split("/")[0], album=dirname) as made:
        evening = Evening(made, config())
        for _ in range(24):
            evening.pick(Mood.HAPPY)
    for start in range(13):
        dozen = evening.played[start : start + 12]
        assert max(Counter(uri.split("/")[0] for uri in dozen).values()) <= PER_ARTIST
        assert max(Counter(map(dirname, dozen)).values()) <= PER_ALBUM


def test_a_copy_of_a_song_rests_with_it(tmp_path: Path) -> None:
    songs = {f"{kind}/{n}.x": Affect(0.8, 0.4 + n / 100) for n in range(20) for kind in ("flac", "mp3")}
    with analysed(tmp_path, songs, artist=lambda uri: f"Artist {basename(uri)}") as made:
        evening = Evening(made, config())
        played = [evening.pick(Mood.HAPPY) or "" for _ in range(20)]
        assert len(set(map(basename, played))) == 20
        seed = Evening(made, config())
        seed.picker.follow(None)
        found = seed.picker.sounds.alike("mp3/3.x", lambda _: True, 8).uris
        assert len(set(map(basename, ("mp3/3.x", *found)))) == 1 + len(found) > 1


@pytest.mark.parametrize("exists", [True, False])
def test_without_an_analysis_the_player_reports_why_it_waits(tmp_path: Path, exists: bool) -> None:
    if exists:
        LibraryStore(tmp_path / "library.sqlite").close()
    with LibraryReader(tmp_path / "library.sqlite") as reader:
        evening = Evening(reader, config())
        assert evening.pick(Mood.HAPPY) is None
    assert list(evening.picker.problems.known.values()) == [NOT_ANALYSED]


def test_a_broken_database_is_a_problem_and_no_end(tmp_path: Path) -> None:
    (tmp_path / "library.sqlite").write_bytes(b"no database" * 999)
    with LibraryReader(tmp_path / "library.sqlite") as reader:
        evening = Evening(reader, config())
        assert evening.pick(Mood.HAPPY) is None
    assert "moodpid analyse mends it" in next(iter(evening.picker.problems.known.values()))


def test_a_database_lost_halfway_still_gives_songs(
    reader: LibraryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "songs", Mock(side_effect=LibraryError("locked")))
    uris = tuple(SONGS)[:3]
    assert SoundSource(reader, Random(1)).near_song(uris[0], uris, 2) == uris[:2]  # noqa: S311
