"""The planner at a real MPD: where our songs go in every mode, and from which lists they come."""

import logging
from collections.abc import Sequence

import pytest

from moodpid.config import SongSource, TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.wire import HasFileno
from moodpid.state import PlayerStatus
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import Start, connected, folders, hosting, playing, queue, until


def test_in_random_mode_ours_still_come_next(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("load", "Neutral")
    mpd.mpc("load", "Fear")
    mpd.mpc("random", "on")
    harness = hosting(mpd, start)
    for _ in range(3):
        mpd.mpc("next")
        assert playing(mpd).startswith("happy/")
        harness.catch_up(mpd)
        assert folders(mpd).count("happy") >= 3
    assert "random: on" in mpd.mpc("status")


def test_queue_puts_ours_behind_everything(mpd: PrivateMpd, start: Start) -> None:
    hosting(mpd, start, change=TransitionMode.QUEUE)
    assert folders(mpd) == ["neutral"] * 3 + ["happy"] * 2


def test_now_lets_mpd_s_own_crossfade_lead_into_our_song(mpd: PrivateMpd, start: Start) -> None:
    mpd.mpc("crossfade", "1")
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    harness = start(change=TransitionMode.NOW)
    harness.request(Mood.HAPPY)
    until(lambda: playing(mpd).startswith("happy/"))
    assert "xfade: 1" in mpd.mpc("crossfade").replace("crossfade", "xfade")


def test_songs_that_played_are_trimmed_but_for_the_last(mpd: PrivateMpd, start: Start) -> None:
    harness = hosting(mpd, start)
    for _ in range(4):
        mpd.mpc("next")
        harness.catch_up(mpd)
    assert folders(mpd) == ["neutral"] + ["happy"] * 4 + ["neutral"] * 2


def test_the_second_of_two_instances_follows_at_one_mpd(mpd: PrivateMpd, start: Start) -> None:
    first = hosting(mpd, start)
    second = start()
    second.request(Mood.SAD)
    assert "another moodpid" in second.until(lambda state: bool(state.message)).message
    assert "sad" not in folders(mpd)
    first.worker.stop()
    second.until(lambda state: state.mood is Mood.SAD)


def test_a_partition_is_entered_and_a_missing_one_is_named(mpd: PrivateMpd, start: Start) -> None:
    assert 'no partition "kitchen"' in start(partition="kitchen").until(lambda s: bool(s.message)).message
    with connected(mpd) as client:
        client.newpartition("bath")
    harness = start(partition="bath")
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.mood is Mood.HAPPY)
    assert queue(mpd) == []


def test_a_list_may_be_a_filter_or_a_folder(mpd: PrivateMpd, start: Start) -> None:
    lists = {Mood.HAPPY: (SongSource(filter='(genre == "Pop")'),), Mood.SAD: (SongSource(folder="sad"),)}
    harness = start(playlists=lists)
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.playlist == '(genre == "Pop")')
    assert folders(mpd) == ["happy", "happy"]
    harness.request(Mood.SAD)
    harness.until(lambda state: state.playlist == "sad/")
    assert folders(mpd) == ["sad", "sad"]


def test_a_filter_that_mpd_does_not_understand_is_named(mpd: PrivateMpd, start: Start) -> None:
    harness = start(playlists={Mood.HAPPY: (SongSource(filter="(gnre == 'x')"),)})
    harness.request(Mood.HAPPY)
    assert "Unknown filter type" in harness.until(lambda state: bool(state.message)).message
    assert queue(mpd) == []


def test_a_neighbour_s_list_is_used_and_reported_once(
    mpd: PrivateMpd, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "moodpid")
    harness = start(playlists={Mood.HAPPY: ("Happy",), Mood.SAD: ("Sad",)})
    for mood in (Mood.DISGUST, Mood.HAPPY, Mood.DISGUST):
        harness.request(mood)
        harness.until(lambda state, mood=mood: state.mood is mood)  # type: ignore[misc]
    assert folders(mpd) == ["sad", "sad"]
    assert sum("no list for disgust" in line for line in caplog.messages) == 1


def test_a_missing_sticker_database_is_logged_once_and_music_plays(
    mpd: PrivateMpd, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "moodpid")
    config = mpd.folder / "mpd.conf"
    lines = config.read_text().splitlines()
    config.write_text("\n".join(line for line in lines if not line.startswith("sticker_file")))
    mpd.stop()
    mpd.start()
    hosting(mpd, start)
    assert sum("sticker" in line for line in caplog.messages if "does not allow" in line) == 1


def test_our_songs_are_ours_again_after_mpd_restarted(mpd: PrivateMpd, start: Start) -> None:
    harness = hosting(mpd, start)
    mpd.stop()
    harness.until(lambda state: state.status is PlayerStatus.UNREACHABLE)
    mpd.start()
    harness.request(Mood.SAD)
    harness.until(lambda state: state.mood is Mood.SAD)
    assert folders(mpd) == ["neutral", "sad", "sad", "neutral", "neutral"]


def test_at_rest_nothing_is_asked(mpd: PrivateMpd, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    rests: list[float] = []
    woken_by: list[set[str]] = []
    wait = MpdConnection.wait

    def noted(self: MpdConnection, subsystems: Sequence[str], other: HasFileno, timeout_s: float) -> set[str]:
        rests.append(timeout_s)
        woken_by.append(wait(self, subsystems, other, timeout_s))
        return woken_by[-1]

    monkeypatch.setattr(MpdConnection, "wait", noted)
    hosting(mpd, start)
    settled = len(woken_by)
    mpd.mpc("volume", "60")  # not our business
    mpd.mpc("repeat", "on")
    until(lambda: any("options" in subsystems for subsystems in woken_by))
    assert all(woken_by[settled:]), "it wakes when something happened, and only then"
    assert min(rests[settled:]) > 3000
