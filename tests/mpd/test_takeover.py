"""What a user does at a real MPD, with mpc as that user, and what follows from it."""

import pytest

from moodpid.mood.emotion import Mood
from moodpid.state import PlayerStatus
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import Start, folders, hands_off, hosting, queue


def test_a_user_s_song_is_never_removed_and_we_hold(mpd: PrivateMpd, start: Start) -> None:
    harness = hosting(mpd, start)
    mpd.mpc("add", "sad/november.wav")
    state = harness.until(hands_off)
    assert state.message.startswith("a user added songs: moodpid keeps its hands off until ")
    before = queue(mpd)
    harness.request(Mood.SAD)
    mpd.mpc("next")
    harness.until(lambda state: state.status is PlayerStatus.PLAY)
    assert queue(mpd) == before


def test_after_the_takeover_we_queue_behind_the_user_s_songs(mpd: PrivateMpd, start: Start) -> None:
    harness = hosting(mpd, start, hands_off_s=1.0)
    mpd.mpc("insert", "sad/november.wav")
    harness.until(hands_off)
    harness.until(lambda state: not hands_off(state))
    harness.request(Mood.FEAR)
    harness.until(lambda state: state.mood is Mood.FEAR)
    assert queue(mpd)[1] == "sad/november.wav"
    assert folders(mpd)[2:4] == ["fear", "fear"]


@pytest.mark.parametrize(
    ("doing", "named"),
    [
        (["clear"], "cleared the queue"),
        (["del", "2"], "removed songs of ours"),
        (["play", "5"], "chose another song"),
        (["load", "Sad"], "added songs"),
    ],
)
def test_what_a_user_did_is_named(mpd: PrivateMpd, start: Start, doing: list[str], named: str) -> None:
    harness = hosting(mpd, start)
    mpd.mpc(*doing)
    assert named in harness.until(hands_off).message


def test_skipping_to_our_song_is_no_take_over(mpd: PrivateMpd, start: Start) -> None:
    harness = hosting(mpd, start)
    mpd.mpc("next")
    assert not hands_off(harness.catch_up(mpd))
    assert folders(mpd).count("happy") == 3  # the one that plays, and two that wait


@pytest.mark.parametrize("switch", ["single", "repeat"])
def test_one_song_for_ever_is_respected_and_reported(mpd: PrivateMpd, start: Start, switch: str) -> None:
    mpd.mpc("add", "sad/november.wav")
    mpd.mpc("play")
    mpd.mpc("pause")
    mpd.mpc(switch, "on")
    harness = start()
    harness.request(Mood.HAPPY)
    state = harness.until(lambda state: bool(state.message))
    assert "single" in state.message or "repeated" in state.message
    assert queue(mpd) == ["sad/november.wav"]
    mpd.mpc(switch, "off")
    harness.until(lambda state: state.mood is Mood.HAPPY)


def test_consumed_songs_are_no_take_over(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("consume", "on")
    harness = hosting(mpd, start)
    for _ in range(3):
        mpd.mpc("next")
        assert harness.catch_up(mpd).status is PlayerStatus.PLAY
    assert not any(hands_off(state) for state in harness.states)
