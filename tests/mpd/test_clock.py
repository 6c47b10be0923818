"""Until when the player is a user's is given by the clock on the wall, also after the clock was set."""

import logging
import time
from random import Random

import pytest

from moodpid.config import MpdConfig
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import start_path
from moodpid.mpd.reconcile_loop import QueueReconciler
from tests.support.fake_mpd import FakeMpd

YEAR_S = 365 * 86_400.0

HOLDS = "a user added songs: moodpid keeps its hands off"


class TakenOver:
    """A player that a user took over, and a clock that may be set."""

    def __init__(self) -> None:
        self.fake_mpd = FakeMpd({"Sad": [f"sad/{n}" for n in range(8)]})
        self.ahead_s = 0.0
        clocks = self.fake_mpd.clocks | {"wall_clock": self.wall_clock}
        self.player = MpdConfig(playlists={Mood.SAD: ("Sad",)})
        self.reconciler = QueueReconciler(self.player, Random(3), **clocks)  # noqa: S311 - songs
        self.reconciler.on_connect(self.fake_mpd.link)
        self.message()
        self.fake_mpd.add("user/0")

    def wall_clock(self) -> float:
        return self.fake_mpd.now_s + self.ahead_s

    def message(self, *changed: str) -> str:
        request = MusicRequest(start_path(Mood.SAD, None), ("Sad",))
        return self.reconciler.reconcile(self.fake_mpd.link, request, set(changed)).message

    def ends(self) -> str:
        """When it will be over, by the clock as it is now."""
        over_s = self.reconciler.until_s + self.ahead_s
        return f"{HOLDS} until {time.strftime('%H:%M', time.localtime(over_s))}, or until Take over now"


def test_until_when_is_reported_by_the_clock_of_now() -> None:
    player = TakenOver()
    assert player.message() == player.ends()
    for ahead_s in (10 * YEAR_S + 3600, -20 * YEAR_S + 7200, 45.0):
        player.ahead_s = ahead_s
        assert player.message() == player.ends()


def test_small_clock_corrections_change_no_message() -> None:
    player = TakenOver()
    first = player.message()
    for _ in range(20):
        player.ahead_s += 1.0
        assert player.message() == first


def test_nobody_waits_longer_or_shorter_because_a_clock_was_set() -> None:
    player = TakenOver()
    player.message()
    until_s = player.reconciler.until_s
    for ahead_s in (10 * YEAR_S, -20 * YEAR_S):
        player.ahead_s = ahead_s
        player.message()
        assert player.reconciler.until_s == until_s


def test_holding_back_logs_its_beginning_and_its_end(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "moodpid")
    player = TakenOver()
    first = player.message()
    for number in range(1, 4):  # until when changes each time
        player.fake_mpd.advance(100.0)
        player.fake_mpd.add(f"user/{number}")
        player.message()
    player.fake_mpd.advance(player.player.hands_off_s + 1.0)
    for _ in range(2):
        player.message()
    again = "the mood chooses the music again"
    assert caplog.messages == [first, again]
    player.fake_mpd.channels.append(f"moodpid_{0:020d}_{0:08x}")
    for _ in range(2):
        assert player.message("subscription") == "another moodpid drives this MPD: standing down"
    player.fake_mpd.channels.clear()
    player.message("subscription")
    assert caplog.messages == [first, again, "another moodpid drives this MPD: standing down", again]
