"""The laws of the music, held whatever users do: a real reconciler at a fake MPD, in simulated time."""

import json
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import Any, TypeVar

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from moodpid.config import MpdConfig, Strategy, TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import start_path
from moodpid.mpd.planner import QUEUE_AHEAD
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.mpd.session_store import SessionStore
from moodpid.system.json_file import JsonFile
from tests.support.fake_mpd import SWITCHES, FakeMpd

LISTS = {mood.capitalize(): [f"{mood}/{n}" for n in range(8)] for mood in Mood if mood is not Mood.NOBODY}
OURS = {"addid", "deleteid", "playid", "prioid", "seekcur", "setvol"}
HANDS_OFF_S = 60.0
T = TypeVar("T")


class InMemoryJsonFile(JsonFile):
    """A file without a disk."""

    def __init__(self) -> None:
        super().__init__(None)
        self.text = "{}"

    def read(self, schema: type[T]) -> T | None:
        content = json.loads(self.text)
        return msgspec.convert(content, schema) if content else None

    def write(self, content: Mapping[str, Any]) -> bool:
        self.text = json.dumps(content)
        return True


class QueueStateMachine(RuleBasedStateMachine):
    """Users at the player, moods in the room, and a reconciler that looks after one event or several."""

    @initialize(
        change=st.sampled_from(TransitionMode),
        autoplay=st.booleans(),
        strategy=st.sampled_from(Strategy),
        queued=st.integers(0, 20),
    )
    def open(self, change: TransitionMode, autoplay: bool, strategy: Strategy, queued: int) -> None:
        self.fake_mpd = FakeMpd(LISTS)
        self.player = MpdConfig(
            change=change,
            autoplay=autoplay,
            hands_off_s=HANDS_OFF_S,
            strategy=strategy,
            playlists={mood: (mood.capitalize(),) for mood in Mood if mood is not Mood.NOBODY},
        )
        self.file = InMemoryJsonFile()
        self.new_reconciler()
        self.requested: MusicRequest | None = None
        self.stopped_by_user = self.seen_playing = False
        for number in range(queued):
            self.fake_mpd.add(f"user/{number}")
        self.fake_mpd.play(0)
        self.mood_changes(Mood.HAPPY)
        self.look()

    def new_reconciler(self) -> None:
        store = SessionStore(self.file, self.player)
        self.reconciler = QueueReconciler(self.player, Random(3), **self.fake_mpd.clocks, store=store)  # noqa: S311
        self.reconciler.on_connect(self.fake_mpd.link)

    # What happens in the room

    @rule(mood=st.sampled_from(Mood))
    def mood_changes(self, mood: Mood) -> None:
        self.requested = MusicRequest(
            start_path(mood, None), self.player.names.get(mood, ()), targets=self.player.active_targets
        )

    @rule(seconds=st.sampled_from([1.0, 40.0, 190.0, 199.5]), times=st.integers(1, 8))
    def time_passes(self, seconds: float, times: int) -> None:
        for _ in range(times):
            self.fake_mpd.advance(seconds)
            self.look()

    @rule(seconds=st.floats(0.1, 600.0))
    def time_passes_unseen(self, seconds: float) -> None:
        self.fake_mpd.advance(seconds)

    # What users do

    @rule(songs=st.integers(1, 12), at=st.none() | st.integers(0, 20))
    def a_user_adds(self, songs: int, at: int | None) -> None:
        for number in range(songs):
            self.fake_mpd.add(f"user/{number}", None if at is None else at + number)

    @rule()
    def a_user_clears(self) -> None:
        self.stopped_by_user |= self.interrupted()
        self.fake_mpd.clear()

    def interrupted(self) -> bool:
        """Return whether music plays, is not about to end, and played when the reconciler looked last."""
        going_on = self.fake_mpd.state == "play" and self.fake_mpd.elapsed_s < self.fake_mpd.song_s - 12
        return going_on and self.seen_playing

    @rule(pos=st.none() | st.integers(0, 30))
    def a_user_plays(self, pos: int | None) -> None:
        self.fake_mpd.play(pos)
        self.stopped_by_user &= self.fake_mpd.state != "play"

    @rule(how=st.sampled_from(["pause", "stop"]))
    def a_user_stops(self, how: str) -> None:
        self.stopped_by_user |= self.interrupted()
        getattr(self.fake_mpd, how)()

    @rule(how=st.sampled_from(["next", "previous"]))
    def a_user_skips(self, how: str) -> None:
        getattr(self.fake_mpd, how)()
        self.stopped_by_user &= self.fake_mpd.state != "play"

    @rule(pos=st.integers(0, 30))
    def a_user_removes_a_song(self, pos: int) -> None:
        self.fake_mpd.remove(pos)

    @rule(pos=st.integers(0, 30), to=st.integers(0, 30))
    def a_user_moves_a_song(self, pos: int, to: int) -> None:
        self.fake_mpd.move(pos, to)

    @rule(name=st.sampled_from(SWITCHES))
    def a_user_turns_a_switch(self, name: str) -> None:
        setattr(self.fake_mpd.options, name, not getattr(self.fake_mpd.options, name))

    @rule(seconds=st.integers(0, 8), volume=st.integers(0, 100))
    def a_user_turns_a_knob(self, seconds: int, volume: int) -> None:
        self.fake_mpd.options = replace(self.fake_mpd.options, xfade=seconds, volume=volume)

    # What machines do

    @rule()
    def mpd_restarts(self) -> None:
        self.look()  # what a user did in the moment before, nobody could know
        self.fake_mpd.advance(10.0)
        self.fake_mpd.restart()
        self.reconciler.on_connect(self.fake_mpd.link)
        self.look()

    @rule()
    def the_connection_is_lost_and_back(self) -> None:
        self.reconciler.on_connect(self.fake_mpd.link)
        self.look()  # as the worker does, at once

    @rule(mpd_too=st.booleans())
    def the_service_restarts(self, mpd_too: bool) -> None:
        self.look()
        before, length, current = (
            self.reconciler.queue_state,
            len(self.fake_mpd.queue),
            self.fake_mpd.playing(),
        )
        theirs = before.hands_off_until_s > self.fake_mpd.now_s  # it may end while nobody looks
        self.fake_mpd.advance(5.0)
        if mpd_too:
            self.fake_mpd.restart()
        self.new_reconciler()
        after = self.reconciler.queue_state
        assert mpd_too or after.own_songs == before.own_songs
        assert max(0.0, after.hands_off_until_s) == max(0.0, before.hands_off_until_s)
        self.look()
        known = len(after.own_songs) == len(before.own_songs)  # MPD may have played on before its restart
        went_on = theirs or self.fake_mpd.playing() != current
        assert went_on or not known or len(self.fake_mpd.queue) <= length, "the queue grows"

    # The reconciler

    @rule()
    def look(self) -> None:
        theirs, options, state = (
            self.fake_mpd.user_songs(),
            replace(self.fake_mpd.options),
            self.fake_mpd.state,
        )
        sent = self.turn()
        assert self.fake_mpd.user_songs() == theirs, "a user's song was removed or moved"
        assert self.fake_mpd.options == options, "what is the user's was changed"
        assert {str(command) for command, *_ in sent} <= OURS
        started = self.fake_mpd.state == "play" and state != "play"
        assert not started or (self.player.autoplay and not self.stopped_by_user), "playback started unasked"
        assert self.fake_mpd.state == "play" or state != "play", "the music was stopped"
        if self.reconciler.queue_state.hands_off_until_s > self.fake_mpd.now_s:
            assert sent == [], "the player belongs to the user who took over"
        else:
            self.follows_the_mood()
        self.seen_playing = self.fake_mpd.state == "play"
        assert self.turn() == [], "once all is done nothing is left to do"

    def turn(self) -> list[tuple[object, ...]]:
        before = len(self.fake_mpd.sent)
        self.reconciler.reconcile(self.fake_mpd.link, self.requested)
        return self.fake_mpd.sent[before:]

    def follows_the_mood(self) -> None:
        options = self.fake_mpd.options
        playing = self.fake_mpd.state == "play" and not options.single and len(self.fake_mpd.queue) > 1
        left_s = self.fake_mpd.song_s - self.fake_mpd.elapsed_s
        fading = options.xfade and left_s <= options.xfade + 2 and self.fake_mpd.following() is not None
        if playing and not fading and self.requested and self.requested.playlists:
            waiting = [song for song in self.reconciler.queue_state.own_songs if not song.started]
            assert all(song.mood is self.requested.mood for song in waiting), "a song of an old mood waits"
            assert 1 <= len(waiting) <= QUEUE_AHEAD, "one song ahead at least, a few at most"

    @invariant()
    def what_is_ours_is_little(self) -> None:
        if hasattr(self, "reconciler"):
            assert len(self.reconciler.queue_state.own_songs) <= QUEUE_AHEAD + 2


QueueStateMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestLaws = QueueStateMachine.TestCase
