"""Put songs into MPD's queue, and remember why that did not succeed and when it is tried again."""

import logging
import math
from collections.abc import Container

from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mpd.commands import Remove
from moodpid.mpd.feedback import Verdict, changes
from moodpid.mpd.picker import Pick, Picker
from moodpid.mpd.planner import QUEUE_AHEAD, Plan
from moodpid.mpd.protocol import AckCode, CommandRefusedError, Mpd
from moodpid.mpd.queue_state import OwnSong, QueueState, record_own_changes
from moodpid.mpd.snapshot import Snapshot
from moodpid.mpd.stickers import read_stickers, write_stickers
from moodpid.text import clean

log = logging.getLogger(__name__)

_MAX_ATTEMPTS = 24  # songs that a list names and MPD does not have; more of them are tried at the next look
RETRY_S = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Pauses before songs are tried again while none of ours waits; the last one repeats."""
# The queue changed between two commands: nothing is wrong with the song, and the next look plans again
_RACES = ("bad song index", "number too large", "no current song")


class QueueFeeder:
    """Adds songs of ours.

    Args:
        picker: Picks them.

    Attributes:
        picks: What is known of our songs in the queue, by their ids.
        problem: One line on why no song could be added, empty if one could.
        retry_s: When it is tried again though nothing happens, in monotonic seconds.
    """

    def __init__(self, picker: Picker) -> None:
        self._picker = picker
        self._failures = 0
        self._asked: tuple[str, ...] = ()
        self.picks: dict[int, Pick] = {}
        self.problem = ""
        self.retry_s = math.inf

    def add(
        self, link: Mpd, plan: Plan, now: Snapshot, request: MusicRequest, queue_state: QueueState
    ) -> QueueState:
        """Add up to `plan.songs_to_add` songs; return the memory with those that went in.

        Raises:
            MpdGoneError: The connection was lost.
        """
        self._asked = request.playlists
        waiting = _waiting(queue_state, now, plan)
        refusal = ""
        added = attempts = 0
        while added < plan.songs_to_add and attempts < _MAX_ATTEMPTS:
            attempts += 1
            pick = self._picker.pick(link, request, waiting, now.at_s)
            if pick is None:
                break
            try:
                song = link.add(pick.uri, None if plan.offset is None else plan.offset + added)
            except CommandRefusedError as error:
                log.debug("%s from %s: %s", clean(pick.uri), pick.source, error)
                refusal = self._refused(pick, error, now.at_s)
                if refusal or _is_race(error):
                    break
                continue
            log.debug("%s: %s; %s", clean(pick.uri), plan.why, pick.why)
            own = OwnSong(song, pick.uri, request.mood, pick.source)
            queue_state = record_own_changes(queue_state, (own,))
            self.picks[song] = pick
            self._picker.on_added()
            waiting.append(pick.uri)
            added += 1
        self._settle(refusal, now.at_s, success=added > 0 or plan.songs_to_add < QUEUE_AHEAD)
        return queue_state

    def _refused(self, pick: Pick, error: CommandRefusedError, now_s: float) -> str:
        """Return why no song at all can be added now, empty if it is a matter of this song."""
        if error.code == AckCode.PLAYLIST_MAX:
            return (
                "MPD's queue is full (max_playlist_length in mpd.conf), and nothing of ours fits in: "
                "remove songs, or turn consume on"
            )
        if not _is_race(error):
            self._picker.memory.mark_refused(pick.uri, now_s)
        return ""

    def _settle(self, refusal: str, now_s: float, *, success: bool) -> None:
        """Remember how it went; where nothing of ours waits, it is tried again by the clock."""
        if success:
            self.rest()
            return
        unusable = self._picker.problems.of_tried
        self.problem = refusal or unusable or "MPD refuses the songs that were tried; trying others"
        self.retry_s = now_s + RETRY_S[min(self._failures, len(RETRY_S) - 1)]
        self._failures += 1

    def rest(self, deferred: MusicRequest | None = None) -> None:
        """Try no more, since nothing is to be added, and forget what went wrong.

        A fault still holds while adding is put off, unless it was another request's.

        Args:
            deferred: The request, if nothing is added only because MPD fades over, or hangs in its song.
        """
        self.retry_s = math.inf
        if deferred is None or deferred.playlists != self._asked:
            self._failures, self.problem = 0, ""

    def save_feedback(self, link: Mpd, song: OwnSong, what: Verdict, at_unix_s: float) -> Mood:
        """Add to the stickers of a song of ours what a listener did with it; return the mood it counts for.

        Args:
            link: To MPD.
            song: Which.
            what: Heard, skipped or rejected.
            at_unix_s: When, in seconds since 1970.

        Raises:
            MpdGoneError: The connection was lost.
        """
        pick = self.picks.get(song.id)
        now = read_stickers(link, song.uri)
        # Chosen before our restart: whether another program has counted since is unknown
        before, mood = (pick.stickers, pick.mood) if pick else (now, song.mood)
        write_stickers(link, song.uri, changes(now, before, mood, what, at_unix_s))
        return mood

    def keep_picks(self, ids: Container[int]) -> None:
        """Forget what is known of songs that are no longer in the queue."""
        self.picks = {song: pick for song, pick in self.picks.items() if song in ids}


def _waiting(queue_state: QueueState, now: Snapshot, plan: Plan) -> list[str]:
    """Return the songs near the current one; at the end those that are heard before the next of ours."""
    gone = {command.id for command in plan.commands if isinstance(command, Remove)}
    own = sorted(queue_state.own_songs, key=lambda song: song.pos)
    last = math.inf if plan.offset is None or now.song is None else now.song.pos + plan.offset
    before = [song for song in now.window if song.pos <= last and song.id not in gone]
    last_ones = {song.id for song in own if not song.started} - gone - {song.id for song in now.window}
    return [
        *(song.uri for song in own if song.id not in last_ones),
        *(song.uri for song in now.window if song not in before),
        *(song.uri for song in before),
        *(song.uri for song in own if song.id in last_ones),
    ]


def _is_race(error: CommandRefusedError) -> bool:
    return error.code == AckCode.PLAYER_SYNC or any(text in error.reason.lower() for text in _RACES)
