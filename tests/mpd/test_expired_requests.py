"""What is wanted at once is done at once or not at all: at a fake MPD, in simulated time."""

from pathlib import Path

import pytest

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.system.json_file import JsonFile
from tests.support.music_room import LISTS, Room


def room_with_a_user_s_song(file: JsonFile | None = None) -> Room:
    """A long song of a user has been playing, and the mood is happy."""
    room = Room(TransitionMode.NOW, autoplay=False, file=file)
    room.mpd.song_s = 20_000.0
    room.mpd.add("user/0")
    room.mpd.play(0)
    room.mpd.playlists = {}
    room.wait(61)
    room.mpd.playlists = dict(LISTS)
    room.look(Mood.HAPPY, "stored_playlist")
    assert room.mpd.playing() == "user/0"
    return room


def test_the_first_mood_of_all_is_heard_at_once() -> None:
    room = Room(TransitionMode.NOW)
    room.mpd.add("user/0")
    room.mpd.play(0)
    room.look()
    assert room.mpd.playing().startswith("happy/")


def test_the_same_mood_after_a_restart_cuts_no_song(tmp_path: Path) -> None:
    room = room_with_a_user_s_song(JsonFile(tmp_path / "player.json"))
    room.restart()
    room.look(None)
    room.wait(10)
    assert room.mpd.playing() == "user/0"


def test_another_mood_after_a_restart_is_heard_at_once(tmp_path: Path) -> None:
    room = room_with_a_user_s_song(JsonFile(tmp_path / "player.json"))
    room.restart()
    room.look(None)
    room.wait(2, Mood.SAD)
    assert room.mpd.playing().startswith("sad/")


@pytest.mark.parametrize(("seconds", "heard"), [(10, "sad/"), (600, "user/0")])
def test_songs_that_come_late_cut_no_other(seconds: int, heard: str) -> None:
    room = room_with_a_user_s_song()
    room.mpd.playlists = {"Happy": LISTS["Happy"]}
    room.wait(seconds, Mood.SAD)
    room.mpd.playlists = dict(LISTS)
    room.look(Mood.SAD, "stored_playlist")
    assert room.mpd.playing().startswith(heard)
    room.wait(60, Mood.SAD)
    assert room.mpd.playing().startswith(heard)


def test_taking_over_without_songs_starts_nothing_hours_later() -> None:
    room = Room(autoplay=False)
    room.mpd.playlists = {}
    room.look()
    room.reconciler.take_over()
    room.wait(600)
    room.mpd.playlists = dict(LISTS)
    room.look(Mood.HAPPY, "stored_playlist")
    room.wait(60)
    assert room.mpd.state == "stop"
