"""Songs that a user just added have their turn before ours: at a fake MPD, in simulated time."""

import pytest

from moodpid.mood.emotion import Mood
from tests.support.fake_mpd import FakeMpd
from tests.support.music_room import Room

HANDS_OFF_S = 905


def heard_before_ours(room: Room) -> int:
    """How many songs of a user stand between the current one and ours once the hands off are over."""
    room.mpd.song_s = 10_000.0
    assert "hands off" in room.look().message
    room.wait(HANDS_OFF_S)
    mpd = room.mpd
    behind = mpd.queue[mpd.position(mpd.current or 0) + 1 :]
    return next(number for number, entry in enumerate(behind) if not entry.by_user)


def replace_queue(mpd: FakeMpd, songs: int) -> None:
    """Clear, add and play, as "play this album now" does."""
    mpd.clear()
    for number in range(songs):
        mpd.add(f"album/{number}")
    mpd.play(0)


@pytest.mark.parametrize(("songs", "turns"), [(2, 1), (3, 2), (6, 5), (12, 5)])
def test_an_album_in_place_of_the_queue_has_turns(room: Room, songs: int, turns: int) -> None:
    replace_queue(room.mpd, songs)
    assert heard_before_ours(room) == turns


def test_an_album_after_the_end_of_the_queue_has_turns() -> None:
    room = Room(autoplay=False)
    for number in range(6):
        room.mpd.add(f"user/{number}")
    room.mpd.play(5)
    room.look()
    room.wait(190, Mood.NOBODY)
    assert room.mpd.state == "stop"
    replace_queue(room.mpd, 4)
    assert heard_before_ours(room) == 3


@pytest.mark.parametrize("songs", [1, 5, 6, 12])
def test_many_songs_at_once_have_five_turns_at_most(room: Room, songs: int) -> None:
    for number in range(songs):
        room.mpd.add(f"album/{number}", 1 + number)
    assert heard_before_ours(room) == min(5, songs)


@pytest.mark.parametrize("mpd_too", [False, True])
def test_a_lost_connection_takes_no_turns_without_songs_of_ours(room: Room, mpd_too: bool) -> None:
    replace_queue(room.mpd, 4)
    room.look()
    requests = room.reconciler.queue_state.user_requests
    room.mpd.advance(10.0)
    if mpd_too:
        room.mpd.restart()
    room.reconciler.on_connect(room.mpd.link)
    assert room.reconciler.queue_state.user_requests == (frozenset() if mpd_too else requests)


def test_songs_that_lay_in_the_queue_before_have_no_turn() -> None:
    room = Room()
    replace_queue(room.mpd, 40)
    room.look()
    room.mpd.play(30)
    assert heard_before_ours(room) == 0


def test_a_song_added_while_we_add_has_its_turn(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.mpd.song_s = 10_000.0
    link = room.mpd.link
    add, added = link.add, iter([True])

    def add_after_a_user(uri: str, offset: int | None) -> int:
        if next(added, False):
            room.mpd.add("user/1", 1)
        return add(uri, offset)

    monkeypatch.setattr(link, "add", add_after_a_user)
    room.look(Mood.SAD)
    room.look(Mood.SAD)
    user = next(entry.id for entry in room.mpd.queue if entry.file == "user/1")
    assert user in room.reconciler.queue_state.user_requests
