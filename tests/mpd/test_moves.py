"""Songs of the queue that a user moves in front of ours have their turn first, without any hands off."""

from collections.abc import Callable
from random import Random

import pytest

from moodpid.config import TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mpd.takeover import REQUESTS
from tests.support.fake_mpd import FakeMpd
from tests.support.music_room import Room
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import Start, folders, hands_off, hosting, playing, queue


def test_a_song_moved_to_be_next_is_heard_next(mpd: PrivateMpd, start: Start) -> None:
    harness = hosting(mpd, start)
    before, ours_next = queue(mpd), harness.states[-1].next_title
    mpd.mpc("move", "5", "2")
    harness.until(lambda state: state.next_title != ours_next)
    assert queue(mpd) == [before[0], before[4], *before[1:4]]
    mpd.mpc("next")
    harness.catch_up(mpd)
    assert playing(mpd) == before[4]
    assert folders(mpd) == ["neutral", "neutral", "happy", "happy", "neutral"]
    assert not any(hands_off(state) for state in harness.states)


class UserQueueHarness:
    """Music at a fake MPD: `user/5` of ten songs of a user plays, with two of ours behind it."""

    def __init__(self, change: TransitionMode = TransitionMode.NEXT, songs: int = 10) -> None:
        self.skips = 0
        self.room = Room(change, autoplay=False, skipped=self.skipped)
        self.mpd: FakeMpd = self.room.mpd
        for number in range(songs):
            self.mpd.add(f"user/{number}")
        self.mpd.song_s = 10_000.0
        self.mpd.play(min(5, songs - 1))
        self.room.look()

    def skipped(self) -> None:
        self.skips += 1

    def move(self, uri: str, to: int) -> None:
        """Move a song so many songs behind the one that plays, and look."""
        self.mpd.move(self.position(uri), 5 + to)
        assert not self.room.look().message

    def position(self, uri: str) -> int:
        return [entry.file for entry in self.mpd.queue].index(uri)

    @property
    def ahead(self) -> list[str]:
        """The next songs: those of a user by name, ours by mood."""
        behind = self.mpd.queue[self.mpd.position(self.mpd.current or 0) + 1 :]
        return [entry.file if entry.by_user else entry.file.split("/")[0] for entry in behind]


def test_a_moved_song_stands_before_ours_in_each_mood() -> None:
    queue = UserQueueHarness()
    queue.move("user/9", 1)
    assert queue.ahead[:4] == ["user/9", "happy", "happy", "user/6"]
    queue.room.look(Mood.SAD)
    assert queue.ahead[:4] == ["user/9", "sad", "sad", "user/6"]
    queue.mpd.next()
    queue.room.look(Mood.SAD)
    assert queue.ahead[:3] == ["sad", "sad", "user/6"]


def test_a_song_moved_between_ours_keeps_its_turn() -> None:
    queue = UserQueueHarness()
    queue.move("user/9", 2)
    assert queue.ahead[:4] == ["happy", "user/9", "happy", "user/6"]


def test_a_song_from_out_of_sight_has_its_turn() -> None:
    queue = UserQueueHarness(songs=60)
    queue.move("user/50", 1)
    assert queue.ahead[:4] == ["user/50", "happy", "happy", "user/6"]


def test_a_song_that_was_heard_may_come_again() -> None:
    queue = UserQueueHarness()
    queue.mpd.move(queue.position("user/2"), 5)  # which takes its place before the others away
    queue.room.look()
    assert queue.ahead[:4] == ["user/2", "happy", "happy", "user/6"]


def test_a_song_added_and_then_moved_has_its_turn() -> None:
    queue = UserQueueHarness(songs=60)
    queue.mpd.add("user/new")
    assert "hands off" in queue.room.look().message
    queue.mpd.move(-1, 6)
    queue.room.look()
    queue.room.wait(905)
    assert queue.ahead[:4] == ["user/new", "happy", "happy", "user/6"]


