"""Look at MPD: take a snapshot, detect changes, plan, carry out; again until nothing is left to do."""

import contextlib
import logging
import math
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from random import Random

from moodpid.config import MpdConfig
from moodpid.library.reader import LibraryReader
from moodpid.mood.policy import MusicRequest
from moodpid.mpd import planner, playback
from moodpid.mpd.change_detection import detect_changes
from moodpid.mpd.commands import ClearError, Command, Play, Prioritize, Remove, Resume, Seek
from moodpid.mpd.fade import Fader
from moodpid.mpd.feedback import Verdict, verdict
from moodpid.mpd.feeder import QueueFeeder
from moodpid.mpd.leader_election import LeaderElection
from moodpid.mpd.partition import Partition
from moodpid.mpd.picker import Picker
from moodpid.mpd.planner import Plan, QueueRules
from moodpid.mpd.player_report import HoldLog, PlayerReport, with_next_song
from moodpid.mpd.protocol import CommandRefusedError, Mpd, PlayState
from moodpid.mpd.queue_state import QueueState, record_own_changes, restore_after_reconnect, take_over
from moodpid.mpd.session_store import SavedSession, SessionStore
from moodpid.mpd.snapshot import Snapshot, songs_without_ids, take_snapshot
from moodpid.mpd.streams import is_silent_stream, must_stop_first, record_own_stop
from moodpid.state import PlayerState
from moodpid.system.json_file import JsonFile
from moodpid.text import clean

log = logging.getLogger(__name__)

_MAX_ROUNDS = 6  # remove, add, play: three are enough; a user may be busy at the same time
_RESTART_S = 3.0  # MPD reports its uptime in whole seconds


