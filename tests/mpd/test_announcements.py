"""An announcement is left alone, and ends the hands off when it is over: at a fake MPD, in simulated time."""

import pytest

from tests.support.music_room import Room


def test_an_announcement_that_is_over_ends_the_hands_off(room: Room) -> None:
    song = room.mpd.current
    room.mpd.add("bell/0", 0)
    room.mpd.play(0)
    assert "hands off" in room.look().message
    room.mpd.remove(0)
    room.mpd.go(song or 0)
    assert not room.look().message


@pytest.mark.parametrize("looks_between", [0, 1])
def test_an_announcement_behind_the_queue_is_left_alone(room: Room, looks_between: int) -> None:
    song, length = room.mpd.current, len(room.mpd.queue)
    room.mpd.song_s = 10.0
    room.mpd.add("bell/0")
    for _ in range(looks_between):
        room.look()
    room.mpd.play(-1)
    assert "hands off" in room.look().message
    sent = len(room.mpd.sent)
    room.wait(8)
    assert len(room.mpd.sent) == sent
    room.mpd.remove(length)
    room.mpd.go(song or 0)
    assert not room.look().message


@pytest.mark.parametrize("takes_over_between", [False, True])
def test_a_song_of_ours_taken_out_ends_no_hands_off(room: Room, takes_over_between: bool) -> None:
    room.mpd.song_s = 1000.0
    room.mpd.add("user/1")
    assert "hands off" in room.look().message
    if takes_over_between:
        room.reconciler.take_over()
        room.look()
    ours = next(place for place, entry in enumerate(room.mpd.queue) if place and not entry.by_user)
    room.mpd.remove(ours)
    assert "removed songs of ours" in room.look().message
