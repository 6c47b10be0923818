"""Accidents together with a user's deeds: a real reconciler at a fake MPD, in simulated time.

More examples: `MOODPID_CHAOS_EXAMPLES=10000 python -m pytest --log-level=ERROR tests/mpd/test_chaos.py`.
"""

import os
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from moodpid.config import MpdConfig, TransitionMode
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import start_path
from moodpid.mpd.protocol import MpdGoneError
from moodpid.mpd.reconcile_loop import QueueReconciler
from tests.support.fake_mpd import FakeMpd

EXAMPLES = int(os.environ.get("MOODPID_CHAOS_EXAMPLES", "40"))
HANDS_OFF_S, STEP_S = 60.0, 3.0
MOODS = (Mood.HAPPY, Mood.SAD)
# Half of each list is on a share that comes and goes, and a part of it is not in the library
LISTS = {
    mood.capitalize(): [
        *(f"{mood}/{n}" for n in range(4)),
        *(f"share/{mood}{n}" for n in range(4)),
        *(f"gone/{mood}{n}" for n in range(4)),
    ]
    for mood in MOODS
}
SHARES = ("share", "happy", "sad")


class ChaosMachine(RuleBasedStateMachine):
    """Looks when MPD has news and when a look is due, as the worker does."""

    @initialize(change=st.sampled_from(TransitionMode), autoplay=st.booleans(), queued=st.integers(0, 3))
    def start(self, change: TransitionMode, autoplay: bool, queued: int) -> None:
        self.mpd = FakeMpd(LISTS, song_s=60.0)
        self.config = MpdConfig(
            change=change,
            autoplay=autoplay,
            hands_off_s=HANDS_OFF_S,
            playlists={mood: (mood.capitalize(),) for mood in MOODS},
        )
        self.reconciler = QueueReconciler(self.config, Random(3), **self.mpd.clocks)  # noqa: S311 - repeatable
        self.connected = self.restarted_unseen = self.may_stay_silent = self.interrupted = False
        self.message, self.state_seen = "", "stop"
        self.stopped_by_user = self.stop_was_seen = self.asked_to_start = False
        self.request: MusicRequest | None = None
        for number in range(queued):
            self.mpd.add(f"user/{number}")
        if queued:
            self.mpd.play(0)
        self.mood(Mood.HAPPY)

    # The room

    @rule(mood=st.sampled_from((*MOODS, Mood.NOBODY)))
    def mood(self, mood: Mood) -> None:
        self.request = MusicRequest(start_path(mood, None), self.config.names.get(mood, ()))
        self.look()

    @rule(steps=st.integers(1, 40))
    def wait(self, steps: int) -> None:
        """Let time pass, with a look whenever MPD has news or one is due."""
        for _ in range(steps):
            before = self.seen()
            self.mpd.advance(STEP_S)
            if before != self.seen() or self.reconciler.until_s <= self.mpd.now_s or not self.connected:
                self.look()

    # Accidents

    @rule(share=st.sampled_from(SHARES))
    def share_goes(self, share: str) -> None:
        self.mpd.away.add(share)
        if self.mpd.playing().startswith(f"{share}/"):
            self.mpd.error = f"Failed to decode {self.mpd.playing()}; Input/output error"
            self.mpd.go(self.mpd.following() or self.mpd.current or 0)
        self.look()

    @rule()
    def shares_come_back(self) -> None:
        self.mpd.away.clear()

    @rule(share=st.sampled_from(SHARES))
    def library_loses_songs(self, share: str) -> None:
        playing = self.mpd.state == "play"
        self.mpd.lost.add(share)
        self.mpd.update()
        # Who took songs out while nobody looked cannot be known, nor who stopped the song that went with them
        self.may_stay_silent |= self.mpd.unreachable
        if self.mpd.unreachable and self.mpd.current is None:
            self.stopped_by_user = self.stop_was_seen
        self.interrupted &= self.mpd.state == "play" or not playing
        self.look("database")

    @rule()
    def library_has_its_songs_again(self) -> None:
        self.mpd.lost = {"gone"}
        self.look("database")

    @rule(broken=st.booleans())
    def output_breaks_or_works(self, broken: bool) -> None:
        self.mpd.output_broken = broken
        if broken and self.mpd.state == "play":
            self.mpd.state, self.mpd.error = "pause", "Failed to open audio output"
        self.look()

    @rule(unreachable=st.booleans())
    def network_breaks_or_works(self, unreachable: bool) -> None:
        self.mpd.unreachable = unreachable
        self.look()

    @rule()
    def mpd_restarts(self) -> None:
        self.look()  # what a user did in the moment before cannot be known
        self.mpd.advance(10.0)
        self.mpd.restart()
        self.connected, self.restarted_unseen, self.interrupted = False, True, False
        if self.mpd.unreachable and self.mpd.current is None:
            self.stopped_by_user = self.stop_was_seen  # an MPD without a song does not show it
        # Nor does one that is paused show who paused it
        self.may_stay_silent |= self.mpd.unreachable and self.mpd.state == "pause"
        self.look()

    @rule(known_s=st.sampled_from((None, -1.0, 20.0, 500.0)), seekable=st.booleans())
    def songs_lie(self, known_s: float | None, seekable: bool) -> None:
        """Make MPD believe another length than the songs have, or none; and let them refuse to seek."""
        self.mpd.known_s, self.mpd.seekable = known_s, seekable

    @rule(room=st.integers(0, 5) | st.just(10_000))
    def queue_is_limited(self, room: int) -> None:
        self.mpd.max_length = len(self.mpd.queue) + room

    # A user

    @rule(songs=st.integers(1, 3), at=st.none() | st.integers(0, 5))
    def user_adds(self, songs: int, at: int | None) -> None:
        for number in range(songs):
            self.mpd.add(f"user/{number}", None if at is None else at + number)
        self.user_acted()
        self.look()

    @rule()
    def user_clears(self) -> None:
        self.stopped_by_user |= self.audible()
        self.may_stay_silent |= bool(self.mpd.queue)
        self.mpd.clear()
        self.user_acted()
        self.look()

    @rule(pos=st.none() | st.integers(0, 9))
    def user_plays(self, pos: int | None) -> None:
        self.mpd.play(pos)
        self.stopped_by_user &= not self.mpd.queue
        self.may_stay_silent &= not self.mpd.queue
        self.user_acted()
        self.look()

    @rule(how=st.sampled_from(("pause", "stop")))
    def user_stops(self, how: str) -> None:
        self.stopped_by_user |= self.mpd.state == "play" or (how == "stop" and self.mpd.state == "pause")
        getattr(self.mpd, how)()
        self.user_acted()
        self.look()

    @rule()
    def user_skips(self) -> None:
        self.stopped_by_user &= self.mpd.state == "stop"
        self.may_stay_silent |= self.mpd.state == "pause" and self.mpd.following() is None
        interrupted, error = self.interrupted, self.mpd.error
        self.mpd.next()
        self.user_acted()
        # Into broken songs: it is still for us to bring back what we cut short
        self.interrupted = interrupted and (self.mpd.state == "play" or self.mpd.error != error)
        self.look()

    @rule(pos=st.integers(0, 9))
    def user_removes(self, pos: int) -> None:
        playing, error, current = self.mpd.state == "play", self.mpd.error, self.mpd.current
        self.mpd.remove(pos)
        self.may_stay_silent |= not playing and current != self.mpd.current
        # To take out what plays ends the music where nothing follows
        self.stopped_by_user |= playing and self.mpd.current is None and self.mpd.error == error
        self.may_stay_silent |= not self.mpd.queue
        self.user_acted()
        self.look()

    @rule()
    def user_seeks_in_vain(self) -> None:
        if self.mpd.state == "play":
            self.mpd.error = "Not seekable"
            self.look()

    @rule()
    def user_asks_us_to_take_over(self) -> None:
        if not self.mpd.unreachable:
            self.reconciler.take_over()
            self.stopped_by_user = False
            # With nobody in the room it comes to nothing before the user does something else
            self.may_stay_silent = not (self.request and self.request.playlists)
            self.asked_to_start = True
            self.look()

    def user_acted(self) -> None:
        self.interrupted = False
        if self.restarted_unseen and self.mpd.current is None:
            self.stopped_by_user = self.stop_was_seen  # an MPD that restarted may have no song of its own
        if self.mpd.unreachable and self.mpd.state == self.state_seen != "play":
            self.stopped_by_user = self.stop_was_seen
        # What a user did while nobody looked, only MPD's state can tell; and who asked us to take over and
        # then goes on at the player has it again
        unclear = self.mpd.unreachable or self.asked_to_start
        self.may_stay_silent |= unclear and self.mpd.state != "play"

    def audible(self) -> bool:
        """Return whether the music plays, or would if MPD could."""
        return self.mpd.state == "play" or (self.mpd.state == "pause" and bool(self.mpd.error))

    # The reconciler, and the laws

    def seen(self) -> tuple[object, ...]:
        mpd = self.mpd
        return mpd.current, mpd.state, mpd.error, tuple(entry.id for entry in mpd.queue)

    def look(self, *changed: str) -> None:
        mpd = self.mpd
        sent = len(mpd.sent)
        user_songs, options, state = mpd.user_songs(), replace(mpd.options), mpd.state
        for _ in range(3):
            try:
                if not self.connected:
                    self.reconciler.on_connect(mpd.link)
                    self.connected, self.restarted_unseen = True, False
                request = self.request
                player = self.reconciler.reconcile(mpd.link, request, frozenset(changed))
                self.message = player.message
            except MpdGoneError:
                self.connected = self.interrupted = False
                return
        assert mpd.user_songs() == user_songs, "a song of a user was removed or moved"
        assert mpd.options == options, "an option of the user was changed"
        started = mpd.state == "play" and state != "play"
        may_start = self.config.autoplay or self.asked_to_start or self.interrupted
        assert not started or (may_start and not self.stopped_by_user), "playback started unasked"
        self.asked_to_start &= mpd.state != "play"
        self.stop_was_seen, self.state_seen = self.stopped_by_user, mpd.state
        self.interrupted &= not self.stopped_by_user
        stopped = state == "play" and mpd.state != "play"
        assert not stopped or mpd.error, "the music was stopped"
        # A song of ours that cannot be played ended the music: it has to come back, autoplay or not
        jumped = any(command in ("playid", "seekcur") for command, *_ in mpd.sent[sent:])
        self.interrupted |= state == "play" and jumped
        self.interrupted &= not (mpd.state == "play" and mpd.elapsed_s >= 5.0)
        self.explains()

    def explains(self) -> None:
        """Where music is wanted and none of ours plays or waits, the state gives one plain reason."""
        own = self.reconciler.queue_state.own_songs
        waits = [song for song in own if not song.started] or self.mpd.state == "play"
        if self.request and self.request.playlists and not waits:
            assert self.message, "nothing plays, and no reason is given"
            assert "\n" not in self.message

    def teardown(self) -> None:
        """After the last accident music plays within a minute, unless a user stopped it or took over."""
        if not hasattr(self, "mpd"):
            return
        mpd = self.mpd
        mpd.away.clear()
        mpd.lost, mpd.output_broken, mpd.unreachable = {"gone"}, False, False
        mpd.known_s, mpd.seekable, mpd.max_length = -1.0, True, 10_000
        self.look("database")
        self.wait(int(HANDS_OFF_S / STEP_S))
        self.mood(Mood.HAPPY)
        self.wait(int(60.0 / STEP_S))
        wanted = self.config.autoplay or self.interrupted
        if wanted and not self.stopped_by_user and not self.may_stay_silent:
            assert mpd.state == "play", f"silent after the accidents: {self.message}"


ChaosMachine.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
TestChaos = pytest.mark.timeout(300 + EXAMPLES)(ChaosMachine.TestCase)
