"""A song that we cut short teaches nothing: at a fake MPD, in simulated time."""

import pytest

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from tests.support.music_room import Room


@pytest.mark.parametrize("crossfade_s", [0, 5])
def test_a_song_that_we_cut_short_leaves_no_sticker(crossfade_s: int) -> None:
    room = Room(TransitionMode.NOW)
    room.mpd.song_s, room.mpd.options.xfade = 200.0, crossfade_s
    room.look()
    room.wait(20)
    song = room.mpd.playing()
    room.wait(30, Mood.SAD)
    assert room.mpd.playing().startswith("sad/")
    assert song not in room.mpd.stickers


def test_a_song_heard_whole_after_a_cut_is_counted() -> None:
    room = Room(TransitionMode.NOW)
    room.mpd.song_s, room.mpd.options.xfade = 200.0, 5
    room.look()
    room.wait(20)
    song = room.mpd.playing()
    room.wait(30, Mood.SAD)
    room.mpd.go(next(entry.id for entry in room.mpd.queue if entry.file == song))
    room.wait(220, Mood.SAD)
    assert room.mpd.stickers[song]["moodpid_happy_heard"] == "1"


def test_the_next_song_after_a_cut_is_counted() -> None:
    room = Room(TransitionMode.NOW)
    room.mpd.song_s, room.mpd.options.xfade = 200.0, 5
    room.look()
    room.wait(30, Mood.SAD)
    song = room.mpd.playing()
    room.wait(200, Mood.SAD)
    assert room.mpd.stickers[song]["moodpid_sad_heard"] == "1"
