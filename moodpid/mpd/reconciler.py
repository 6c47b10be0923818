"""One turn at MPD: look, notice, plan, carry out; and again until there is nothing left to do."""

import contextlib
import logging
import math
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from functools import partial
from random import Random

from moodpid.config import MpdConfig, Strategy
from moodpid.mood.policy import MusicRequest
from moodpid.mpd import planner, tracking
from moodpid.mpd.connection import CommandRefusedError, Mpd
from moodpid.mpd.fade import Fader
from moodpid.mpd.feedback import Verdict, changes, verdict
from moodpid.mpd.leader_election import LeaderElection
from moodpid.mpd.look import find, songs_at, take_snapshot
from moodpid.mpd.picker import Pick, Picker
from moodpid.mpd.planner import Command, Plan, Play, Prioritize, QueueRules, Remove, Seek
from moodpid.mpd.session_store import SavedSession, SessionStore
from moodpid.mpd.snapshot import PlayState, Snapshot
from moodpid.mpd.stickers import read_stickers, write_stickers
from moodpid.mpd.tracking import OwnSong, QueueState
from moodpid.state import PlayerState, PlayerStatus
from moodpid.system.json_file import JsonFile
from moodpid.text import EMPTY, clean

log = logging.getLogger(__name__)

_MAX_ROUNDS = 6  # remove, add, play: three are enough; a person may be busy at the same time
_RESTART_S = 3.0  # MPD tells its uptime in whole seconds
_FOLLOWER_POLL_S = 60.0  # MPD tells nobody that another client's connection ended
_CLOCK_STEP_S = 30.0  # by so much the wall clock has not just drifted
_MAX_ADD_ATTEMPTS = 12  # songs that a list names and MPD does not have, before we wait for the next event


