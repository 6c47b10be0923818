"""A user who took over does not end the music by it: at a fake MPD, in simulated time."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from tests.support.fake_mpd import FakeMpd
from tests.support.music_room import Room


def playing_room(change: TransitionMode = TransitionMode.NEXT, song_s: float = 200.0) -> Room:
    """A user's songs of which the first plays, with two of ours behind it; nothing else starts them."""
    room = Room(change, autoplay=False)
    room.mpd.song_s = song_s
    room.mpd.add("user/0")
    room.mpd.add("user/last")
    room.mpd.play(0)
    room.look()
    return room


def hear(room: Room, seconds: int, mood: Mood = Mood.HAPPY) -> None:
    """Let time pass, with a look where MPD has news or one is due, as the worker does."""
    mpd = room.mpd
    for _ in range(seconds):
        before = mpd.current, mpd.state
        mpd.advance(1.0)
        if before != (mpd.current, mpd.state) or room.reconciler.until_s <= mpd.now_s:
            room.look(mood)


@given(
    change=st.sampled_from(TransitionMode),
    song_s=st.sampled_from([20.0, 60.0, 150.0, 240.0]),
    adds=st.lists(st.tuples(st.integers(1, 600), st.none() | st.integers(0, 6)), min_size=1, max_size=4),
)
@settings(max_examples=25, deadline=None)
def test_a_user_who_only_adds_never_ends_the_music(
    change: TransitionMode, song_s: float, adds: list[tuple[int, int | None]]
) -> None:
    room = playing_room(change, song_s)
    for seconds, at in adds:
        hear(room, seconds)
        room.mpd.add("user/1", at)
        room.look()
    hear(room, 1200)
    assert room.mpd.state == "play"


@pytest.mark.parametrize(
    "deed",
    [
        lambda mpd: mpd.add("user/1"),
        lambda mpd: mpd.play(-1),
        lambda mpd: mpd.remove(1),
        lambda mpd: mpd.remove(2),
    ],
    ids=["adds", "chooses", "removes the next", "removes another"],
)
@pytest.mark.parametrize("known_s", [-1.0, 20.0])
def test_music_goes_on_after_what_a_user_did(deed: Callable[[FakeMpd], object], known_s: float) -> None:
    room = playing_room()
    hear(room, 100)
    deed(room.mpd)
    assert "hands off" in room.look().message
    room.mpd.known_s = known_s
    hear(room, 1000)
    assert room.mpd.state == "play"


@pytest.mark.parametrize("deed", [FakeMpd.clear, FakeMpd.stop, FakeMpd.pause])
def test_music_that_a_user_ended_stays_ended(deed: Callable[[FakeMpd], object]) -> None:
    room = playing_room()
    room.mpd.add("user/1")
    room.look()
    deed(room.mpd)
    room.look()
    hear(room, 1000)
    assert room.mpd.state != "play"


def test_until_shortly_before_the_end_not_a_command_is_sent() -> None:
    room = playing_room()
    room.mpd.play(-1)
    room.look()
    sent = len(room.mpd.sent)
    hear(room, 165)
    assert len(room.mpd.sent) == sent
    hear(room, 10)
    assert [command for command, *_ in room.mpd.sent[sent:]].count("addid") == 2


def test_a_song_whose_hands_off_ended_early_is_not_cut() -> None:
    room = playing_room(TransitionMode.NOW)
    room.look()
    room.mpd.add("user/1")
    room.mpd.play(-1)
    room.look()
    hear(room, 180)
    hear(room, 15, Mood.SAD)
    assert room.mpd.playing() == "user/1"
    hear(room, 15, Mood.SAD)
    assert room.mpd.playing().startswith("sad/")


def test_in_an_empty_room_the_music_runs_out() -> None:
    room = playing_room()
    room.mpd.add("user/1")
    room.look()
    hear(room, 1000, Mood.NOBODY)
    assert room.mpd.state == "stop"


def test_a_user_s_station_of_unknown_length_is_not_left() -> None:
    room = playing_room(TransitionMode.NOW)
    room.mpd.song_s, room.mpd.known_s = 1e9, None
    room.mpd.add("user/radio")
    room.mpd.play(-1)
    room.look()
    sent = len(room.mpd.sent)
    hear(room, 30)
    hear(room, 600, Mood.SAD)
    assert room.mpd.playing() == "user/radio"
    assert len(room.mpd.sent) == sent