class QueueReconciler:
    """Keeps MPD's queue as the mood wants it; remembers across connections what is ours and what was heard.

    Args:
        settings: How to behave and what to play.
        rng: Chooses songs.
        clock: Monotonic seconds.
        sleep: Waits, in the steps of a fade; true from it: leave the song and the volume as they were.
        wall_clock: Seconds since 1970.
        skipped: Called when a user left a song of ours before its end, or any song by our button.
        store: Keeps what is ours over a restart of ours; None: nothing is kept.
        reader: Of the database about songs; None: nothing was analysed.
    """

    def __init__(  # noqa: PLR0913 - most have a default, and are for tests
        self,
        settings: MpdConfig,
        rng: Random,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
        wall_clock: Callable[[], float] = time.time,  # noqa: TID251 - for people and for stickers
        skipped: Callable[[], object] = lambda: None,
        store: SessionStore | None = None,
        reader: LibraryReader | None = None,
    ) -> None:
        self._skipped = skipped
        self._asked_to_skip = self._rejected = self._cut_short = -1
        self._rules = QueueRules.of(settings)
        self._clock = clock
        self._wall_clock = wall_clock
        self._session_store = store or SessionStore(JsonFile(None), settings)
        saved = self._session_store.load(clock())
        self._queue_state = saved.queue_state
        self._booted_s = saved.booted_s
        self.partition = Partition(settings.partition, saved.partition_outputs)
        self._picker = Picker(settings, rng, wall_clock=wall_clock, reader=reader)
        self._feeder = QueueFeeder(self._picker)
        # Any order will do that all instances see alike
        self._leader_election = LeaderElection(time.time_ns(), rng.getrandbits(32))  # noqa: TID251
        self._fader = Fader(sleep, self._save_session, saved.volume_to_restore, own_volumes=saved.own_volumes)
        self._report = PlayerReport(autoplay=settings.autoplay, clock=clock, wall_clock=wall_clock)
        self._look_again_s = math.inf
        self._log = HoldLog()

    @property
    def until_s(self) -> float:
        """When a look is due though nothing happens, in monotonic seconds."""
        until_s = min(self._look_again_s, self._feeder.retry_s, self._leader_election.due_s)
        hands_off_s = self._queue_state.hands_off_until_s
        return min(until_s, hands_off_s) if hands_off_s > self._clock() else until_s

    @property
    def queue_state(self) -> QueueState:
        """What is remembered of the queue."""
        return self._queue_state

    def on_connect(self, link: Mpd) -> None:
        """Find out, on a new connection, what is still ours.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._fader.restore(link)
        self._leader_election.announce(link, self._clock())
        self._picker.forget()
        self.partition.read(link)
        booted_s = self._clock() - link.uptime_s()
        restarted = booted_s > self._booted_s + _RESTART_S
        own = self._queue_state.own_songs
        queue = songs_without_ids(link, own, self._queue_state.previous, restarted=restarted)
        picks = [self._feeder.picks.get(song.id) for song in own]
        self._queue_state = restore_after_reconnect(self._queue_state, queue, restarted=restarted)
        kept = zip(self._queue_state.own_songs, picks, strict=False)
        self._feeder.picks = {song.id: pick for song, pick in kept if pick is not None}
        self._booted_s = booted_s
        self._save_session()

    def _save_session(self) -> None:
        volume, own, outputs = self._fader.volume_to_restore, self._fader.own_volumes, self.partition.outputs
        self._session_store.save(SavedSession(self._queue_state, self._booted_s, volume, outputs, own))

    def _on_own_stop(self) -> None:
        self._queue_state = record_own_stop(self._queue_state)
        self._save_session()

    def on_disconnect(self, link: Mpd) -> None:
        """Take leave; the player stays as it is.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._leader_election.withdraw(link)

    def reconcile(
        self, link: Mpd, request: MusicRequest | None, changed: AbstractSet[str] = frozenset()
    ) -> PlayerState:
        """Do what is to be done now, and return what plays.

        Args:
            link: To MPD.
            request: The present one, None before the first.
            changed: MPD's subsystems that changed since the last look.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._catch_up(link, changed)
        if self._picker.follow(request):
            self._queue_state = self._queue_state.with_waiting_outdated()
        for _ in range(_MAX_ROUNDS):
            follows = self._leader_election.is_follower
            now = take_snapshot(link, self._queue_state, self._clock(), other_leader=follows)
            self._record_snapshot(link, now)
            plan = planner.plan(self._queue_state, now, request, self._rules)
            self._queue_state = plan.queue_state
            try:
                if not self._carry_out(link, plan, now, request):
                    break
            finally:
                self._save_session()
        self._look_again_s = plan.look_again_s
        wanted = request is not None and bool(request.playlists)
        state = self._report.state(now, plan, self._queue_state, self._feeder.problem, wanted=wanted)
        if now.song and (place := self._picker.sounds.place_of(now.song.uri)):
            state = replace(state, place=place)
        state = with_next_song(state, now, self._feeder.picks)
        self._log.update(now, plan.hold_reason, self._queue_state, state.message)
        return state

    def _catch_up(self, link: Mpd, changed: AbstractSet[str]) -> None:
        """Finish what a fade has left, and take in news of MPD and of other instances."""
        self._fader.restore(link)
        self.partition.read(link, changed)
        if changed & {"stored_playlist", "database"}:
            self._picker.forget()
        if changed & {"subscription", "message"} or self._clock() >= self._leader_election.due_s:
            self._leader_election.update(link, self._clock())
            if (liked := self._leader_election.take_liked()) and not self._leader_election.is_follower:
                self.like(link, liked)

    def _record_snapshot(self, link: Mpd, now: Snapshot) -> None:
        detected = detect_changes(self._queue_state, now, self._rules.hands_off_s)
        before, self._queue_state = self._queue_state, detected.queue_state
        if now.song and now.state is PlayState.PLAY:
            self._picker.memory.mark_playing(now.song.uri, now.at_s)
        for uri in detected.broken:
            log.debug("MPD could not play %s: %s", clean(uri), now.error)
            self._picker.memory.mark_broken(uri, now.at_s)
        if now.song and is_silent_stream(self._queue_state, now):
            self._picker.memory.mark_broken(now.song.uri, now.at_s)
        song, share = detected.finished or (None, 0.0)
        if song and (own := before.own_song(song.id)):
            # The skip that follows a rejection is no feedback, nor is the end that we brought about
            counts = song.uri not in detected.broken and song.id not in {self._rejected, self._cut_short}
            if counts and (what := verdict(share)):
                self._feeder.save_feedback(link, own, what, self._wall_clock())
            if detected.skipped and song.id != self._asked_to_skip:
                self._skipped()
            self._cut_short = -1
        self._asked_to_skip = -1
        self._feeder.keep_picks(now.own_songs)

    def skip(self, link: Mpd) -> None:
        """Go on to the next song, as a user asked through us; nothing if nothing plays.

        Raises:
            MpdGoneError: The connection was lost.
        """
        with contextlib.suppress(CommandRefusedError):
            before = self._queue_state
            if (left := playback.skip(link, self._on_own_stop)) is not None:
                self._queue_state, self._asked_to_skip = before, left
                self._skipped()

    def reject_song(self, link: Mpd) -> None:
        """Remember that the song that plays does not fit, if it is ours, and go on to the next.

        Raises:
            MpdGoneError: The connection was lost.
        """
        current = link.status().song_id
        if current is not None and (own := self._queue_state.own_song(current)):
            mood = self._feeder.save_feedback(link, own, Verdict.REJECTED, self._wall_clock())
            self._picker.sounds.reject(own.uri, mood)
            self._rejected = current
        self.skip(link)

    def like(self, link: Mpd, uri: str = "") -> None:
        """Go on with songs that sound like one, until the mood changes.

        Args:
            link: To MPD.
            uri: The song; empty: the one that plays.

        Raises:
            MpdGoneError: The connection was lost.
        """
        song_id = link.status().song_id
        song = link.queue_song(song_id) if song_id is not None and not uri else None
        liked = uri or (song.uri if song else "")
        if not liked or self._picker.sounds.place_of(liked) is None:
            log.info("nothing is known of the sound of %s: run moodpid analyse", clean(liked or "what plays"))
            return
        self._picker.like(liked)
        self._queue_state = self._queue_state.with_waiting_outdated()

    def take_over(self) -> None:
        """Drive the music again at once, and start it if nothing plays: a user asked for it."""
        self._queue_state = take_over(self._queue_state, self._clock())

    def _carry_out(self, link: Mpd, plan: Plan, now: Snapshot, request: MusicRequest | None) -> bool:
        """Return whether anything was done."""
        before, commands = self._queue_state, plan.commands
        if request and plan.songs_to_add:
            self._queue_state = self._feeder.add(link, plan, now, request, before)
        else:
            self._feeder.rest(request if plan.deferred else None)
        added = self._queue_state is not before
        if plan.songs_to_add == planner.QUEUE_AHEAD and not added:
            # What waits is of an old mood, and better than silence
            commands = tuple(command for command in commands if isinstance(command, Resume | ClearError))
        done = [self._command(link, command) for command in commands]
        return any(done) or added

    def _command(self, link: Mpd, command: Command) -> bool:
        log.debug("%s", command)
        try:
            return self._send(link, command)
        except CommandRefusedError as error:
            log.debug("%s: %s", command, error)
            if isinstance(command, Seek):  # the song cannot seek; the fade leads on as well
                return self._command(link, Play(command.id, fade=True, why=command.why))
            return False

    def _send(self, link: Mpd, command: Command) -> bool:
        match command:
            case Remove(id=song):
                link.delete(song)
                self._queue_state = record_own_changes(self._queue_state, removed=[song])
                return True
            case Prioritize(id=song, priority=priority):
                link.prioritize(song, priority)
                return True
            case ClearError():
                link.clear_error()
                self._queue_state = record_own_changes(self._queue_state, error_cleared=True)
                return False  # nothing follows from it
            case Play(id=song, fade=fade):
                on_stop = self._on_own_stop if must_stop_first(self._queue_state, song) else None
                faded = self._queue_state.previous if fade else None
                if not playback.play(link, self._fader, song, faded=faded, on_stop=on_stop):
                    return False
            case Seek(at_s=at_s):
                link.seek(at_s)
                self._cut_short = left.id if (left := self._queue_state.previous) else -1
            case Resume():
                link.resume()
        self._queue_state = record_own_changes(self._queue_state, played=True)
        return True
