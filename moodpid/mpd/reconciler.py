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

from moodpid.config import Player, Strategy
from moodpid.mood.policy import Wish
from moodpid.mpd import planner, tracking
from moodpid.mpd.connection import CommandRefusedError, Mpd
from moodpid.mpd.fade import Fader
from moodpid.mpd.feedback import Verdict, changes, verdict
from moodpid.mpd.leader_election import Rivals
from moodpid.mpd.look import find, look, songs_at
from moodpid.mpd.picker import Pick, Picker
from moodpid.mpd.planner import Command, Plan, Play, Raise, Remove, Rules, SeekTo
from moodpid.mpd.session_store import Keeper, Kept
from moodpid.mpd.snapshot import PlayState, Snapshot
from moodpid.mpd.stickers import read_stickers, write_stickers
from moodpid.mpd.tracking import Memory, Ours
from moodpid.state import PlayerState, PlayerStatus
from moodpid.system.json_file import JsonFile

log = logging.getLogger(__name__)

_ROUNDS = 6  # remove, add, play: three are enough; a person may be busy at the same time
_RESTART_S = 3.0  # MPD tells its uptime in whole seconds
_LOOK_S = 60.0  # MPD tells nobody that another client's connection ended
_CLOCK_SET_S = 30.0  # by so much the wall clock has not just drifted
_TRIES = 12  # songs that a list names and MPD does not have, before we wait for the next event