class QueueReconciler:
    """What we are in MPD's house: remembers across connections what is ours and what was heard.

    Args:
        settings: How to behave and what to play.
        rng: Chooses songs.
        clock: Monotonic seconds.
        sleep: Waits, in the steps of a fade; true from it: leave the song and the volume as they were.
        wall_clock: Seconds since 1970.
        skipped: Called when a person left a song of ours before its end, unless it was asked of us.
        store: Knows what was ours before a restart of ours; None: there was nothing.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the last ones are seldom given
        self,
        settings: MpdConfig,
        rng: Random,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        wall_clock: Callable[[], float] = time.time,  # noqa: TID251 - for people and for stickers
        skipped: Callable[[], object] = lambda: None,
        store: SessionStore | None = None,
    ) -> None:
        self._skipped = skipped
        self._asked_to_skip = -1
        self._rules = QueueRules.of(settings)
        self._clock = clock
        self._wall_clock = wall_clock
        self._session_store = store or SessionStore(JsonFile(None), settings)
        kept = self._session_store.load(clock())
        self._queue_state = kept.queue_state
        self._booted_s = kept.booted_s
        self._picker = Picker(settings, rng, wall_clock)
        self._picks: dict[int, Pick] = {}
        # Any order will do that all of us see alike
        self._leader_election = LeaderElection(time.time_ns(), rng.getrandbits(32))  # noqa: TID251
        self._fader = Fader(sleep, self._save_session, kept.volume_to_restore)
        self._until = (-math.inf, -math.inf)  # monotonic, and the same moment by the clock
        self._hold_reason = ""

    @property
    def until_s(self) -> float:
        """When a turn is due though nothing happens, in monotonic seconds."""
        if self._leader_election.is_follower:
            return self._clock() + _FOLLOWER_POLL_S
        until_s = self._queue_state.hands_off_until_s
        return until_s if until_s > self._clock() else math.inf

    @property
    def queue_state(self) -> QueueState:
        """What we know of our own doing."""
        return self._queue_state

    def on_connect(self, link: Mpd) -> None:
        """Find out, on a new connection, what is still ours.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._fader.restore(link)
        self._leader_election.announce(link)
        self._picker.forget()
        booted_s = self._clock() - float(link.ask("stats").get("uptime", 0))
        restarted = booted_s > self._booted_s + _RESTART_S
        # An MPD that ran for a moment only may restart unnoticed; then no id of ours is left
        queue = None
        if restarted or not find(link, self._queue_state.own_songs):
            queue = tuple(song for ours in self._queue_state.own_songs for song in songs_at(link, ours.pos))
        picks = [self._picks.get(song.id) for song in self._queue_state.own_songs]
        self._queue_state = tracking.restore_after_reconnect(self._queue_state, queue, restarted=restarted)
        self._picks = {
            song.id: pick
            for song, pick in zip(self._queue_state.own_songs, picks, strict=False)
            if pick is not None
        }
        self._booted_s = booted_s
        self._save_session()

    def _save_session(self) -> None:
        self._session_store.save(
            SavedSession(self._queue_state, self._booted_s, self._fader.volume_to_restore)
        )

    def on_disconnect(self, link: Mpd) -> None:
        """Say good-bye; the player stays as it is.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._leader_election.withdraw(link)

    def reconcile(
        self,
        link: Mpd,
        request: MusicRequest | None,
        strategy: Strategy,
        changed: AbstractSet[str] = frozenset(),
    ) -> PlayerState:
        """Do what is to be done now, and say what plays.

        Args:
            link: To MPD.
            request: The present one, None before the first.
            strategy: Where the music leads.
            changed: MPD's subsystems that changed since the last turn.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._picker.strategy = strategy
        if changed & {"stored_playlist", "database"}:
            self._picker.forget()
        if "subscription" in changed or self._leader_election.is_follower:
            self._leader_election.update(link)
        for _ in range(_MAX_ROUNDS):
            now = replace(
                take_snapshot(link, self._queue_state.own_songs, self._clock()),
                other_leader=self._leader_election.is_follower,
            )
            self._record_snapshot(link, now)
            plan = planner.plan(self._queue_state, now, request, self._rules)
            self._queue_state = plan.queue_state
            try:
                if plan.idle or not self._carry_out(link, plan, now, request):
                    break
            finally:
                self._save_session()
        state = self._player_state(now, plan)
        self._log(plan, state)
        return state

    def _log(self, plan: Plan, state: PlayerState) -> None:
        """One line when we begin to hold back or do so for another reason, and one when we no longer do."""
        if plan.hold_reason != self._hold_reason:
            self._hold_reason = plan.hold_reason
            log.info("%s", state.message if plan.hold_reason else "the player is ours to drive again")

    def _record_snapshot(self, link: Mpd, now: Snapshot) -> None:
        noticed = tracking.detect_changes(self._queue_state, now, self._rules.hands_off_s)
        before, self._queue_state = self._queue_state, noticed.queue_state
        if now.song and now.state is PlayState.PLAY:
            self._picker.on_finished(now.song.uri, now.at_s)
        if noticed.finished and any(song.id == noticed.finished[0].id for song in before.own_songs):
            song, share = noticed.finished
            if what := verdict(share):
                self._save_feedback(link, song.id, what)
            if noticed.skipped and song.id != self._asked_to_skip:
                self._skipped()
        self._asked_to_skip = -1
        self._picks = {id_: pick for id_, pick in self._picks.items() if id_ in now.own_songs}

    def _save_feedback(self, link: Mpd, song: int, what: Verdict) -> None:
        if pick := self._picks.get(song):
            now = read_stickers(link, pick.uri)
            write_stickers(link, pick.uri, changes(now, pick.stickers, pick.mood, what, self._wall_clock()))

    def skip(self, link: Mpd) -> None:
        """Go on to the next song, as a person asked through us; nothing if nothing plays.

        Raises:
            MpdGoneError: The connection was lost.
        """
        with contextlib.suppress(CommandRefusedError):
            status = link.ask("status")
            if status["state"] == PlayState.PLAY:
                link.ask("next")
                self._asked_to_skip = int(status.get("songid", -1))

    def reject_song(self, link: Mpd) -> None:
        """The song that plays does not fit: remember it if it is ours, and go on to the next.

        Raises:
            MpdGoneError: The connection was lost.
        """
        current = int(link.ask("status").get("songid", -1))
        self._save_feedback(link, current, Verdict.REJECTED)
        self._picks.pop(current, None)  # the skip that follows says no more
        self.skip(link)

    def _carry_out(self, link: Mpd, plan: Plan, now: Snapshot, request: MusicRequest | None) -> bool:
        """Whether anything was done."""
        added = self._add(link, plan, now, request) if request and plan.songs_to_add else 0
        if plan.songs_to_add == planner.QUEUE_AHEAD and not added:
            return False  # what waits is of an old mood, and better than silence
        did = [self._command(link, command) for command in plan.commands]
        return any(did) or added > 0

    def _command(self, link: Mpd, command: Command) -> bool:
        log.debug("%s", command)
        try:
            match command:
                case Remove(id=song):
                    link.ask("deleteid", song)
                    self._queue_state = tracking.record_own_changes(self._queue_state, removed=[song])
                case Prioritize(id=song):
                    link.ask("prioid", planner.PRIORITY, song)
                case Seek(at_s=at_s):
                    link.ask("seekcur", f"{at_s:.3f}")
                    self._queue_state = tracking.record_own_changes(self._queue_state, played=True)
                case Play(id=song, fade=fade):
                    go = partial(link.ask, "playid", song)
                    if fade and not self._fader.fade_out(link, go):
                        return False
                    if not fade:
                        go()
                    self._queue_state = tracking.record_own_changes(self._queue_state, played=True)
        except CommandRefusedError as error:
            log.debug("%s: %s", command, error)
            return False
        return True

    def _add(self, link: Mpd, plan: Plan, now: Snapshot, request: MusicRequest) -> int:
        """Put up to `plan.room` songs into the queue; how many went in."""
        ours = self._queue_state.own_songs
        waiting = [song.uri for song in ours if song.started] + [song.uri for song in now.window]
        waiting += [song.uri for song in ours if not song.started]
        added = 0
        for _ in range(_MAX_ADD_ATTEMPTS):
            pick = self._picker.pick(link, request, waiting, now.at_s) if added < plan.songs_to_add else None
            if pick is None:
                break
            where = () if plan.offset is None else (f"+{plan.offset + added}",)
            try:
                song = int(link.ask("addid", pick.uri, *where))
            except CommandRefusedError as error:
                log.debug("%s from %s: %s", pick.uri, pick.source, error)
                if not error.missing:
                    break  # the queue is full, or the person before us was faster
                self._picker.mark_missing(pick.uri)
                continue
            log.debug("%s: %s; %s", pick.uri, plan.why, pick.why)
            self._queue_state = tracking.record_own_changes(
                self._queue_state, (OwnSong(song, pick.uri, request.mood, pick.source),)
            )
            self._picks[song] = pick
            self._picker.on_added()
            waiting.append(pick.uri)
            added += 1
        return added

    def _player_state(self, now: Snapshot, plan: Plan) -> PlayerState:
        ours = [song for song in self._queue_state.own_songs if song.id in now.own_songs]
        latest = ours[-1] if ours else None
        return PlayerState(
            PlayerStatus(now.state.value),
            title=now.song.title if now.song else EMPTY,
            artist=now.song.artist if now.song else EMPTY,
            mood=latest.mood if latest else None,
            playlist=latest.source if latest else "",
            message=clean(self._message(plan)),
        )

    def _message(self, plan: Plan) -> str:
        until_s = self._queue_state.hands_off_until_s
        if plan.hold_reason and not self._leader_election.is_follower and self.until_s == until_s:
            by_clock_s = self._wall_clock() + until_s - self._clock()
            # The message must not change with each look, but it must when somebody sets the clock
            if self._until[0] != until_s or abs(by_clock_s - self._until[1]) > _CLOCK_STEP_S:
                self._until = (until_s, by_clock_s)
            return f"{plan.hold_reason} until {time.strftime('%H:%M', time.localtime(self._until[1]))}"
        return plan.hold_reason or "; ".join(self._picker.problems.values())
