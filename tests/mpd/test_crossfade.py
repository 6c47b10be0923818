"""A song that MPD fades over to is heard already: at a fake MPD, in simulated time."""

import pytest

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from tests.support.music_room import Room

CROSSFADE_S = 10


def fading_room(change: TransitionMode, *, random: bool = False) -> Room:
    """A crossfade into a song of ours is about to begin."""
    room = Room(change)
    room.mpd.song_s, room.mpd.options.xfade, room.mpd.options.random = 200.0, CROSSFADE_S, random
    room.look()
    room.wait(189)
    return room


@pytest.mark.parametrize("change", TransitionMode)
@pytest.mark.parametrize("random", [False, True])
def test_a_song_that_mpd_fades_over_to_stays(change: TransitionMode, random: bool) -> None:
    room = fading_room(change, random=random)
    following, sent = room.mpd.following(), len(room.mpd.sent)
    room.look(Mood.SAD)
    assert room.mpd.following() == following
    assert room.mpd.sent[sent:] == []


@pytest.mark.parametrize("change", [TransitionMode.NOW, TransitionMode.NEXT])
def test_the_mood_is_followed_once_mpd_has_faded_over(change: TransitionMode) -> None:
    room = fading_room(change)
    room.look(Mood.SAD)
    room.wait(20, Mood.SAD)
    assert room.mpd.playing().startswith("sad/" if change is TransitionMode.NOW else "happy/")
    assert [entry.file.split("/")[0] for entry in room.mpd.queue[-2:]] == ["sad", "sad"]


def test_behind_a_last_song_about_to_end_ours_still_follow() -> None:
    room = Room()
    room.mpd.song_s, room.mpd.options.xfade = 200.0, CROSSFADE_S
    room.mpd.add("user/0")
    room.mpd.play(0)
    room.wait(189, Mood.NOBODY)
    room.look()
    assert len(room.mpd.queue) == 3


def room_without_sad_songs() -> Room:
    """Songs of a user play, with a crossfade, and there is no list of the mood."""
    room = Room()
    room.mpd.song_s, room.mpd.options.xfade = 200.0, CROSSFADE_S
    room.mpd.playlists = {"Happy": room.mpd.playlists["Happy"]}
    for uri in ("user/0", "user/1"):
        room.mpd.add(uri)
    room.mpd.play(0)
    return room


def test_a_missing_list_is_reported_through_the_fade() -> None:
    room = room_without_sad_songs()
    messages = {room.wait(1, Mood.SAD).message for _ in range(250)}
    assert len(messages) == 1
    assert "Sad" in messages.pop()


def test_an_earlier_mood_s_fault_is_gone_in_a_fade() -> None:
    room = room_without_sad_songs()
    assert room.wait(192, Mood.SAD).message
    assert not room.wait(1, Mood.HAPPY).message
