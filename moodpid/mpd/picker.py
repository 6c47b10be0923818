"""Picks the songs: which list, by the strategy; which song of it, by what was heard and what is liked."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from moodpid.config import MpdConfig, SongSource, Strategy
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import MoodPath, mood_for_next_song
from moodpid.mpd.choice import best, pick_list, shortlist
from moodpid.mpd.connection import Mpd
from moodpid.mpd.feedback import heard_since, preference
from moodpid.mpd.song_lists import SongLists
from moodpid.mpd.stickers import read_stickers

log = logging.getLogger(__name__)

_REMEMBERED = 4096  # songs heard: a day and night of short ones


@dataclass(frozen=True, slots=True)
class Pick:
    """A song to add.

    Attributes:
        uri: The file.
        mood: The mood whose list it comes from.
        source: The name of that list.
        why: In words, for people.
        stickers: At the song when it was picked.
    """

    uri: str
    mood: Mood
    source: str
    why: str
    stickers: dict[str, str]


class Picker:
    """Remembers what was heard and where the course of the music is.

    Args:
        settings: Lists, strategy and how long a song rests.
        rng: Decides.
        wall_clock: Seconds since 1970: songs heard before this start are known from stickers alone. After a
            clock jump a song rests too short or too long a time, never for ever.

    Attributes:
        strategy: May be changed at any time.
        problems: One line for each list that cannot be used at the moment.
    """

    def __init__(self, settings: MpdConfig, rng: Random, wall_clock: Callable[[], float] = time.time) -> None:  # noqa: TID251
        self._lists = settings.lists
        self._targets = settings.targets
        self._rest_s = settings.no_repeat_h * 3600
        self._random = rng
        self._wall_clock = wall_clock
        self._song_lists = SongLists(rng)
        self._path: MoodPath | None = None
        self._last_played: dict[str, float] = {}
        self._missing: set[str] = set()
        self._reported: set[Mood] = set()
        self.strategy = settings.strategy
        self.problems: dict[SongSource, str] = {}

    def on_finished(self, uri: str, at_s: float) -> None:
        """A song plays; the oldest memories make room."""
        self._last_played.pop(uri, None)
        self._last_played[uri] = at_s
        while len(self._last_played) > _REMEMBERED:
            del self._last_played[next(iter(self._last_played))]

    def on_added(self) -> None:
        """The song picked last is in the queue: the course is one song further."""
        if self._path:
            self._path = self._path.advanced()

    def mark_missing(self, uri: str) -> None:
        """MPD does not have this song, whatever the list says."""
        self._missing.add(uri)

    def forget(self) -> None:
        """Lists or library may have changed."""
        self._song_lists.forget()
        self._missing.clear()

    def pick(self, link: Mpd, request: MusicRequest, waiting: Sequence[str], now_s: float) -> Pick | None:
        """The next song for `wish`; None if no list of it can be used.

        Args:
            link: To MPD.
            request: What is wanted.
            waiting: Songs in the queue near the present one, the one that comes last at the end.
            now_s: In monotonic seconds.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if self._path is None or replace(self._path, songs=0) != request.path:
            self._path = request.path
        mood = self._source(request, self._path)
        if mood is None:
            return None
        usable = list(self._lists[mood])
        while usable:
            entry = pick_list(usable, self._random)
            page = self._song_lists.page(link, entry)
            self._note(entry, page.problem)
            uris = [uri for uri in page.uris if uri not in self._missing]
            songs = shortlist(uris, waiting, self._last_played, now_s - self._rest_s, self._random)
            if songs:
                return self._best(link, songs, mood, entry)
            usable.remove(entry)
        return None

    def _source(self, request: MusicRequest, path: MoodPath) -> Mood | None:
        """The mood whose lists the next song comes from; a neighbour is told once."""
        lifts = self.strategy is Strategy.LIFT
        mood = mood_for_next_song(path, self._lists, self._targets if lifts else {})
        if mood and mood is not request.mood and not lifts and request.mood not in self._reported:
            self._reported.add(request.mood)
            log.info("no list for %s: its neighbour %s plays instead", request.mood, mood)
        return mood

    def _best(self, link: Mpd, songs: Sequence[str], mood: Mood, entry: SongSource) -> Pick:
        stickers = {uri: read_stickers(link, uri) for uri in songs}
        now_s = self._wall_clock()
        rested = [uri for uri in songs if not heard_since(stickers[uri], now_s - self._rest_s, now_s)]
        opinions = {uri: preference(stickers[uri], mood) for uri in rested or songs}
        uri = best(opinions, self._random)
        good, bad = opinions[uri].good, opinions[uri].bad
        why = f"one of {len(opinions)} from {entry.name}, {good:g} for it and {bad:g} against"
        return Pick(uri, mood, entry.name, why, stickers[uri])

    def _note(self, entry: SongSource, problem: str) -> None:
        """One line for each list that cannot be used, once until it can."""
        if problem and self.problems.get(entry) != problem:
            log.warning("%s", problem)
        if problem:
            self.problems[entry] = problem
        else:
            self.problems.pop(entry, None)
