"""Pick the next song: which list, which songs of it are fit to come next, and which of them is liked best."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random

from moodpid.config import MpdConfig, SongSource
from moodpid.library.places import PLACES
from moodpid.library.reader import LibraryReader
from moodpid.mood.emotion import Affect, Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import MoodPath, mood_for_next_song, place_of_next_song
from moodpid.mpd.choice import SHORTLIST, best, pick_list, shortlist
from moodpid.mpd.feedback import Preference, heard_since, preference
from moodpid.mpd.list_problems import ListProblems
from moodpid.mpd.protocol import Mpd
from moodpid.mpd.song_lists import SongLists, none_playable
from moodpid.mpd.song_memory import SongMemory
from moodpid.mpd.sound_pools import not_in_library
from moodpid.mpd.sound_source import Candidates, SoundSource
from moodpid.mpd.stickers import read_stickers
from moodpid.text import clean

log = logging.getLogger(__name__)
_PAGES = 4  # of one list, if no song of the first ones may come
_NOTHING_NEW_S = 600.0  # so long no further pages of a list are read after that many gave nothing


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
        settings: Lists, and how long a song rests.
        rng: Decides.
        wall_clock: Seconds since 1970: songs heard before this start are known from stickers alone. After a
            clock jump a song rests too short or too long a time, never for ever.
        reader: Of the database about songs; None: nothing was analysed.

    Attributes:
        memory: Which songs were heard, refused or broken lately.
        sounds: Draws songs by their sound.
        problems: Which lists cannot be used, and why.
    """

    def __init__(
        self,
        settings: MpdConfig,
        rng: Random,
        *,
        wall_clock: Callable[[], float] = time.time,  # noqa: TID251
        reader: LibraryReader | None = None,
    ) -> None:
        self._lists = settings.lists
        self._targets: Mapping[Mood, Mood] = {}
        self._rest_s = settings.no_repeat_h * 3600
        self._random = rng
        self._wall_clock = wall_clock
        self._song_lists = SongLists(rng)
        self.memory = SongMemory()
        self.sounds = SoundSource(reader, rng)
        self._liked = ""
        self._request: MusicRequest | None = None
        self._path: MoodPath | None = None  # None: begins again with the next song
        self._nothing_new_s: dict[SongSource, float] = {}  # when no page of a list had a song that may come
        self._liked_in: Mood | None = None  # the mood for which songs like one are wanted; None: any
        self._reported: set[Mood] = set()
        self.problems = ListProblems()
        self._picked_from: SongSource | None = None

    def follow(self, request: MusicRequest | None) -> bool:
        """Take in what is wanted now, whether or not songs are picked for it.

        Returns:
            Whether songs that were picked before lie further on a path that begins again where people are.
        """
        if request == self._request:
            return False
        before, self._request, self._path = self._request, request, None
        if request and request.playlists:  # an empty room changes no mood
            if self._liked_in not in {None, request.mood}:
                self._liked = ""
            self._liked_in = request.mood
        return bool(before and request and request.playlists and request.targets)

    def on_added(self) -> None:
        """Lead on by one song: the one picked last is in the queue."""
        if self._path:
            self._path = self._path.advanced()
        if self._picked_from:
            self.problems.on_added(self._picked_from)

    def forget(self) -> None:
        """Read lists again and try all songs again: lists or library may have changed."""
        self._song_lists.forget()
        self._nothing_new_s.clear()
        self.sounds.forget()
        self.memory.forget_refused()

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
        self._targets, self._picked_from = request.targets, None
        self.problems.begin_choice()
        mood = self._source(request, self._path)
        if mood is None:
            return None
        if self._liked and (pick := self._pick_alike(link, mood, waiting, now_s)):
            return pick
        return self._pick_from_lists(link, mood, waiting, now_s)

    def _pick_from_lists(self, link: Mpd, mood: Mood, waiting: Sequence[str], now_s: float) -> Pick | None:
        """Return a song of the mood's lists; one that was heard lately only if none of them has another."""
        usable, fits = list(self._lists[mood]), self._fitness(waiting, now_s)
        repeated: dict[SongSource, Pick] = {}
        while usable:
            source = pick_list(usable, self._random)
            songs, leanings = self._songs_of(link, source, self._target(source, mood), waiting, now_s)
            if songs:
                pick, rested = self._best(link, songs, (mood, source.name), leanings)
                if rested and any(map(fits, songs)):
                    self._picked_from = source
                    return pick
                repeated[source] = pick
            usable.remove(source)
        # Not the one that would follow itself, if there is another
        self._picked_from = min(repeated, key=lambda one: repeated[one].uri in waiting[-1:], default=None)
        return repeated[self._picked_from] if self._picked_from else None

    def like(self, uri: str) -> None:
        """Pick songs that sound like this one, until the mood changes; empty: no longer."""
        self._liked = uri
        self._liked_in = self._request.mood if self._request and self._request.playlists else None

    def _pick_alike(self, link: Mpd, mood: Mood, waiting: Sequence[str], now_s: float) -> Pick | None:
        fits, recent = self._fitness(waiting, now_s), self._recent(waiting, now_s)
        found = self.sounds.alike(self._liked, fits, SHORTLIST // 2, recent)
        if not found.uris:
            log.info("%s", found.problem)
            self._liked = ""
            return None
        return self._best(link, found.uris, (mood, f"songs like {clean(self._liked)}"), {})[0]

    def _songs_of(
        self, link: Mpd, source: SongSource, target: Affect | None, waiting: Sequence[str], now_s: float
    ) -> tuple[tuple[str, ...], Mapping[str, Preference]]:
        """Return some songs of a source that are fit to come next, and their preferences by place."""
        since_s = now_s - self._rest_s
        if target is None:
            uris = self._usable_songs(link, source, waiting, now_s)
            return shortlist(uris, waiting, self.memory.heard(now_s), since_s, self._random), {}
        found = self._sounding(link, source, target, waiting, now_s)
        uris = [uri for uri in found.uris if not self.memory.is_refused(uri, now_s)]
        self.problems.note(source, found.problem or ("" if uris else not_in_library(source)))
        if found.leanings:
            return found.uris, found.leanings
        return shortlist(uris, waiting, self.memory.heard(now_s), since_s, self._random)[:1], {}

    def _target(self, source: SongSource, mood: Mood) -> Affect | None:
        """Return where the next song is to lie: on the way of `lift`, or as its source prescribes."""
        if source.sounds is None:
            return None
        if self._targets and self._path and source.sounds.value == mood.value:
            return place_of_next_song(self._path, self._targets)
        return PLACES[source.sounds.value]

    def _sounding(
        self, link: Mpd, source: SongSource, target: Affect, waiting: Sequence[str], now_s: float
    ) -> Candidates:
        """Return songs near a place; where the music lifts, those that are near the song before, too."""
        lifts = bool(self._targets and waiting)
        count = SHORTLIST * (2 if lifts else 1)
        fits, refused = self._fitness(waiting, now_s), partial(self.memory.is_refused, now_s=now_s)
        hang_ups = self._song_lists.hang_ups
        if problem := hang_ups.problem(source, now_s):
            return Candidates(problem=problem)
        with hang_ups.watch(source, now_s):
            recent = self._recent(waiting, now_s)
            found = self.sounds.candidates(link, source, target, count, fits, recent, refused)
        if not lifts or not found.leanings:
            return found
        return replace(found, uris=self.sounds.near_song(waiting[-1], found.uris, SHORTLIST))

    def _recent(self, waiting: Sequence[str], now_s: float) -> list[str]:
        """Return the songs that have not rested, the one that comes last at the end."""
        heard = self.memory.heard_since(now_s - self._rest_s)
        return [*(uri for uri in heard if uri not in waiting), *waiting]

    def _fitness(self, waiting: Sequence[str], now_s: float) -> Callable[[str], bool]:
        """Return whether a song neither waits nor was heard, refused or broken lately."""
        heard, never = self.memory.heard(now_s), float("-inf")

        def fits(uri: str) -> bool:
            rested = heard.get(uri, never) < now_s - self._rest_s
            return rested and uri not in waiting and not self.memory.is_refused(uri, now_s)

        return fits

    def _usable_songs(self, link: Mpd, source: SongSource, waiting: Sequence[str], now_s: float) -> list[str]:
        """Return songs of a list that MPD has not refused lately, from another page if none of them fits."""
        tried: set[str] = set()
        fits = self._fitness(waiting, now_s)
        pages = 1 if now_s - self._nothing_new_s.get(source, float("-inf")) < _NOTHING_NEW_S else _PAGES
        for _ in range(pages):
            page = self._song_lists.page(link, source, now_s)
            uris = [uri for uri in page.uris if not self.memory.is_refused(uri, now_s)]
            tried |= set(page.uris)
            if any(map(fits, uris)) or page.total == len(page.uris):
                break
            self._song_lists.forget(source)
        else:
            if pages == _PAGES:
                self._nothing_new_s[source] = now_s
        # Of a long list, other songs are tried each time: without a number it stays one report
        count = len(tried) if page.total == len(page.uris) else None
        self.problems.note(source, page.problem or ("" if uris else none_playable(source, count)))
        return uris

    def _source(self, request: MusicRequest, path: MoodPath) -> Mood | None:
        """Return the mood whose lists the next song comes from; a neighbour is logged once."""
        mood = mood_for_next_song(path, self._lists, request.targets)
        if mood and mood is not request.mood and not request.targets and request.mood not in self._reported:
            self._reported.add(request.mood)
            log.info("no list for %s: its neighbour %s plays instead", request.mood, mood)
        return mood

    def _best(
        self, link: Mpd, songs: Sequence[str], where: tuple[Mood, str], leanings: Mapping[str, Preference]
    ) -> tuple[Pick, bool]:
        """Return the song that draws best, and whether it has rested; `where`: mood and name of the list."""
        mood, name = where
        self.sounds.recall_rejections(link, mood)
        stickers = {uri: read_stickers(link, uri) for uri in songs}
        now_s = self._wall_clock()
        rested = [uri for uri in songs if not heard_since(stickers[uri], now_s - self._rest_s, now_s)]
        preferences = {
            uri: self._preference(uri, stickers[uri], mood, leanings.get(uri)) for uri in rested or songs
        }
        uri = best(preferences, self._random)
        liked = preferences[uri]
        why = f"one of {len(preferences)} from {name}, {liked.good:.2f} for it and {liked.bad:.2f} against"
        return Pick(uri, mood, name, why, stickers[uri]), bool(rested)

    def _preference(
        self, uri: str, stickers: Mapping[str, str], mood: Mood, leaning: Preference | None
    ) -> Preference:
        """Return the preference for a song: by listeners, its place, and rejected neighbours."""
        liked = preference(stickers, mood)
        place = leaning or Preference()
        return Preference(liked.good + place.good, liked.bad + place.bad + self.sounds.against(uri, mood))
