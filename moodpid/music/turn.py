"""One turn at MPD: look, notice, plan, carry out; and again until there is nothing left to do."""

import contextlib
import logging
import math
import time
from dataclasses import replace
from random import Random

from moodpid.mood.policy import Wish
from moodpid.music import manners
from moodpid.music.choice import choose
from moodpid.music.connection import CommandRefusedError, Link
from moodpid.music.fade import Fader
from moodpid.music.library import Page, playlist_page
from moodpid.music.manners import Command, Memory, Ours, Plan, Play, Raise, Remove, Rules, SeekTo
from moodpid.music.snapshot import WINDOW, PlayState, QueueSong, Snapshot, read_song, read_status
from moodpid.state import PlayerState, PlayerStatus

log = logging.getLogger(__name__)

_ROUNDS = 6  # remove, add, play: three are enough; a person may be busy at the same time
_RESTART_S = 3.0  # MPD tells its uptime in whole seconds


class Guest:
    """What we are in MPD's house: remembers across connections what is ours.

    Args:
        rules: How to behave.
        chance: Chooses songs.
    """

    def __init__(self, rules: Rules, chance: Random) -> None:
        self._rules = rules
        self._chance = chance
        self._memory = Memory()
        self._booted_s = -math.inf
        self._heard: dict[str, float] = {}
        self._gone: set[str] = set()
        self._problems: frozenset[str] = frozenset()
        self._fader = Fader()
        self._until = (-math.inf, "")

    @property
    def until_s(self) -> float:
        """When a turn is due though nothing happens, in monotonic seconds."""
        until_s = self._memory.hands_off_until_s
        return until_s if until_s > time.monotonic() else math.inf

    def arrive(self, link: Link) -> None:
        """Find out, on a new connection, what is still ours.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._fader.restore(link)
        booted_s = time.monotonic() - float(link.ask("stats").get("uptime", 0))
        restarted = booted_s > self._booted_s + _RESTART_S
        queue = self._at_our_places(link) if restarted else None
        self._memory = manners.reconnected(self._memory, queue)
        self._booted_s = booted_s

    def _at_our_places(self, link: Link) -> tuple[QueueSong, ...]:
        songs: list[QueueSong] = []
        for ours in self._memory.ours:
            try:
                songs += [read_song(song) for song in link.ask("playlistinfo", ours.pos)]
            except CommandRefusedError:
                continue  # the queue is shorter now
        return tuple(songs)

    def turn(self, link: Link, wish: Wish | None, changed: set[str]) -> PlayerState:
        """Do what is to be done now, and say what plays.

        Args:
            link: To MPD.
            wish: The present one, None before the first.
            changed: MPD's subsystems that changed since the last turn.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if "database" in changed:
            self._gone.clear()
        for _ in range(_ROUNDS):
            now = look(link, self._memory)
            self._memory = manners.notice(self._memory, now, self._rules).memory
            if now.song and now.state is PlayState.PLAY:
                self._heard[now.song.uri] = now.at_s
            plan = manners.plan(self._memory, now, wish, self._rules)
            self._memory = plan.memory
            if plan.idle or not self._carry_out(link, plan, now, wish):
                break
        return self._player_state(now, plan)

    def _carry_out(self, link: Link, plan: Plan, now: Snapshot, wish: Wish | None) -> bool:
        """Whether anything was done."""
        did = [self._command(link, command) for command in plan.commands]
        added = self._add(link, plan, now, wish) if wish and plan.room else 0
        return any(did) or added > 0

    def _command(self, link: Link, command: Command) -> bool:
        log.debug("%s", command)
        try:
            match command:
                case Remove(id=song):
                    link.ask("deleteid", song)
                    self._memory = manners.wrote(self._memory, removed=[song])
                case Raise(id=song):
                    link.ask("prioid", manners.PRIORITY, song)
                case SeekTo(at_s=at_s):
                    link.ask("seekcur", f"{at_s:.3f}")
                    self._memory = manners.wrote(self._memory, played=True)
                case Play(id=song, fade=fade):
                    if fade:
                        self._fader.fade_out(link, lambda: link.ask("playid", song))
                    else:
                        link.ask("playid", song)
                    self._memory = manners.wrote(self._memory, played=True)
        except CommandRefusedError as error:
            log.debug("%s: %s", command, error)
            return False
        return True

    def _add(self, link: Link, plan: Plan, now: Snapshot, wish: Wish) -> int:
        """Put up to `plan.room` songs into the queue; how many went in."""
        pages = {name: playlist_page(link, name, self._chance) for name in wish.playlists}
        self._complain(pages)
        source_of = {uri: name for name, page in pages.items() for uri in page.uris if uri not in self._gone}
        waiting = {one.uri for one in self._memory.ours} | {one.uri for one in now.window}
        added = 0
        for uri in choose(list(source_of), len(source_of), waiting, self._heard, self._chance):
            if added == plan.room:
                break
            where = () if plan.after is None else (f"+{plan.after + added}",)
            try:
                song = Ours(int(link.ask("addid", uri, *where)), uri, wish.mood, source_of[uri])
            except CommandRefusedError as error:
                log.debug("%s from %s: %s", uri, source_of[uri], error)
                self._gone.add(uri)
                continue
            self._memory = manners.wrote(self._memory, (song,))
            added += 1
        return added

    def _complain(self, pages: dict[str, Page]) -> None:
        """One line for each list that cannot be used, once until it can."""
        problems = frozenset(page.problem for page in pages.values() if page.problem)
        for problem in sorted(problems - self._problems):
            log.warning("%s", problem)
        self._problems = problems

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
        if plan.message and self.until_s == until_s:
            if self._until[0] != until_s:  # worked out once: the message must not change with each look
                clock = time.localtime(time.time() + until_s - time.monotonic())
                self._until = (until_s, time.strftime("%H:%M", clock))
            return f"{plan.message} until {self._until[1]}"
        return plan.message or "; ".join(sorted(self._problems))


def look(link: Link, memory: Memory) -> Snapshot:
    """What MPD shows now, and which of our songs are still in its queue.

    Raises:
        MpdGoneError: The connection was lost.
    """
    at_s = time.monotonic()
    snapshot = read_status(link.ask("status"), at_s)
    current = link.ask("currentsong")
    song = read_song(current) if "id" in current else None
    start = song.pos if song else 0
    window: tuple[QueueSong, ...] = ()
    if snapshot.length:
        # Refused when a person cut the queue short since the status was read: the next turn sees it
        with contextlib.suppress(CommandRefusedError):
            window = tuple(read_song(entry) for entry in link.ask("playlistinfo", (start, start + WINDOW)))
    seen = {entry.id: entry for entry in window}
    ours = {one.id: seen.get(one.id) or _find(link, one.id) for one in memory.ours}
    there = {id_: entry for one in memory.ours if (entry := ours[id_ := one.id]) and entry.uri == one.uri}
    return replace(snapshot, song=song, window=window, ours=there)


def _find(link: Link, song: int) -> QueueSong | None:
    try:
        return read_song(link.ask("playlistid", song)[0])
    except CommandRefusedError:
        return None
