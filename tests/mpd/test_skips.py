"""Songs that are left, by whom and when: what is reported, and what the stickers keep."""

import pytest

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.state import PlayerStatus
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import NEARLY_OVER, Start, WorkerHarness, hosting, playing, until


def play_to_the_end(mpd: PrivateMpd, harness: WorkerHarness) -> None:
    """Hear the last seconds of the song that plays, until the next one does."""
    song = playing(mpd)
    mpd.mpc("pause")
    harness.until(lambda state: state.status is PlayerStatus.PAUSE)
    mpd.mpc("seek", NEARLY_OVER)
    mpd.mpc("play")
    harness.until(lambda state: state.status is PlayerStatus.PLAY)
    until(lambda: playing(mpd) != song)


def stickers(mpd: PrivateMpd, song: str) -> set[str]:
    """The stickers of a song, each as name=value."""
    return set(mpd.mpc("sticker", song, "list").split())


def test_a_song_heard_and_a_song_skipped_leave_their_stickers(mpd: PrivateMpd, start: Start) -> None:
    harness = hosting(mpd, start)
    mpd.mpc("next")
    harness.catch_up(mpd)
    heard = playing(mpd)
    play_to_the_end(mpd, harness)
    until(lambda: {"moodpid_happy_heard=1", "playCount=1"} <= stickers(mpd, heard))
    skipped = playing(mpd)
    harness.catch_up(mpd)
    mpd.mpc("next")
    until(lambda: {"moodpid_happy_skipped=1", "skipCount=1"} <= stickers(mpd, skipped))


def test_a_song_that_does_not_fit_is_remembered_and_left(mpd: PrivateMpd, start: Start) -> None:
    harness = hosting(mpd, start)
    mpd.mpc("next")
    harness.until(lambda state: state.status is PlayerStatus.PLAY)
    song = playing(mpd)
    harness.worker.reject_song()
    until(lambda: any(name.startswith("moodpid_happy_skipped=") for name in stickers(mpd, song)))
    until(lambda: playing(mpd) != song)


def test_skip_goes_on_but_never_starts_a_paused_player(mpd: PrivateMpd, start: Start) -> None:
    harness = hosting(mpd, start)
    harness.worker.skip()
    harness.request(Mood.SAD)
    harness.until(lambda state: state.mood is Mood.SAD)
    assert harness.states[-1].status is PlayerStatus.PAUSE
    mpd.mpc("play")
    harness.until(lambda state: state.status is PlayerStatus.PLAY)
    song = playing(mpd)
    harness.worker.skip()
    until(lambda: playing(mpd) != song)


def test_a_user_s_next_on_our_song_is_a_skip(mpd: PrivateMpd, start: Start) -> None:
    harness = hosting(mpd, start)
    mpd.mpc("next")  # away from the user's own song
    harness.until(lambda state: state.status is PlayerStatus.PLAY)
    assert harness.skips == 0
    song = playing(mpd)
    mpd.mpc("next")
    harness.until(lambda _: harness.skips == 1)
    assert playing(mpd) != song


@pytest.mark.parametrize("press", ["skip", "reject_song"])
def test_a_skip_by_our_button_is_reported_once(mpd: PrivateMpd, start: Start, press: str) -> None:
    harness = hosting(mpd, start)
    mpd.mpc("next")
    harness.until(lambda state: state.status is PlayerStatus.PLAY)
    title = harness.states[-1].title
    getattr(harness.worker, press)()
    harness.until(lambda state: state.title != title)
    assert harness.skips == 1


def test_a_finished_or_replaced_song_is_no_skip(mpd: PrivateMpd, start: Start) -> None:
    harness = start(change=TransitionMode.NOW, autoplay=True)
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.status is PlayerStatus.PLAY)
    play_to_the_end(mpd, harness)
    harness.catch_up(mpd)
    harness.request(Mood.SAD)
    harness.until(lambda state: state.artist == "The Sad Three")
    assert harness.skips == 0
