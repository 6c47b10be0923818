"""Ordinary accidents with music, at a fake MPD in simulated time: none ends mute, none starts unasked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mpd.protocol import MpdGoneError
from moodpid.system.json_file import JsonFile
from tests.support.fake_mpd import FakeMpd
from tests.support.music_room import Room

LONG_LIST = [*(f"gone/{n}" for n in range(200)), "happy/1", "happy/2"]


def test_a_clear_is_a_clear_though_a_seek_was_refused(room: Room) -> None:
    room.mpd.error = "Not seekable"
    room.look()
    room.mpd.clear()
    room.look()
    room.wait(1000)
    assert room.mpd.state == "stop"


def test_a_stop_is_a_stop_though_a_seek_was_refused(room: Room) -> None:
    room.mpd.error = "Not seekable"
    room.look()
    room.mpd.stop()
    room.look()
    room.wait(1000)
    assert room.mpd.state == "stop"


def test_songs_that_cannot_be_opened_are_retried_until_they_can(room: Room) -> None:
    room.mpd.away.add("happy")
    state = room.wait(300)
    assert state.message.startswith("MPD cannot play: Failed to decode happy/")
    assert state.message.endswith("trying again")
    room.mpd.away.clear()
    room.wait(45)
    assert room.mpd.playing()


def test_without_autoplay_an_error_is_named_and_nothing_starts() -> None:
    room = Room(autoplay=False)
    room.look()
    room.mpd.play(0)
    room.wait(20)
    room.mpd.away.add("happy")
    state = room.wait(200)
    room.mpd.away.clear()
    room.wait(200)
    assert "press play to try again" in state.message
    assert room.mpd.state == "stop"


def test_music_recovers_from_broken_songs_without_autoplay() -> None:
    room = Room(TransitionMode.NOW, autoplay=False)
    room.mpd.add("user/0")
    room.mpd.play(0)
    room.mpd.away |= {"happy"}
    room.look()
    assert room.mpd.state == "stop"
    room.mpd.away.clear()
    room.wait(45)
    assert room.mpd.state == "play"


def test_other_songs_come_before_one_that_broke(room: Room) -> None:
    broken = room.mpd.queue[1].file
    room.mpd.playlists = {"Happy": [broken, "share/1", "share/2", "share/3", "share/4"]}
    room.reconciler._picker.memory.mark_broken(broken, room.mpd.now_s)
    room.mpd.clear()
    room.reconciler.take_over()
    heard = set()
    for _ in range(200):
        room.wait(1)
        heard.add(room.mpd.playing())
    assert broken not in heard


def test_the_last_song_of_consume_oneshot_is_no_clear() -> None:
    room = Room()
    room.mpd.add("user/0")
    room.mpd.play()
    room.mpd.options.consume = True
    room.wait(59, mood=None)
    room.mpd.now_s += 1.0
    room.mpd.clear()  # as MPD does at the end of the song, with consume off again
    room.mpd.options.consume = False
    room.look(mood=None)
    room.wait(5)
    assert room.mpd.playing().startswith("happy/")


@pytest.mark.parametrize("known_s", [None, 500.0, 10.0, -1.0])
def test_an_exhausted_queue_restarts_whatever_durations_mpd_reports(
    room: Room, known_s: float | None
) -> None:
    room.mpd.known_s = known_s
    room.wait(250, mood=None)
    assert room.mpd.state == "stop"
    room.wait(5)
    assert room.mpd.playing()


def test_a_queue_exhausted_while_disconnected_starts_again(room: Room) -> None:
    room.mpd.unreachable = True
    with pytest.raises(MpdGoneError):
        room.look()
    for _ in range(250):
        room.mpd.advance(1.0)
    room.mpd.unreachable = False
    room.reconciler.on_connect(room.mpd.link)
    room.wait(5)
    assert room.mpd.playing()


def test_a_queue_consumed_while_disconnected_starts_again(room: Room) -> None:
    room.mpd.options.consume = True
    room.look()
    for _ in range(250):
        room.mpd.advance(1.0)
    assert not room.mpd.queue
    room.reconciler.on_connect(room.mpd.link)
    room.wait(5)
    assert room.mpd.playing()


@pytest.mark.parametrize("consume", [False, True])
def test_a_queue_cleared_while_the_connection_was_away_stays_silent(room: Room, consume: bool) -> None:
    room.mpd.options.consume = consume
    room.look()
    room.mpd.clear()
    room.reconciler.on_connect(room.mpd.link)
    room.wait(1000)
    assert room.mpd.state == "stop"


def test_a_queue_replaced_with_consume_on_is_a_user_s(room: Room) -> None:
    room.mpd.options.consume = True
    room.look()
    room.wait(10)
    room.mpd.clear()
    for number in range(3):
        room.mpd.add(f"user/{number}")
    room.look()  # before the user's next command arrives
    room.mpd.play(0)
    room.look()
    assert room.reconciler.queue_state.hands_off_until_s > room.mpd.now_s


def test_songs_that_had_no_time_to_play_were_cleared(room: Room) -> None:
    room.look()
    assert len(room.mpd.queue) == 3
    room.mpd.options.consume = True
    room.mpd.clear()
    room.mpd.now_s += room.mpd.song_s + 10.0  # the song has ended by now, and the others have not
    room.reconciler.on_connect(room.mpd.link)
    room.wait(1000)
    assert room.mpd.state == "stop"


def test_two_good_songs_among_two_hundred_stale_ones_are_found() -> None:
    room = Room()
    room.mpd.playlists = {"Happy": LONG_LIST}
    room.wait(60)
    assert room.mpd.playing() in ("happy/1", "happy/2")


def test_a_list_of_stale_songs_is_reported_and_retried() -> None:
    room = Room()
    room.mpd.playlists = {"Happy": [f"gone/{n}" for n in range(5)]}
    assert "cannot add any of the 5 songs" in room.wait(30).message
    room.mpd.lost.clear()
    room.look(Mood.HAPPY, "database")
    assert room.mpd.playing().startswith("gone/")


def test_a_full_queue_is_named_until_there_is_room() -> None:
    room = Room()
    room.mpd.add("user/0")
    room.mpd.play(0)
    room.mpd.max_length = 1
    assert "queue is full" in room.look().message
    room.mpd.max_length = 10
    assert not room.wait(40).message


def test_songs_that_an_update_dropped_are_nobody_s_doing(room: Room) -> None:
    waiting = room.mpd.queue[1].file
    room.mpd.lost.add(waiting)  # this file alone
    for entry in list(room.mpd.queue):
        if entry.file == waiting:
            room.mpd.drop(room.mpd.position(entry.id))
    original = room.mpd.is_lost
    room.mpd.is_lost = lambda uri: uri == waiting or original(uri)  # type: ignore[method-assign]
    assert "hands off" not in room.look(Mood.HAPPY, "database").message


def test_songs_dropped_by_an_update_are_no_user_choice(room: Room) -> None:
    room.mpd.add("user/0")
    room.wait(1000)  # the hands off for it is over
    room.mpd.lost.add("happy")
    room.mpd.update()
    assert "hands off" not in room.look(Mood.HAPPY, "database").message
    assert room.mpd.playing() in ("user/0", "")


def test_a_stream_is_left_when_the_mood_changes(room: Room) -> None:
    room.mpd.song_s, room.mpd.known_s = 1e9, None
    room.wait(30)
    assert room.mpd.playing().startswith("happy/")
    room.wait(10, Mood.SAD)
    assert room.mpd.playing().startswith("sad/")


def test_a_silent_stream_is_left_when_the_mood_changes(room: Room) -> None:
    room.mpd.song_s, room.mpd.known_s = 1e9, None
    room.mpd.silent.add("happy")
    room.mpd.next()
    assert "no sound" in room.wait(8).message
    room.wait(10, Mood.SAD)
    assert room.mpd.playing().startswith("sad/")


def test_a_stream_that_falls_silent_is_left_for_the_next(room: Room) -> None:
    room.mpd.song_s, room.mpd.known_s = 1e9, None
    room.wait(100)
    before = room.mpd.playing()
    room.mpd.silent.add("happy")
    room.wait(90)
    assert room.mpd.playing() != before
    room.mpd.silent.clear()
    assert room.wait(60).message == ""


def test_a_stream_of_a_user_is_not_left() -> None:
    room = Room()
    room.mpd.add("user/radio")
    room.mpd.song_s, room.mpd.known_s = 1e9, None
    room.mpd.play(0)
    room.wait(30)
    room.wait(30, Mood.SAD)
    assert room.mpd.playing() == "user/radio"


def test_a_song_that_cannot_seek_is_left_by_a_fade() -> None:
    room = Room(TransitionMode.NOW)
    room.mpd.add("user/0")
    room.mpd.play(0)
    room.mpd.options.xfade, room.mpd.seekable = 5, False
    room.look()
    assert room.mpd.playing().startswith("happy/")


@pytest.mark.parametrize("deed", [FakeMpd.clear, FakeMpd.stop, lambda mpd: mpd.add("user/1")])
def test_take_over_now_ends_hands_off_and_starts_the_music(
    room: Room, deed: Callable[[FakeMpd], object]
) -> None:
    deed(room.mpd)
    assert room.look().message
    room.reconciler.take_over()
    state = room.look()
    assert (room.mpd.state, state.message) == ("play", "")


def test_changes_before_the_first_start_are_no_takeover() -> None:
    room = Room()
    room.mpd.add("user/0")
    room.mpd.add("user/1")
    room.look()
    assert room.mpd.playing().startswith("happy/")


def test_taking_over_an_empty_room_starts_nothing_hours_later() -> None:
    room = Room(autoplay=False)
    room.look(Mood.NOBODY)
    room.reconciler.take_over()
    room.wait(3600, Mood.NOBODY)
    room.wait(5)
    assert room.mpd.state == "stop"


def test_a_song_of_before_a_restart_teaches_as_others_do(tmp_path: Path) -> None:
    room = Room(file=JsonFile(tmp_path / "player.json"))
    room.look()
    song = room.mpd.playing()
    room.restart()
    room.look()
    room.reconciler.reject_song(room.mpd.link)
    room.wait(65)
    assert "moodpid_happy_rejected" in room.mpd.stickers[song]
    assert room.mpd.stickers[song]["moodpid_happy_skipped"] == "3"  # the rejection alone
    heard = [stickers for uri, stickers in room.mpd.stickers.items() if uri != song]
    assert [stickers["moodpid_happy_heard"] for stickers in heard] == ["1"]
