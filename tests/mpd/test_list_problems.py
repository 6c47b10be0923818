"""What is wrong with lists: shown while it keeps the mood's music away, and logged once."""

import pytest

from moodpid.mood.emotion import Mood
from moodpid.mpd.song_memory import UNUSABLE_S
from moodpid.state import PlayerState
from tests.support.music_room import Room
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import Start, hosting


def names_a_list(state: PlayerState) -> bool:
    return "no playlist" in state.message


def test_lists_of_another_mood_are_not_blamed(mpd: PrivateMpd, start: Start) -> None:
    for name in ("Angry", "Sad"):
        mpd.mpc("rm", name)
    harness = hosting(mpd, start)
    harness.request(Mood.SAD)
    message = harness.until(names_a_list).message
    assert message == 'MPD has no playlist "Sad": save it, or correct [player.playlists]'
    harness.request(Mood.HAPPY)
    harness.until(lambda state: not names_a_list(state))
    mpd.mpc("save", "Sad")
    harness.request(Mood.ANGRY)
    message = harness.until(names_a_list).message
    assert message == 'MPD has no playlist "Angry": save it, or correct [player.playlists]'


def gone(songs: int) -> dict[str, list[str]]:
    """A list whose songs MPD does not have."""
    return {"Happy": [f"gone/{number}" for number in range(songs)]}


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


@pytest.mark.parametrize("songs", [1, 20, 100, 300])
def test_a_list_without_playable_songs_is_logged_once(caplog: pytest.LogCaptureFixture, songs: int) -> None:
    room = Room()
    room.mpd.playlists = gone(songs)
    for _ in range(3):
        assert "MPD cannot add" in room.wait(int(UNUSABLE_S)).message
        room.look(Mood.HAPPY, "database")
    assert len(warnings(caplog)) == 1


def test_a_list_that_was_mended_may_be_logged_again(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    good = room.mpd.playlists
    for _ in range(2):
        room.mpd.playlists = gone(5)
        room.look(Mood.HAPPY, "stored_playlist")
        room.wait(200)
        room.mpd.playlists = good
        room.look(Mood.HAPPY, "stored_playlist")
        assert room.mpd.playing().startswith("happy/")
    assert len(warnings(caplog)) == 2


def test_another_fault_of_a_list_is_news(caplog: pytest.LogCaptureFixture) -> None:
    room = Room()
    room.mpd.playlists = {}
    room.look()
    room.mpd.playlists = gone(5)
    room.wait(5)
    assert [message.split(":")[0] for message in warnings(caplog)] == [
        'MPD has no playlist "Happy"',
        'playlist "Happy"',
    ]
