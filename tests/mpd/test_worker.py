"""The worker at a real MPD: it carries out requests, survives MPD, and leaves what is not its own."""

import logging

import pytest

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.state import PlayerStatus
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import (
    DEADLINE_S,
    LAST_MOMENT,
    Start,
    folders,
    playing,
    queue,
    until,
)


def test_a_request_is_heard_after_the_song_that_plays(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    mpd.mpc("pause")
    song = playing(mpd)
    start().request(Mood.HAPPY)
    until(lambda: folders(mpd) == ["neutral", "happy", "happy", "neutral", "neutral"])
    assert queue(mpd)[0] == song
    mpd.mpc("seek", LAST_MOMENT)
    mpd.mpc("play")
    until(lambda: playing(mpd) != song)
    assert playing(mpd).startswith("happy/")


def test_now_jumps_to_our_song_and_restores_the_volume(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("load", "Neutral")
    mpd.mpc("volume", "60")
    mpd.mpc("play")
    harness = start(change=TransitionMode.NOW)
    harness.request(Mood.SAD)
    harness.until(lambda state: state.status is PlayerStatus.PLAY and state.mood is Mood.SAD)
    until(lambda: playing(mpd).startswith("sad/"))
    until(lambda: "60%" in mpd.mpc("volume"))


def test_songs_of_the_requested_mood_follow_without_end(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    harness = start()
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.mood is Mood.HAPPY)
    heard: set[str] = set()
    for _ in range(3):
        song = playing(mpd)
        mpd.mpc("seek", LAST_MOMENT)
        until(lambda song=song: playing(mpd) != song)  # type: ignore[misc]
        assert harness.catch_up(mpd).artist == "The Happy Three"
        heard.add(playing(mpd))
    assert len(heard) == 3
    assert folders(mpd).count("neutral") == 3


def test_the_next_song_is_published_with_its_reason(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    harness = start()
    harness.request(Mood.HAPPY)
    state = harness.until(lambda state: bool(state.why))
    assert state.why.startswith("one of 3 from Happy")
    follows = mpd.mpc("playlist", "-f", "%title%").splitlines()[1]
    assert state.next_title == follows


def test_without_autoplay_nothing_starts(mpd: PrivateMpd, start: Start) -> None:
    harness = start()
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.mood is Mood.HAPPY)
    assert harness.until(lambda state: bool(state.playlist)).status is PlayerStatus.STOP
    assert folders(mpd) == ["happy", "happy"]
    mpd.mpc("play")
    harness.until(lambda state: state.status is PlayerStatus.PLAY)


def test_autoplay_starts_an_mpd_that_nobody_stopped(start: Start) -> None:
    harness = start(autoplay=True)
    harness.request(Mood.HAPPY)
    state = harness.until(lambda state: state.status is PlayerStatus.PLAY)
    assert (state.mood, state.playlist, state.artist) == (Mood.HAPPY, "Happy", "The Happy Three")


def test_not_even_autoplay_starts_what_a_user_stopped(mpd: PrivateMpd, start: Start) -> None:
    harness = start(autoplay=True)
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.status is PlayerStatus.PLAY)
    mpd.mpc("stop")
    harness.until(lambda state: state.status is PlayerStatus.STOP)
    harness.request(Mood.SAD)
    state = harness.until(lambda state: state.mood is Mood.SAD)
    assert state.status is PlayerStatus.STOP


def test_paused_by_a_user_stays_paused_and_the_request_waits(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    mpd.mpc("pause")
    harness = start(change=TransitionMode.NOW)
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.mood is Mood.HAPPY)
    assert harness.states[-1].status is PlayerStatus.PAUSE
    assert playing(mpd).startswith("neutral/")


def test_a_new_mood_takes_our_waiting_songs_out_again(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    mpd.mpc("pause")
    harness = start()
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.mood is Mood.HAPPY)
    harness.request(Mood.SAD)
    harness.until(lambda state: state.mood is Mood.SAD)
    assert folders(mpd) == ["neutral", "sad", "sad", "neutral", "neutral"]


def test_a_missing_playlist_is_one_message_and_no_reconnect(
    mpd: PrivateMpd, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "moodpid")
    harness = start(playlists={Mood.HAPPY: ("Hapy",)})
    harness.request(Mood.HAPPY)
    state = harness.until(lambda state: bool(state.message))
    assert 'no playlist "Hapy"' in state.message
    mpd.mpc("load", "Sad")  # something happens: it must not be logged again
    mpd.mpc("play")
    harness.until(lambda state: state.status is PlayerStatus.PLAY)
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert sum("Hapy" in line for line in lines) == 1
    assert sum("connected to MPD" in line for line in lines) == 1


def test_a_playlist_that_is_saved_later_is_found(mpd: PrivateMpd, start: Start) -> None:
    harness = start(playlists={Mood.HAPPY: ("Later",)})
    harness.request(Mood.HAPPY)
    harness.until(lambda state: "Later" in state.message)
    (mpd.playlists / "Later.m3u").write_text((mpd.playlists / "Happy.m3u").read_text())
    state = harness.until(lambda state: state.mood is Mood.HAPPY)
    assert "Later" not in state.message


def test_songs_of_a_playlist_that_are_gone_are_passed_over(mpd: PrivateMpd, start: Start) -> None:
    lines = ["gone/one.wav", *(mpd.playlists / "Happy.m3u").read_text().split(), "gone/two.wav"]
    (mpd.playlists / "Happy.m3u").write_text("\n".join(lines))
    harness = start()
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.mood is Mood.HAPPY)
    assert folders(mpd) == ["happy", "happy"]


def test_an_empty_request_leaves_the_player_as_it_is(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    harness = start()
    harness.request(Mood.NOBODY)
    harness.until(lambda state: state.status is PlayerStatus.PLAY)
    mpd.mpc("next")
    until(lambda: playing(mpd) == queue(mpd)[1])
    assert folders(mpd) == ["neutral"] * 3


def test_switched_off_leaves_mpd_alone_and_keeps_the_request(start: Start) -> None:
    harness = start()
    harness.worker.set_enabled(False)
    harness.until(lambda state: state.status is PlayerStatus.DISABLED)
    harness.request(Mood.HAPPY)
    harness.worker.set_enabled(True)
    harness.until(lambda state: state.mood is Mood.HAPPY)


def test_stopping_leaves_the_player_as_it_is(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    mpd.mpc("pause")
    harness = start()
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.mood is Mood.HAPPY)
    before = queue(mpd), playing(mpd)
    harness.worker.stop()
    assert harness.worker.join(DEADLINE_S)
    assert (queue(mpd), playing(mpd)) == before


def test_an_internal_error_pauses_the_music_and_not_the_thread(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    monkeypatch.setattr(QueueReconciler, "on_connect", broken)
    harness = start()
    state = harness.until(lambda state: state.status is PlayerStatus.UNREACHABLE)
    assert "a bug in moodpid" in state.message
    assert "Traceback" in caplog.text
    harness.worker.set_enabled(False)
    harness.until(lambda state: state.status is PlayerStatus.DISABLED)
