"""More like this: what waits yields to songs that sound like the current one, where these may follow."""

from random import Random

import pytest

from moodpid.library.reader import LibraryReader
from moodpid.mood.emotion import Affect, Mood
from moodpid.mood.policy import MusicRequest, music_request_for
from moodpid.mood.strategy import start_path
from moodpid.mpd.reconcile_loop import QueueReconciler
from tests.mpd.songs_by_sound import SONGS, config
from tests.support.fake_mpd import FakeMpd

LIKED = "-0.8-0.4.mp3"


class Evening:
    """A song of a user plays, and two of ours wait that fit to a happy mood."""

    def __init__(self, reader: LibraryReader) -> None:
        self.mpd = FakeMpd({"All": list(SONGS)})
        self.reconciler = QueueReconciler(config(), Random(3), **self.mpd.clocks, reader=reader)  # noqa: S311
        self.reconciler.on_connect(self.mpd.link)
        self.mpd.add(LIKED)
        self.mpd.play(0)
        self.place = self.look(Mood.HAPPY)

    def look(self, mood: Mood) -> Affect | None:
        return self.reconciler.reconcile(self.mpd.link, request_for(mood)).place

    def like(self, mood: Mood) -> None:
        self.reconciler.like(self.mpd.link)
        self.look(mood)

    @property
    def waiting(self) -> list[str]:
        return [song.file for song in self.mpd.queue if song.file != LIKED]


def request_for(mood: Mood) -> MusicRequest:
    return music_request_for(start_path(mood, None), config().names, {})


@pytest.fixture
def evening(reader: LibraryReader) -> Evening:
    return Evening(reader)


def test_waiting_songs_yield_to_songs_like_the_current_one(evening: Evening) -> None:
    assert evening.place == Affect(-0.8, -0.4)
    before = evening.waiting
    evening.like(Mood.HAPPY)
    assert len(before) == len(evening.waiting) == 2
    assert not {*before} & {*evening.waiting}
    assert max(SONGS[uri].distance(Affect(-0.8, -0.4)) for uri in evening.waiting) < 0.7


def test_in_an_empty_room_what_waits_stays(evening: Evening) -> None:
    before = evening.waiting
    evening.like(Mood.NOBODY)
    assert evening.waiting == before
    evening.look(Mood.HAPPY)  # a person comes, and songs like the liked one follow
    assert not {*before} & {*evening.waiting}
    assert max(SONGS[uri].distance(Affect(-0.8, -0.4)) for uri in evening.waiting) < 0.7


@pytest.mark.parametrize("accident", ["hands off", "single"])
def test_where_nothing_may_follow_not_a_command_is_sent(evening: Evening, accident: str) -> None:
    if accident == "hands off":
        evening.mpd.add("user/0")
    evening.mpd.options.single = accident == "single"
    evening.look(Mood.HAPPY)
    sent = len(evening.mpd.sent)
    evening.like(Mood.HAPPY)
    assert evening.mpd.sent[sent:] == []


def far_from_liked(evening: Evening) -> float:
    """How far, on the plane, the songs of ours lie from the liked one at most."""
    return max(SONGS[uri].distance(SONGS[LIKED]) for uri in evening.waiting if uri in SONGS)


def user_has_the_player(evening: Evening, *moods: Mood) -> None:
    evening.mpd.song_s = 1e6
    evening.mpd.add("user/0")
    for mood in moods:
        evening.look(mood)
    assert evening.reconciler.queue_state.hands_off_why


def test_a_press_after_a_change_in_hands_off_counts(evening: Evening) -> None:
    user_has_the_player(evening, Mood.HAPPY, Mood.NEUTRAL)
    evening.like(Mood.NEUTRAL)
    evening.mpd.advance(1000.0)
    evening.look(Mood.NEUTRAL)
    assert far_from_liked(evening) < 0.7


def test_a_mood_that_passed_ends_more_like_this(evening: Evening) -> None:
    user_has_the_player(evening, Mood.HAPPY)
    evening.like(Mood.HAPPY)
    evening.look(Mood.NEUTRAL)
    evening.mpd.advance(1000.0)
    evening.look(Mood.HAPPY)
    assert far_from_liked(evening) > 0.7