class Guest:
    """What we are in MPD's house: remembers across connections what is ours and what was heard.

    Args:
        settings: How to behave and what to play.
        chance: Chooses songs.
        clock: Monotonic seconds.
        sleep: Waits, in the steps of a fade; true from it: leave the song and the volume as they were.
        wall: Seconds since 1970.
        skipped: Called when a person left a song of ours before its end, unless it was asked of us.
        keeper: Knows what was ours before a restart of ours; None: there was nothing.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - the last ones are seldom given
        self,
        settings: Player,
        chance: Random,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        wall: Callable[[], float] = time.time,  # noqa: TID251 - for people and for stickers
        skipped: Callable[[], object] = lambda: None,
        keeper: Keeper | None = None,
    ) -> None:
        self._skipped = skipped
        self._asked_to_skip = -1
        self._rules = Rules.of(settings)
        self._clock = clock
        self._wall = wall
        self._keeper = keeper or Keeper(JsonFile(None), settings)
        kept = self._keeper.load(clock())
        self._memory = kept.memory
        self._booted_s = kept.booted_s
        self._picker = Picker(settings, chance, wall)
        self._picks: dict[int, Pick] = {}
        # Any order will do that all of us see alike
        self._rivals = Rivals(time.time_ns(), chance.getrandbits(32))  # noqa: TID251
        self._fader = Fader(sleep, self._keep, kept.owed)
        self._until = (-math.inf, -math.inf)  # monotonic, and the same moment by the clock
        self._held_back = ""

    @property
    def until_s(self) -> float:
        """When a turn is due though nothing happens, in monotonic seconds."""
        if self._rivals.first:
            return self._clock() + _LOOK_S
        until_s = self._memory.hands_off_until_s
        return until_s if until_s > self._clock() else math.inf

    @property
    def memory(self) -> Memory:
        """What we know of our own doing."""
        return self._memory

    def arrive(self, link: Mpd) -> None:
        """Find out, on a new connection, what is still ours.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._fader.restore(link)
        self._rivals.show(link)
        self._picker.forget()
        booted_s = self._clock() - float(link.ask("stats").get("uptime", 0))
        restarted = booted_s > self._booted_s + _RESTART_S
        # An MPD that ran for a moment only may restart unnoticed; then no id of ours is left
        queue = None
        if restarted or not find(link, self._memory.ours):
            queue = tuple(song for ours in self._memory.ours for song in songs_at(link, ours.pos))
        picks = [self._picks.get(song.id) for song in self._memory.ours]
        self._memory = tracking.reconnected(self._memory, queue, restarted=restarted)
        self._picks = {
            song.id: pick for song, pick in zip(self._memory.ours, picks, strict=False) if pick is not None
        }
        self._booted_s = booted_s
        self._keep()

    def _keep(self) -> None:
        self._keeper.keep(Kept(self._memory, self._booted_s, self._fader.owed))

    def leave(self, link: Mpd) -> None:
        """Say good-bye; the player stays as it is.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._rivals.leave(link)

    def turn(
        self, link: Mpd, wish: Wish | None, strategy: Strategy, changed: AbstractSet[str] = frozenset()
    ) -> PlayerState:
        """Do what is to be done now, and say what plays.

        Args:
            link: To MPD.
            wish: The present one, None before the first.
            strategy: Where the music leads.
            changed: MPD's subsystems that changed since the last turn.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._picker.strategy = strategy
        if changed & {"stored_playlist", "database"}:
            self._picker.forget()
        if "subscription" in changed or self._rivals.first:
            self._rivals.look(link)
        for _ in range(_ROUNDS):
            now = replace(look(link, self._memory.ours, self._clock()), rival=self._rivals.first)
            self._take_in(link, now)
            plan = planner.plan(self._memory, now, wish, self._rules)
            self._memory = plan.memory
            try:
                if plan.idle or not self._carry_out(link, plan, now, wish):
                    break
            finally:
                self._keep()
        state = self._player_state(now, plan)
        self._log(plan, state)
        return state

    def _log(self, plan: Plan, state: PlayerState) -> None:
        """One line when we begin to hold back or do so for another reason, and one when we no longer do."""
        if plan.message != self._held_back:
            self._held_back = plan.message
            log.info("%s", state.message if plan.message else "the player is ours to drive again")

    def _take_in(self, link: Mpd, now: Snapshot) -> None:
        noticed = tracking.notice(self._memory, now, self._rules.hands_off_s)
        before, self._memory = self._memory, noticed.memory
        if now.song and now.state is PlayState.PLAY:
            self._picker.heard(now.song.uri, now.at_s)
        if noticed.finished and any(song.id == noticed.finished[0].id for song in before.ours):
            song, share = noticed.finished
            if what := verdict(share):
                self._learn(link, song.id, what)
            if noticed.skipped and song.id != self._asked_to_skip:
                self._skipped()
        self._asked_to_skip = -1
        self._picks = {id_: pick for id_, pick in self._picks.items() if id_ in now.ours}

    def _learn(self, link: Mpd, song: int, what: Verdict) -> None:
        if pick := self._picks.get(song):
            now = read_stickers(link, pick.uri)
            write_stickers(link, pick.uri, changes(now, pick.stickers, pick.mood, what, self._wall()))

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

    def misfit(self, link: Mpd) -> None:
        """The song that plays does not fit: remember it if it is ours, and go on to the next.

        Raises:
            MpdGoneError: The connection was lost.
        """
        current = int(link.ask("status").get("songid", -1))
        self._learn(link, current, Verdict.MISFIT)
        self._picks.pop(current, None)  # the skip that follows says no more
        self.skip(link)

    def _carry_out(self, link: Mpd, plan: Plan, now: Snapshot, wish: Wish | None) -> bool:
        """Whether anything was done."""
        added = self._add(link, plan, now, wish) if wish and plan.room else 0
        if plan.room == planner.AHEAD and not added:
            return False  # what waits is of an old mood, and better than silence
        did = [self._command(link, command) for command in plan.commands]
        return any(did) or added > 0

    def _command(self, link: Mpd, command: Command) -> bool:
        log.debug("%s", command)
        try:
            match command:
                case Remove(id=song):
                    link.ask("deleteid", song)
                    self._memory = tracking.wrote(self._memory, removed=[song])
                case Raise(id=song):
                    link.ask("prioid", planner.PRIORITY, song)
                case SeekTo(at_s=at_s):
                    link.ask("seekcur", f"{at_s:.3f}")
                    self._memory = tracking.wrote(self._memory, played=True)
                case Play(id=song, fade=fade):
                    go = partial(link.ask, "playid", song)
                    if fade and not self._fader.fade_out(link, go):
                        return False
                    if not fade:
                        go()
                    self._memory = tracking.wrote(self._memory, played=True)
        except CommandRefusedError as error:
            log.debug("%s: %s", command, error)
            return False
        return True

    def _add(self, link: Mpd, plan: Plan, now: Snapshot, wish: Wish) -> int:
        """Put up to `plan.room` songs into the queue; how many went in."""
        ours = self._memory.ours
        waiting = [song.uri for song in ours if song.begun] + [song.uri for song in now.window]
        waiting += [song.uri for song in ours if not song.begun]
        added = 0
        for _ in range(_TRIES):
            pick = self._picker.pick(link, wish, waiting, now.at_s) if added < plan.room else None
            if pick is None:
                break
            where = () if plan.after is None else (f"+{plan.after + added}",)
            try:
                song = int(link.ask("addid", pick.uri, *where))
            except CommandRefusedError as error:
                log.debug("%s from %s: %s", pick.uri, pick.source, error)
                if not error.missing:
                    break  # the queue is full, or the person before us was faster
                self._picker.is_gone(pick.uri)
                continue
            log.debug("%s: %s; %s", pick.uri, plan.why, pick.why)
            self._memory = tracking.wrote(self._memory, (Ours(song, pick.uri, wish.mood, pick.source),))
            self._picks[song] = pick
            self._picker.went_in()
            waiting.append(pick.uri)
            added += 1
        return added

    def _player_state(self, now: Snapshot, plan: Plan) -> PlayerState:
        ours = [song for song in self._memory.ours if song.id in now.ours]
        latest = ours[-1] if ours else None
        return PlayerState(
            PlayerStatus(now.state.value),
            title=now.song.title if now.song else "",
            artist=now.song.artist if now.song else "",
            mood=latest.mood if latest else None,
            playlist=latest.source if latest else "",
            message=self._message(plan),
        )

    def _message(self, plan: Plan) -> str:
        until_s = self._memory.hands_off_until_s
        if plan.message and not self._rivals.first and self.until_s == until_s:
            by_clock_s = self._wall() + until_s - self._clock()
            # The message must not change with each look, but it must when somebody sets the clock
            if self._until[0] != until_s or abs(by_clock_s - self._until[1]) > _CLOCK_SET_S:
                self._until = (until_s, by_clock_s)
            return f"{plan.message} until {time.strftime('%H:%M', time.localtime(self._until[1]))}"
        return plan.message or "; ".join(self._picker.problems.values())
