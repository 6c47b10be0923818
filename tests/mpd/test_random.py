"""In random mode songs that users add have their turn, and then ours: at a fake MPD, in simulated time."""

import pytest

from tests.support.music_room import Room


@pytest.fixture
def room() -> Room:
    """Random is on, and a user has just added three songs to ours."""
    room = Room()
    room.mpd.options.random = True
    room.look()
    for number in range(3):
        room.mpd.add(f"user/{number}")
    return room


def heard(room: Room, seconds: int) -> list[str]:
    """The folders of the songs that begin within some seconds, in order."""
    begun, before = [], room.mpd.current
    for _ in range(seconds):
        room.wait(1)
        if room.mpd.current != before:
            begun.append(room.mpd.playing().split("/")[0])
            before = room.mpd.current
    return begun


def test_songs_that_a_user_added_come_first_in_random_mode(room: Room) -> None:
    room.mpd.song_s = 920.0
    room.look()
    room.wait(910)
    room.mpd.song_s = 60.0
    assert heard(room, 420) == ["user"] * 3 + ["happy"] * 4


def test_a_priority_that_a_user_set_stays(room: Room) -> None:
    first, second, third = (entry for entry in room.mpd.queue if entry.by_user)
    room.mpd.link.prioritize(first.id, 3)
    room.mpd.link.prioritize(second.id, 200)
    room.mpd.song_s = 2000.0
    room.look()
    room.wait(910)
    assert (first.prio, second.prio) == (3, 200)
    assert third.prio > max(entry.prio for entry in room.mpd.queue if not entry.by_user)


def test_no_song_is_raised_twice(room: Room) -> None:
    room.mpd.song_s = 920.0
    room.look()
    room.wait(910)
    room.mpd.song_s = 60.0
    sent = len(room.mpd.sent)
    room.wait(3600)
    raised = [command[2] for command in room.mpd.sent[sent:] if command[0] == "prioid"]
    assert len(raised) == len(set(raised))
