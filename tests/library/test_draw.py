from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from moodpid.library.draw import (
    PER_ARTIST,
    closeness,
    draw_songs,
    nearest_of,
    songs_as_near,
    without_copies,
)
from moodpid.library.places import Place
from moodpid.library.reader import PlacedSong
from moodpid.library.records import Tags
from moodpid.mood.emotion import Affect

TARGET = Affect(0.8, 0.5)


def rng(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - the same draws every time


def song(uri: str, valence: float, artist: str = "", album: str = "") -> PlacedSong:
    return PlacedSong(uri, Tags(uri, artist, album), Place(Affect(valence, 0.5), 0.1, 0.1), bytes(16), 1)


songs = st.lists(
    st.builds(song, st.uuids().map(str), st.floats(-1, 1), st.sampled_from(["", "Ann", "Bob", "Cee"])),
    max_size=40,
    unique_by=lambda one: one.uri,
)


def test_near_songs_are_drawn_more_often_than_far_ones() -> None:
    pool = [song("near", 0.8), song("middle", 0.5), song("far", -0.8)]
    first = Counter(draw_songs(pool, TARGET, 1, rng(seed))[0].uri for seed in range(400))
    assert first["near"] > first["middle"] > first["far"]
    assert first["far"] < 4


def test_artists_and_albums_repeat_seldom_while_there_are_others() -> None:
    pool = [song(f"{n}", 0.8, "Ann", f"{n}") for n in range(20)] + [
        song(f"b{n}", 0.7, f"Artist {n}", "x") for n in range(20)
    ]
    for seed in range(20):
        drawn = draw_songs(pool, TARGET, 12, rng(seed))
        assert sum(one.tags.artist == "Ann" for one in drawn) <= PER_ARTIST
    album = [song(f"{n}", 0.8, "Ann", "One") for n in range(5)] + [
        song("b", 0.7, "Bob"),
        song("c", 0.7, "Cee"),
    ]
    assert {one.tags.artist for one in draw_songs(album, TARGET, 3, rng(1))} == {"Ann", "Bob", "Cee"}


def test_the_artist_that_plays_waits_while_another_fits() -> None:
    pool = [song("a", 0.8, "Ann"), song("b", 0.3, "Bob")]
    playing = [song("c", 0.8, "Ann")]
    assert all(draw_songs(pool, TARGET, 2, rng(seed), playing) == pool[1:] for seed in range(30))
    assert draw_songs(pool[:1], TARGET, 1, rng(1), playing) == pool[:1]


def test_what_played_counts_for_a_dozen_songs() -> None:
    pool = [song("a", 0.8, "Ann", "Two"), song("b", 0.3, "Bob", "One")]
    others = [song(f"{n}", 0.8, f"Artist {n}") for n in range(12)]
    heard = [song("c", 0.8, "Ann", "Two")]
    assert draw_songs(pool, TARGET, 2, rng(1), heard + others[:10]) == pool[1:]
    assert set(draw_songs(pool, TARGET, 2, rng(1), heard + others[:11])) == set(pool)


def test_if_all_had_their_share_those_with_least_come() -> None:
    pool = [song(f"{artist}{n}", 0.8, artist, f"{n}") for artist in ("Ann", "Bob") for n in range(3)]
    recent = [pool[0], pool[3], pool[1], pool[4], pool[2], *(song(f"{n}", 0.8) for n in range(3))]
    assert draw_songs(pool, TARGET, 6, rng(1), recent) == pool[5:]


def test_copies_of_a_song_count_as_one() -> None:
    flac = PlacedSong("a.flac", Tags("One", "Ann"), Place(TARGET, 0.1, 0.1), bytes(16), 1)
    mp3 = replace(flac, uri="a.mp3", tags=Tags("ONE", "ann", "The Best Of"))
    untagged = [replace(flac, uri=f"{n}.mp3", tags=Tags("One")) for n in range(2)]
    assert list(without_copies([flac, mp3, *untagged], [])) == [flac, *untagged]
    assert list(without_copies([flac, *untagged], [mp3])) == untagged


@given(songs, st.integers(0, 50), st.integers())
def test_each_song_is_drawn_once_at_most(pool: list[PlacedSong], count: int, seed: int) -> None:
    drawn = draw_songs(pool, TARGET, count, rng(seed))
    assert len(drawn) == min(count, len(pool))
    assert len({one.uri for one in drawn}) == len(drawn)
    assert {one.uri for one in drawn} <= {one.uri for one in pool}


@given(st.floats(-1, 1), st.floats(-1, 1))
def test_closeness_falls_with_distance(one: float, other: float) -> None:
    nearest = song("a", 0.8).place.distance(TARGET)
    near, far = sorted((song("b", one), song("c", other)), key=lambda s: s.place.distance(TARGET))
    assert 1 >= closeness(near, TARGET, nearest) >= closeness(far, TARGET, nearest) >= 0


@given(songs, st.floats(1e-9, 1))
def test_among_the_songs_as_near_is_the_nearest(pool: list[PlacedSong], least: float) -> None:
    near = songs_as_near(pool, TARGET, least)
    assert bool(near) == bool(pool)
    assert nearest_of(near, TARGET) == nearest_of(pool, TARGET)
    others = [one.place.distance(TARGET) for one in pool if one not in near]
    assert all(other > one.place.distance(TARGET) for other in others for one in near)