def test_songs_moved_one_by_one_have_five_turns_at_most() -> None:
    queue = UserQueueHarness(songs=15)
    for number in range(14, 7, -1):
        queue.move(f"user/{number}", 1)
    songs = [f"user/{number}" for number in range(8, 8 + REQUESTS)]
    assert queue.ahead[: REQUESTS + 3] == [*songs, "happy", "happy", "user/13"]


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("songs", [10, 60])
def test_a_shuffled_queue_moves_ours_by_five_at_most(seed: int, songs: int) -> None:
    queue = UserQueueHarness(songs=songs)
    mpd = queue.mpd
    mpd.move(mpd.position(mpd.current or 0), 0)
    rest = mpd.queue[1:]
    Random(seed).shuffle(rest)  # noqa: S311 - no secret
    mpd.queue[1:] = rest
    before = mpd.user_songs()
    assert not queue.room.look().message
    places = [place for place, uri in enumerate(queue.ahead) if uri == "happy"]
    assert len(places) == 2
    assert places[1] <= REQUESTS + 1
    assert mpd.user_songs() == before


@pytest.mark.parametrize(
    "action",
    [
        lambda mpd: mpd.next(),
        lambda mpd: mpd.previous(),
        lambda mpd: mpd.remove(8),
        lambda mpd: mpd.play(2),
        lambda mpd: mpd.play(9),
        lambda mpd: mpd.move(9, 10),
        lambda mpd: mpd.move(9, 2),
    ],
    ids=["next", "previous", "removed", "far back", "further on", "moved behind ours", "moved before all"],
)
def test_other_actions_of_a_user_give_no_song_a_turn(action: Callable[[FakeMpd], object]) -> None:
    queue = UserQueueHarness()
    action(queue.mpd)
    queue.room.look()
    assert queue.room.reconciler.queue_state.user_requests == frozenset()


def test_our_own_changes_of_the_queue_are_no_moves() -> None:
    queue = UserQueueHarness()
    for mood in (Mood.SAD, Mood.HAPPY, Mood.SAD):
        queue.room.look(mood)
        assert queue.ahead[:3] == [mood, mood, "user/6"]
    assert queue.room.reconciler.queue_state.user_requests == frozenset()


def test_in_random_mode_the_order_says_nothing() -> None:
    queue = UserQueueHarness()
    queue.mpd.options.random = True
    queue.room.look()
    sent = len(queue.mpd.sent)
    queue.move("user/9", 1)
    assert len(queue.mpd.sent) == sent
    assert queue.room.reconciler.queue_state.user_requests == frozenset()


@pytest.mark.parametrize("late", [False, True])
def test_no_song_is_cut_before_a_moved_one(late: bool) -> None:
    queue = UserQueueHarness(TransitionMode.NOW)
    ours = queue.mpd.playing()
    assert ours.startswith("happy/")
    if late:  # songs of the new mood can be added only after the move
        queue.mpd.lost.add("sad")
        queue.room.look(Mood.SAD)
    queue.mpd.move(queue.position("user/9"), queue.position(ours) + 1)
    queue.room.look(Mood.SAD if late else Mood.HAPPY)
    queue.mpd.lost.clear()
    queue.room.look(Mood.SAD, "database")
    assert queue.mpd.playing() == ours
    assert queue.ahead[:4] == ["user/9", "sad", "sad", "user/6"]


def test_to_leave_ours_for_a_moved_song_is_no_skip() -> None:
    queue = UserQueueHarness()
    queue.mpd.next()
    queue.room.wait(10)
    ours, skips = queue.mpd.playing(), queue.skips
    assert ours.startswith("happy/")
    queue.mpd.move(queue.position("user/9"), queue.position(ours) + 1)
    queue.room.look()
    queue.mpd.next()
    queue.room.look()
    assert queue.mpd.playing() == "user/9"
    assert queue.skips == skips
    assert "skipCount" not in queue.mpd.stickers.get(ours, {})
