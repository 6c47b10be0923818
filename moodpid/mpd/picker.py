"""Pick the next song: which list, which songs of it are fit to come next, and which of them is liked best."""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from moodpid.config import MpdConfig, SongSource, Strategy
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import MoodPath, mood_for_next_song
from moodpid.mpd.feedback import Preference, heard_since, preference
from moodpid.mpd.protocol import Mpd
from moodpid.mpd.song_lists import SongLists, none_playable
from moodpid.mpd.stickers import read_stickers

log = logging.getLogger(__name__)

SHORTLIST = 12  # songs whose stickers are read for one choice
UNUSABLE_S = 600.0
"""So long a song that MPD refused to add is left out, and one that it could not play comes last."""
_REMEMBERED = 4096  # songs: a day and night of short ones
_PAGES = 4  # of one list, if all songs of the first ones were refused


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
    """Remembers what was heard, what could not be used, and how far the music has led.

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
        self._refused: dict[str, float] = {}
        self._broken: dict[str, float] = {}
        self._reported: set[Mood] = set()
        self.strategy = settings.strategy
        self.problems: dict[SongSource, str] = {}

    def on_playing(self, uri: str, at_s: float) -> None:
        """Remember that a song plays, in monotonic seconds."""
        _remember(self._last_played, uri, at_s)

    def on_added(self) -> None:
        """Lead on by one song: the one picked last is in the queue."""
        if self._path:
            self._path = self._path.advanced()

    def mark_refused(self, uri: str, at_s: float) -> None:
        """Leave out a song that MPD does not add, whatever the list says."""
        _remember(self._refused, uri, at_s)

    def mark_broken(self, uri: str, at_s: float) -> None:
        """Prefer others to a song that MPD could not play."""
        _remember(self._broken, uri, at_s)

    def forget(self) -> None:
        """Read lists again and try all songs again: lists or library may have changed."""
        self._song_lists.forget()
        self._refused.clear()

    def pick(self, link: Mpd, request: MusicRequest, waiting: Sequence[str], now_s: float) -> Pick | None:
        """Return the next song for `request`; None if no list of it can be used.

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
            source = pick_list(usable, self._random)
            uris = self._usable_songs(link, source, now_s)
            songs = shortlist(uris, waiting, self._heard(now_s), now_s - self._rest_s, self._random)
            if songs:
                return self._best(link, songs, mood, source)
            usable.remove(source)
        return None

    def _usable_songs(self, link: Mpd, source: SongSource, now_s: float) -> list[str]:
        """Return songs of a list that MPD has not refused lately, from another page if it refused all."""
        tried: set[str] = set()
        for _ in range(_PAGES):
            page = self._song_lists.page(link, source, now_s)
            uris = [uri for uri in page.uris if now_s - self._refused.get(uri, float("-inf")) >= UNUSABLE_S]
            tried |= set(page.uris)
            if uris or page.total == len(page.uris):
                break
            self._song_lists.forget(source)
        self._note(source, page.problem or ("" if uris else none_playable(source, len(tried))))
        return uris

    def _heard(self, now_s: float) -> dict[str, float]:
        """Return when songs were heard; those that MPD could not play count as heard last, in their order."""
        broken = {uri: at_s for uri, at_s in self._broken.items() if now_s - at_s < UNUSABLE_S}
        return self._last_played | {uri: now_s + at_s / 1e9 for uri, at_s in broken.items()}

    def _source(self, request: MusicRequest, path: MoodPath) -> Mood | None:
        """Return the mood whose lists the next song comes from; a neighbour is logged once."""
        lifts = self.strategy is Strategy.LIFT
        mood = mood_for_next_song(path, self._lists, self._targets if lifts else {})
        if mood and mood is not request.mood and not lifts and request.mood not in self._reported:
            self._reported.add(request.mood)
            log.info("no list for %s: its neighbour %s plays instead", request.mood, mood)
        return mood

    def _best(self, link: Mpd, songs: Sequence[str], mood: Mood, source: SongSource) -> Pick:
        stickers = {uri: read_stickers(link, uri) for uri in songs}
        now_s = self._wall_clock()
        rested = [uri for uri in songs if not heard_since(stickers[uri], now_s - self._rest_s, now_s)]
        preferences = {uri: preference(stickers[uri], mood) for uri in rested or songs}
        uri = best(preferences, self._random)
        good, bad = preferences[uri].good, preferences[uri].bad
        why = f"one of {len(preferences)} from {source.name}, {good:g} for it and {bad:g} against"
        return Pick(uri, mood, source.name, why, stickers[uri])

    def _note(self, source: SongSource, problem: str) -> None:
        """Keep and log what is wrong with a list: one line, once until it can be used."""
        if problem and self.problems.get(source) != problem:
            log.warning("%s", problem)
        if problem:
            self.problems[source] = problem
        else:
            self.problems.pop(source, None)


def _remember(memory: dict[str, float], uri: str, at_s: float) -> None:
    """Keep the time for a song; the oldest make room."""
    memory.pop(uri, None)
    memory[uri] = at_s
    while len(memory) > _REMEMBERED:
        del memory[next(iter(memory))]


def pick_list(sources: Sequence[SongSource], rng: Random) -> SongSource:
    """Return one of `sources`, by their weights; there is at least one."""
    return rng.choices(sources, [source.weight for source in sources])[0]


def shortlist(
    uris: Collection[str],
    waiting: Sequence[str],
    heard: Mapping[str, float],
    since_s: float,
    rng: Random,
) -> tuple[str, ...]:
    """Return some songs of `uris` that are fit to come next, at random.

    In a list so short that every song waits or was heard lately they come again, the longest unheard alone,
    and of those that wait not the one that would then follow itself: silence would be worse.

    Args:
        uris: To choose from.
        waiting: Songs that are in the queue already, the one that plays among them, the last one at the end.
        heard: When songs were heard last, in monotonic seconds.
        since_s: Later than this is lately.
        rng: Shuffles.
    """
    songs = list(dict.fromkeys(uris))
    rng.shuffle(songs)
    fresh = [uri for uri in songs if uri not in waiting and heard.get(uri, float("-inf")) < since_s]
    place = {uri: number for number, uri in enumerate(waiting)}
    songs.sort(key=lambda uri: (place.get(uri, -1), heard.get(uri, float("-inf"))))
    return tuple(fresh[:SHORTLIST] or songs[:1])


def best(preferences: Mapping[str, Preference], rng: Random) -> str:
    """Return the song whose preference draws highest; there is at least one."""
    return max(preferences, key=lambda uri: preferences[uri].sample(rng))
