"""What a real MPD shows when moodpid stops, at rest or in the midst of a fade, and when it is back."""

import pytest

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mpd import fade
from moodpid.state import PlayerStatus
from moodpid.system.json_file import JsonFile
from tests.support.killed import KilledError
from tests.support.reconciler_harness import reconciler
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import (
    Start,
    WorkerHarness,
    connected,
    folders,
    hands_off,
    hosting,
    playing,
    queue,
    until,
)

WITH_SAD = ["neutral", "sad", "sad", "neutral", "neutral"]


@pytest.mark.parametrize("mpd_too", [False, True])
def test_our_songs_are_ours_again_after_a_restart_of_ours(
    mpd: PrivateMpd, start: Start, file: JsonFile, mpd_too: bool
) -> None:
    hosting(mpd, start, file=file).stop()
    if mpd_too:
        mpd.stop()
        mpd.start()
    again = start(file=file)
    again.request(Mood.SAD)
    again.until(lambda state: state.mood is Mood.SAD)
    assert folders(mpd) == WITH_SAD


def test_a_user_s_song_put_in_meanwhile_is_not_ours(mpd: PrivateMpd, start: Start, file: JsonFile) -> None:
    hosting(mpd, start, file=file).stop()
    ours = queue(mpd)[1]
    mpd.mpc("del", "2")
    mpd.mpc("add", ours)
    again = start(file=file)
    again.request(Mood.SAD)
    again.until(lambda state: state.mood is Mood.SAD)
    assert folders(mpd) == [*WITH_SAD, "happy"]


def test_a_takeover_outlives_our_restart(mpd: PrivateMpd, start: Start, file: JsonFile) -> None:
    first = hosting(mpd, start, file=file)
    mpd.mpc("add", "sad/november.wav")
    message = first.until(hands_off).message
    first.stop()
    before = queue(mpd)
    again = start(file=file)
    again.request(Mood.SAD)
    assert again.until(hands_off).message == message
    assert queue(mpd) == before


def in_a_fade(mpd: PrivateMpd, start: Start, monkeypatch: pytest.MonkeyPatch) -> WorkerHarness:
    """A fade that would take hours has begun, from a volume of 80."""
    monkeypatch.setattr(fade, "FADE_S", 36_000.0)
    mpd.mpc("load", "Neutral")
    mpd.mpc("volume", "80")
    mpd.mpc("play")
    harness = start(change=TransitionMode.NOW)
    harness.until(lambda state: state.status is PlayerStatus.PLAY)
    harness.request(Mood.SAD)
    until(lambda: volume(mpd) < 80)
    return harness


def volume(mpd: PrivateMpd) -> int:
    with connected(mpd) as client:
        return int(client.status()["volume"])


def test_stopping_in_a_fade_restores_the_volume(
    mpd: PrivateMpd, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = in_a_fade(mpd, start, monkeypatch)
    harness.stop()
    assert volume(mpd) == 80
    assert playing(mpd).startswith("neutral/")


def test_switching_off_in_a_fade_restores_the_volume(
    mpd: PrivateMpd, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    harness = in_a_fade(mpd, start, monkeypatch)
    harness.worker.set_enabled(False)
    harness.until(lambda state: state.status is PlayerStatus.DISABLED)
    assert volume(mpd) == 80
    assert playing(mpd).startswith("neutral/")


def killed_in_a_fade(mpd: PrivateMpd, file: JsonFile) -> None:
    """A fade from a volume of 80 ends with the process, at 50."""
    mpd.mpc("load", "Neutral")
    mpd.mpc("volume", "80")
    mpd.mpc("play")
    steps = iter(range(3))

    def sleep(_: float) -> None:
        if next(steps) == 2:
            raise KilledError

    lists = {Mood.SAD: ("Sad",)}
    with (
        reconciler(mpd, sleep=sleep, file=file, playlists=lists, change=TransitionMode.NOW) as ours,
        pytest.raises(KilledError),
    ):
        ours.look(Mood.SAD)


@pytest.mark.parametrize(("turned", "afterwards"), [(None, 80), (20, 20), (70, 70)])
def test_after_a_kill_a_user_s_volume_stays(
    mpd: PrivateMpd, start: Start, file: JsonFile, turned: int | None, afterwards: int
) -> None:
    killed_in_a_fade(mpd, file)
    assert volume(mpd) == 50
    if turned is not None:
        mpd.mpc("volume", str(turned))
    start(file=file).until(lambda state: state.status is PlayerStatus.PLAY)
    assert volume(mpd) == afterwards
