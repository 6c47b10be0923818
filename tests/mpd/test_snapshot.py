"""A look at an MPD that is slow, or whose queue changes between two of its answers: at a fake MPD."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from random import Random

from moodpid.config import MpdConfig
from moodpid.mpd.protocol import Status
from moodpid.mpd.queue_state import QueueState
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.mpd.snapshot import take_snapshot
from tests.support.fake_connection import FakeConnection
from tests.support.fake_mpd import FakeMpd


@dataclass
class Interrupted(FakeMpd):
    """Once, something happens between the status and the next answer."""

    meanwhile: Callable[[], object] | None = None

    @cached_property
    def link(self) -> FakeConnection:
        return InterruptedConnection(self)


class InterruptedConnection(FakeConnection):
    """Lets it happen."""

    def __init__(self, server: Interrupted) -> None:
        super().__init__(server)
        self._interrupted = server

    def status(self) -> Status:
        answer = super().status()
        happens, self._interrupted.meanwhile = self._interrupted.meanwhile, None
        if happens:
            happens()
        return answer


def fake_mpd() -> Interrupted:
    """Six songs of a user's; the first plays."""
    fake_mpd = Interrupted({})
    for number in range(6):
        fake_mpd.add(f"user/{number}")
    fake_mpd.play(0)
    return fake_mpd


def test_a_choice_counts_though_its_song_has_already_ended() -> None:
    mpd = fake_mpd()
    reconciler = QueueReconciler(MpdConfig(), Random(3), **mpd.clocks)  # noqa: S311
    reconciler.on_connect(mpd.link)
    reconciler.reconcile(mpd.link, None)
    mpd.play(5)
    mpd.meanwhile = lambda: mpd.advance(mpd.song_s)
    state = reconciler.reconcile(mpd.link, None)
    assert "a user chose another song" in state.message


def test_a_queue_that_changed_between_answers_is_read_again() -> None:
    mpd = fake_mpd()
    mpd.play(4)
    mpd.meanwhile = lambda: mpd.queue.pop(0)
    seen = take_snapshot(mpd.link, QueueState(), 0.0)
    assert seen.song
    assert (seen.song.uri, seen.song.pos) == ("user/4", 3)


def test_a_newly_inserted_song_is_not_taken_for_another() -> None:
    mpd = fake_mpd()
    mpd.meanwhile = lambda: mpd.add("user/new", 1)
    seen = take_snapshot(mpd.link, QueueState(), 0.0)
    assert seen.length == len(seen.window) == 7


def test_a_queue_that_never_rests_does_not_hold_us_up() -> None:
    mpd = fake_mpd()

    def again() -> None:
        mpd.meanwhile = again
        mpd.add("user/x", 0)
        mpd.next()
        mpd.add("user/y", 0)

    mpd.play(5)
    again()
    assert take_snapshot(mpd.link, QueueState(), 0.0).length > 0
