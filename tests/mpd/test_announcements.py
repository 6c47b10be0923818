"""After an announcement all is as before: at a fake MPD, in simulated time."""

from collections.abc import Callable

import pytest

from tests.support.fake_mpd import FakeMpd
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


def silent_house(action: Callable[[FakeMpd], object], *, autoplay: bool = False) -> Room:
    """A house where a song of a user played, until a user ended it."""
    room = Room(autoplay=autoplay)
    room.mpd.add("user/0")
    room.mpd.play(0)
    room.wait(10)
    action(room.mpd)
    return room


def announce(mpd: FakeMpd, room: Room, looks: int) -> None:
    """Play a clip as Home Assistant does: clear, add and play; `looks`: how many in between."""
    mpd.song_s = 4.0
    mpd.clear()
    if looks == 2:
        room.look()
    mpd.add("bell/0")
    if looks:
        room.look()
    mpd.play()
    room.look()


@pytest.mark.parametrize("autoplay", [False, True])
@pytest.mark.parametrize("looks", [0, 1, 2])
@pytest.mark.parametrize("action", [FakeMpd.stop, FakeMpd.pause, FakeMpd.clear])
def test_no_music_follows_an_announcement_in_a_silent_house(
    autoplay: bool, looks: int, action: Callable[[FakeMpd], object]
) -> None:
    room = silent_house(action, autoplay=autoplay)
    room.wait(3600)
    for _ in range(2):
        announce(room.mpd, room, looks)
        room.wait(1800)
        assert room.mpd.state == "stop"
        assert room.mpd.user_songs() == [entry.id for entry in room.mpd.queue]


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_song_that_a_user_plays_ends_the_stop(looks: int) -> None:
    room = silent_house(FakeMpd.stop)
    room.wait(60)
    announce(room.mpd, room, looks)
    room.wait(10)
    room.mpd.song_s = 200.0
    room.mpd.add("user/1")
    room.mpd.play(-1)
    room.wait(400)
    assert room.mpd.playing().startswith("happy/")


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_music_that_an_announcement_cleared_away_comes_back(room: Room, looks: int) -> None:
    room.wait(10)
    announce(room.mpd, room, looks)
    room.wait(10)
    assert room.mpd.playing().startswith("happy/")


@pytest.mark.parametrize("looks_between", [0, 1])
@pytest.mark.parametrize("way", [0, None], ids=["before the song", "behind the queue"])
def test_an_announcement_is_no_skip(way: int | None, looks_between: int) -> None:
    skips: list[None] = []
    room = Room(skipped=lambda: skips.append(None))
    room.look()
    room.wait(5)
    song = room.mpd.playing()
    assert song.startswith("happy/")
    room.mpd.add("bell/0", way)
    for _ in range(looks_between):
        room.look()
    room.mpd.play(0 if way == 0 else -1)
    room.look()
    assert (room.mpd.stickers.get(song, {}), skips) == ({}, [])


@pytest.mark.parametrize("looks", [0, 1, 2])
def test_a_queue_cleared_for_an_announcement_is_no_skip(looks: int) -> None:
    skips: list[None] = []
    room = Room(skipped=lambda: skips.append(None))
    room.look()
    room.wait(5)
    song = room.mpd.playing()
    announce(room.mpd, room, looks)
    assert (room.mpd.stickers.get(song, {}), skips) == ({}, [])


def test_a_song_left_for_the_next_is_a_skip() -> None:
    skips: list[None] = []
    room = Room(skipped=lambda: skips.append(None))
    room.look()
    room.wait(5)
    song = room.mpd.playing()
    room.mpd.next()
    room.look()
    assert room.mpd.stickers[song]["skipCount"] == "1"
    assert len(skips) == 1


def test_a_house_asked_for_music_is_silent_no_more() -> None:
    room = silent_house(FakeMpd.stop)
    room.wait(10)
    announce(room.mpd, room, 0)
    room.mpd.song_s = 20.0
    room.wait(18)
    room.reconciler.take_over()
    room.wait(8)
    assert room.mpd.playing().startswith("happy/")
    announce(room.mpd, room, 0)
    room.wait(10)
    assert room.mpd.playing().startswith("happy/")
