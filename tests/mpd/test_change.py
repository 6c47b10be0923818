"""When a change of mood is heard: at a fake MPD, in simulated time."""

from itertools import groupby
from random import Random

import pytest

from moodpid.config import MpdConfig, SongSource, Strategy, TransitionMode
from moodpid.mood.emotion import UNIFORM, Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.mood.policy import MusicRequest, Policy
from moodpid.mood.strategy import start_path
from moodpid.mpd.reconcile_loop import QueueReconciler
from tests.support.fake_mpd import FakeMpd

LISTS = {mood.capitalize(): [f"{mood}/{n}" for n in range(8)] for mood in Mood}


class Evening:
    """Music of a user plays, and the reconciler looks at it."""

    def __init__(
        self, change: TransitionMode = TransitionMode.NOW, strategy: Strategy = Strategy.MATCH
    ) -> None:
        self.fake_mpd = FakeMpd(LISTS)
        lists: dict[Mood, tuple[str | SongSource, ...]] = {mood: (mood.capitalize(),) for mood in Mood}
        self.player = MpdConfig(change=change, strategy=strategy, playlists=lists)
        self.reconciler = QueueReconciler(self.player, Random(3), **self.fake_mpd.clocks)  # noqa: S311
        self.reconciler.on_connect(self.fake_mpd.link)
        for number in range(3):
            self.fake_mpd.add(f"user/{number}")
        self.fake_mpd.play(0)
        self.turn()

    def turn(self, request: MusicRequest | None = None) -> None:
        self.reconciler.reconcile(self.fake_mpd.link, request)

    def request(self, mood: Mood) -> None:
        self.turn(
            MusicRequest(start_path(mood, None), (mood.capitalize(),), targets=self.player.active_targets)
        )

    def hear_on(self, mood: Mood) -> str:
        """The folder of the song after this one."""
        playing = self.fake_mpd.playing()
        while self.fake_mpd.playing() == playing:
            self.fake_mpd.advance(10.0)
            self.request(mood)
        return self.fake_mpd.playing().split("/")[0]


@pytest.mark.parametrize("mood", [Mood.FEAR, Mood.SURPRISE])
def test_what_passes_in_seconds_cuts_no_song_short(mood: Mood) -> None:
    evening = Evening()
    evening.request(mood)
    assert evening.fake_mpd.playing() == "user/0"
    assert evening.hear_on(mood) == mood


def test_another_mood_is_heard_at_once() -> None:
    evening = Evening()
    evening.request(Mood.SAD)
    assert evening.fake_mpd.playing().startswith("sad/")


def test_with_next_the_song_ends_in_peace() -> None:
    evening = Evening(TransitionMode.NEXT)
    evening.request(Mood.SAD)
    assert evening.fake_mpd.playing() == "user/0"
    assert evening.hear_on(Mood.SAD) == "sad"


@pytest.mark.parametrize("own", [False, True])
def test_a_song_resumed_by_the_user_is_not_cut_short(own: bool) -> None:
    evening = Evening()
    if own:
        evening.request(Mood.HAPPY)
    song = evening.fake_mpd.playing()
    evening.fake_mpd.pause()
    evening.request(Mood.SAD)
    evening.fake_mpd.play()
    evening.request(Mood.SAD)
    assert evening.fake_mpd.playing() == song
    assert evening.hear_on(Mood.SAD) == "sad"


def test_coming_back_after_a_user_took_over_is_gentle() -> None:
    evening = Evening()
    evening.request(Mood.SAD)
    evening.fake_mpd.play(4)
    evening.request(Mood.HAPPY)
    song = evening.fake_mpd.playing()
    evening.fake_mpd.song_s = 2000.0
    evening.fake_mpd.advance(901.0)
    evening.request(Mood.HAPPY)
    assert evening.fake_mpd.playing() == song
    assert evening.hear_on(Mood.HAPPY) == "happy"


def test_lifting_leads_from_sad_to_happy_song_by_song() -> None:
    evening = Evening(strategy=Strategy.LIFT)
    evening.request(Mood.SAD)
    heard = [evening.fake_mpd.playing().split("/")[0]]
    heard += [evening.hear_on(Mood.SAD) for _ in range(5)]
    assert heard == ["sad", "sad", "neutral", "neutral", "happy", "happy"]


def test_the_published_path_is_the_path_that_is_played() -> None:
    evening = Evening(strategy=Strategy.LIFT)
    policy = Policy(evening.player.names, evening.player.targets, lifts=True)
    sad = MoodState(Mood.SAD, 0.0, 0.9, 1, UNIFORM, 0.0)
    request = policy.decide(sad, sad).request
    heard = []
    for _ in range(6):
        evening.turn(request)
        heard.append(evening.fake_mpd.playing().split("/")[0].capitalize())
        evening.fake_mpd.advance(evening.fake_mpd.song_s)
    assert (
        ", then ".join(name for name, _ in groupby(heard)) == str(request) == "Sad, then Neutral, then Happy"
    )


def test_no_song_comes_again_while_others_have_not_been_heard() -> None:
    evening = Evening()
    evening.request(Mood.SAD)
    heard = [evening.fake_mpd.playing()]
    for _ in range(7):
        evening.hear_on(Mood.SAD)
        heard.append(evening.fake_mpd.playing())
    assert len(set(heard)) == 8


def test_a_song_that_mpd_does_not_have_is_passed_over() -> None:
    evening = Evening()
    evening.fake_mpd.playlists = {"Sad": ["gone/1", "sad/1", "gone/2"]}
    evening.request(Mood.SAD)
    assert evening.fake_mpd.playing() == "sad/1"


def test_a_mood_without_songs_lets_the_old_one_play_on() -> None:
    evening = Evening(TransitionMode.NEXT)
    evening.request(Mood.HAPPY)
    evening.fake_mpd.playlists = {"Happy": LISTS["Happy"]}
    evening.request(Mood.SAD)
    assert evening.hear_on(Mood.SAD) == "happy"


def test_songs_that_users_added_are_heard_before_another_mood() -> None:
    evening = Evening()
    evening.request(Mood.SAD)
    for number in range(2):
        evening.fake_mpd.add(f"user/more-{number}", at=2 + number)
    evening.request(Mood.SAD)  # hands off
    evening.fake_mpd.song_s = 2000.0
    evening.fake_mpd.advance(901.0)
    evening.request(Mood.SAD)
    evening.request(Mood.HAPPY)
    assert evening.fake_mpd.playing().startswith("sad/")
    assert [evening.hear_on(Mood.HAPPY) for _ in range(3)] == ["user", "user", "happy"]
