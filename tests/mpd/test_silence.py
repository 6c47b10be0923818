"""MPD plays, and nothing is heard: an output hangs, or a song is slow to open. At a fake MPD."""

import logging

import pytest

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mpd.answers import status
from tests.support.music_room import Room

HANGS = "no sound leaves it"


def test_an_output_that_hangs_is_reported_until_it_goes_on(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "moodpid.mpd")
    room.wait(10)
    room.mpd.output_hangs = True
    assert not room.wait(29).message
    for _ in range(100):
        assert HANGS in room.wait(2).message
    room.mpd.output_hangs = False
    assert not room.wait(2).message
    assert [HANGS in line for line in caplog.messages] == [True, False]


def test_mpd_is_looked_at_in_time_to_notice(room: Room) -> None:
    room.mpd.song_s = 600.0
    room.wait(10)
    room.mpd.output_hangs = True
    began_s = room.mpd.now_s
    while HANGS not in room.look().message:
        room.mpd.advance(room.reconciler.until_s - room.mpd.now_s)
    assert room.mpd.now_s - began_s <= 60.0


def test_songs_of_a_user_do_not_hide_a_hanging_output(room: Room) -> None:
    room.mpd.output_hangs = True
    for _ in range(8):
        room.wait(5)
        room.mpd.add("user/0", 0)
    message = room.look().message
    assert HANGS in message
    assert "hands off until" in message


@pytest.mark.parametrize("change", TransitionMode)
def test_a_song_in_which_mpd_hangs_is_not_cut_short(change: TransitionMode) -> None:
    room = Room(change)
    room.wait(10)
    room.mpd.output_hangs = True
    room.wait(40)
    song = room.mpd.playing()
    before = len(room.mpd.sent)
    assert HANGS in room.wait(10, Mood.SAD).message
    assert room.mpd.playing() == song
    assert room.mpd.sent[before:] == []


def test_a_song_that_opens_late_is_no_hanging_output(room: Room) -> None:
    room.mpd.silent.add("happy")
    room.mpd.next()
    assert not room.wait(29).message
    assert "cannot open it yet" in room.wait(2).message


def test_a_station_that_opens_late_is_no_hanging_output() -> None:
    room = Room()
    room.mpd.song_s, room.mpd.known_s = 1e9, None
    room.mpd.silent.add("user")
    room.mpd.add("user/radio")
    room.mpd.play(0)
    assert {room.wait(1).message for _ in range(60)} == {"", "the stream gives no sound"}


@pytest.mark.parametrize(
    ("answer", "opened"),
    [
        ({"state": "play", "elapsed": "0.000"}, False),
        ({"state": "play", "elapsed": "0.000", "audio": "44100:16:2"}, True),
        ({"state": "play", "elapsed": "0.167"}, True),
    ],
)
def test_mpd_has_opened_what_it_knows_the_format_of(answer: dict[str, str], opened: bool) -> None:
    assert status(answer).opened is opened
