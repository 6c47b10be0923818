"""An output that fails costs no music, and hides no user's pause."""

from itertools import pairwise

from moodpid.state import PlayerState
from tests.support.music_room import Room


def test_playback_resumes_in_place_after_an_output_failed(room: Room) -> None:
    room.wait(20)
    song = room.mpd.playing()
    room.mpd.output_broken, room.mpd.state, room.mpd.error = True, "pause", "Failed to open audio output"
    assert "audio output" in room.wait(100).message
    room.mpd.output_broken = False
    room.wait(45)
    assert room.mpd.playing() == song


def fail(room: Room) -> PlayerState:
    """Let the output fail, for which MPD pauses; when it is tried again, it opens."""
    room.mpd.state, room.mpd.error = "pause", "Failed to play on an output"
    return room.look()


def test_an_output_that_dies_is_tried_ever_less_often(room: Room) -> None:
    room.wait(20)  # far enough into the song to count as heard, if that alone were asked
    pauses_s = []
    for _ in range(6):
        fail(room)
        failed_s = room.mpd.now_s
        while room.mpd.state == "pause":
            room.wait(1)
        pauses_s.append(round(room.mpd.now_s - failed_s))
        room.wait(1)
    assert pauses_s == [2, 5, 10, 20, 30, 30]


def test_an_output_that_opens_and_hangs_has_not_been_heard(room: Room) -> None:
    room.wait(20)
    fail(room)
    room.wait(2)
    room.mpd.silent.add("happy")
    room.wait(20)
    assert "trying again" in fail(room).message
    room.wait(4)
    assert room.mpd.state == "pause"


def test_music_that_was_heard_again_begins_with_short_pauses(room: Room) -> None:
    for _ in range(2):
        fail(room)
        room.wait(2 + 6)
        assert room.mpd.state == "play"


def test_an_output_a_user_tried_in_vain_is_reported(room: Room) -> None:
    fail(room)
    room.mpd.resume()
    room.look()
    assert "MPD cannot play" in fail(room).message


def test_the_same_output_error_twice_is_recovered_twice(room: Room) -> None:
    for _ in range(2):
        room.mpd.output_broken, room.mpd.state, room.mpd.error = True, "pause", "Failed to open audio output"
        room.look()
        room.mpd.output_broken = False
        room.wait(45)
        assert room.mpd.playing()
        room.mpd.error = "Failed to open audio output"  # MPD shows it on, though it plays
        room.wait(2)


def test_an_output_that_fails_again_during_hands_off_comes_back(room: Room) -> None:
    room.mpd.add("user/0")
    room.mpd.error = "Failed to open audio output"  # MPD shows it on, though it plays
    room.look()
    room.mpd.output_broken, room.mpd.state, room.mpd.error = True, "pause", "Failed to open audio output"
    room.look()
    room.mpd.output_broken = False
    room.wait(2000)
    assert room.mpd.playing()


def test_a_pause_of_a_user_during_a_failure_stays(room: Room) -> None:
    room.mpd.output_broken, room.mpd.state, room.mpd.error = True, "pause", "Failed to open audio output"
    room.look()
    room.mpd.stop()
    room.look()
    room.mpd.output_broken = False
    room.wait(300)
    assert room.mpd.state == "stop"


def test_pauses_between_tries_grow_to_half_a_minute(room: Room) -> None:
    room.mpd.output_broken, room.mpd.state, room.mpd.error = True, "pause", "Failed to open audio output"
    tries_s: list[float] = []
    for _ in range(120):
        before = len(room.mpd.sent)
        room.wait(1)
        tries_s += [room.mpd.now_s] * (len(room.mpd.sent) > before)
    pauses_s = [round(later - early) for early, later in pairwise(tries_s)]
    assert pauses_s == [5, 10, 20, 30, 30]
