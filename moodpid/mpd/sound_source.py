"""Songs of the analysed library that sound like a mood, or like another song."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from moodpid.config import SongSource
from moodpid.library.database import LibraryError
from moodpid.library.draw import (
    IN_REACH,
    NEARLY,
    closeness,
    draw_songs,
    fall_off,
    nearest_of,
    songs_as_near,
)
from moodpid.library.reader import LibraryReader, PlacedSong, distance_of_sounds
from moodpid.mood.emotion import Affect, Mood
from moodpid.mpd.feedback import Preference
from moodpid.mpd.listed_songs import listed_songs
from moodpid.mpd.protocol import CommandRefusedError, Mpd
from moodpid.mpd.stickers import rejected_songs
from moodpid.text import clean

POOL_SHARE = 0.1
"""Share of the library that may be played for one place: of the nearest tenth most fit (docs/library.md)."""
_POOL_LEAST, _POOL_MOST = 64, 600
_USES, _POOLS = 16, 8  # songs chosen from one pool before it is looked up again; pools that are kept
# Songs of a pool that MPD refused, from which on it is asked for each: a folder may have moved. A pass of the
# feeder tries more than that, so that others play at once
_REFUSED = 8
_MAX_LOST = 5000  # songs that are remembered not to be in MPD's library
_EMPTY_USES = 4  # tries for a pool without songs, where MPD is asked for them
_ALIKE = 48  # neighbours from which the next songs are drawn
# What the place counts against what listeners did: as much as two songs heard or skipped
_PLACE_WEIGHT = 2.0
# A rejected song speaks against one that sounds the same as much as half a song skipped
_REJECTION_WEIGHT = 0.5
_SOUND_REACH = 24.0  # of `distance_of_sounds`: songs so far apart have little in common
_REJECTIONS = 50
NOT_ANALYSED = "no song is analysed yet: run moodpid analyse, or name playlists in [player.playlists]"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Songs that may come next, in the order in which they were drawn.

    Attributes:
        uris: The songs.
        leanings: Preferences by their places, counted as songs heard and skipped.
        total: How many songs come into question.
        problem: One line on why there are none, empty if there are.
    """

    uris: tuple[str, ...] = ()
    leanings: Mapping[str, Preference] = field(default_factory=dict)
    total: int = 0
    problem: str = ""


@dataclass(slots=True)
class _Pool:
    """Songs near a place.

    Attributes:
        songs: Those that fit.
        uses: How many more times they are drawn from before they are looked up again.
        lost: Whether some were left out because MPD does not have them.
        asked: Whether MPD was asked for each of those that were looked up before.
    """

    songs: list[PlacedSong] = field(default_factory=list)
    uses: int = 0
    lost: bool = False
    asked: bool = False


class SoundSource:
    """Draws songs by their sound.

    Args:
        reader: Of the database about songs; None: nothing was analysed.
        rng: Decides.
    """

    def __init__(self, reader: LibraryReader | None, rng: Random) -> None:
        self._reader = reader
        self._random = rng
        self._rejected: dict[Mood, list[PlacedSong]] = {}
        self._recalled: set[Mood] = set()
        self._pools: dict[tuple[SongSource, Affect], _Pool] = {}
        self._lost: set[str] = set()

    def candidates(  # noqa: PLR0913, PLR0917 - what a choice depends on
        self,
        link: Mpd,
        source: SongSource,
        target: Affect,
        count: int,
        usable: Callable[[str], bool],
        waiting: Sequence[str],
        refused: Callable[[str], bool] = lambda _uri: False,
    ) -> Candidates:
        """Return songs of a source near a place on the plane.

        Args:
            link: To MPD, for a source that is a playlist or a filter, too.
            source: Has `sounds`.
            target: The place.
            count: At most so many.
            usable: Whether a song may come next.
            waiting: Songs in the queue near the present one, the one that comes last at the end.
            refused: Whether MPD did not add a song lately. Where that are many, others are looked up.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if self._reader is None:
            return Candidates(problem=NOT_ANALYSED)
        try:
            kept = self._kept_pool(self._reader, link, (source, target), refused)
            if not (pool := kept.songs):
                return Candidates(problem=self._why_empty(self._reader, source, lost=kept.lost))
            fresh = songs_as_near([song for song in pool if usable(song.uri)], target, NEARLY)
            drawn = draw_songs(fresh, target, count, self._random, self._artists_of(waiting))
            nearest = nearest_of(pool, target)
        except (LibraryError, CommandRefusedError) as error:
            return Candidates(problem=f"{source.name}: {error}")
        leanings = {song.uri: _leaning(closeness(song, target, nearest)) for song in drawn}
        return Candidates(tuple(song.uri for song in drawn or pool), leanings, len(pool))

    def alike(self, uri: str, usable: Callable[[str], bool], count: int) -> Candidates:
        """Return the usable songs that sound most like one; none if it was not analysed, or no more do."""
        if self._reader is None:
            return Candidates(problem=NOT_ANALYSED)
        try:
            neighbours = nearly_as_alike(self._reader.song(uri), self._reader.alike(uri, _ALIKE))
            found = [song.uri for song in neighbours if usable(song.uri)]
        except LibraryError as error:
            return Candidates(problem=str(error))
        problem = "" if found else f"no other song is known to sound like {clean(uri)}"
        return Candidates(tuple(found[:count]), {}, len(found), problem)

    def near_song(self, uri: str, uris: Sequence[str], count: int) -> tuple[str, ...]:
        """Return those of `uris` that sound most like the song before; any, if that was not analysed."""
        before = self._song(uri)
        if before is None or self._reader is None:
            return tuple(uris[:count])
        songs = {song.uri: song for song in self._reader.songs(uris)}
        return tuple(sorted(uris, key=lambda one: _distance(before, songs.get(one)))[:count])

    def place_of(self, uri: str) -> Affect | None:
        """Return where a song lies; None if it was not analysed."""
        song = self._song(uri)
        return song.place.affect if song else None

    def reject(self, uri: str, mood: Mood) -> None:
        """Remember that a song did not fit a mood: those that sound like it are a little less likely."""
        if song := self._song(uri):
            others = [other for other in self._rejected.get(mood, []) if other.uri != uri]
            self._rejected[mood] = [*others, song][-_REJECTIONS:]

    def recall_rejections(self, link: Mpd, mood: Mood) -> None:
        """Read from MPD's stickers which songs were rejected in a mood; again after `forget`.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if self._reader is None or mood in self._recalled:
            return
        stored = rejected_songs(link, mood, _REJECTIONS)
        self._recalled.add(mood)
        known = [song.uri for song in self._rejected.pop(mood, [])]
        for uri in (*stored, *known):
            self.reject(uri, mood)

    def against(self, uri: str, mood: Mood) -> float:
        """Return how much rejected songs speak against one that sounds like them, in songs skipped."""
        rejected = self._rejected.get(mood)
        song = self._song(uri) if rejected else None
        if song is None or not rejected:
            return 0.0
        likeness = (max(0.0, 1 - _distance(song, other) / _SOUND_REACH) for other in rejected)
        return _REJECTION_WEIGHT * sum(likeness)

    def _song(self, uri: str) -> PlacedSong | None:
        if self._reader is None:
            return None
        try:
            return self._reader.song(uri)
        except LibraryError:
            return None

    def _artists_of(self, waiting: Sequence[str]) -> Collection[str]:
        """Return the artists of the songs that play and wait."""
        return {song.tags.artist for song in self._reader.songs(waiting[-3:])} if self._reader else set()

    def forget(self) -> None:
        """Look the songs up again: lists or library may have changed."""
        self._pools.clear()
        self._lost.clear()
        self._recalled.clear()

    def _kept_pool(
        self,
        reader: LibraryReader,
        link: Mpd,
        where: tuple[SongSource, Affect],
        refused: Callable[[str], bool],
    ) -> _Pool:
        """Return the songs near a place; only after some uses they are looked up again, which takes time."""
        pool = self._pools.pop(where, _Pool())
        if not pool.uses:
            pool = self._new_pool(reader, link, *where)
        if not pool.asked and _many_refused(pool.songs, refused):
            self._ask_for(link, pool.songs)
            pool = self._new_pool(reader, link, *where)
            pool.asked = True
        pool.uses -= 1
        self._pools[where] = pool
        while len(self._pools) > _POOLS:
            del self._pools[next(iter(self._pools))]
        return pool

    def _ask_for(self, link: Mpd, songs: Sequence[PlacedSong]) -> None:
        """Remember which of these songs MPD does not have, until its library changes."""
        left = _MAX_LOST - len(self._lost)
        self._lost |= {song.uri for song in songs[:left] if not link.has_song(song.uri)}

    def _new_pool(self, reader: LibraryReader, link: Mpd, source: SongSource, target: Affect) -> _Pool:
        found, size = self._look_up(reader, link, source, target)
        there = [song for song in found if song.uri not in self._lost]
        songs, lost = songs_as_near(there[:size], target, IN_REACH), len(there) < len(found)
        of_mpd = source.playlist or source.filter
        return _Pool(songs, _USES if songs else _EMPTY_USES if of_mpd or lost else 1, lost)

    def _look_up(
        self, reader: LibraryReader, link: Mpd, source: SongSource, target: Affect
    ) -> tuple[list[PlacedSong], int]:
        """Return the songs nearest to a place, the nearest first, and how many of them make a pool."""
        if source.playlist or source.filter:
            songs = reader.songs(listed_songs(link, source, self._random))
            size = _pool_size(len(songs))
            songs.sort(key=lambda song: song.place.distance(target))
        else:
            folder = source.folder.strip("/")
            size = _pool_size(reader.count_below(folder))
            songs = reader.near(target, size + len(self._lost), folder)
        return songs, size

    @staticmethod
    def _why_empty(reader: LibraryReader, source: SongSource, *, lost: bool) -> str:
        if not reader.counts().analyzed:
            return NOT_ANALYSED
        if lost:
            return not_in_library(source)
        return f"{source.name}: none of these songs is analysed yet (moodpid analyse --status)"


def _many_refused(songs: Sequence[PlacedSong], refused: Callable[[str], bool]) -> bool:
    return bool(songs) and sum(refused(song.uri) for song in songs) >= min(_REFUSED, len(songs))


def not_in_library(source: SongSource) -> str:
    """Return the problem of a source none of whose songs MPD adds."""
    remedy = "make the list again and run moodpid analyse" if source.playlist else "run moodpid analyse"
    return f"{source.name}: MPD does not add these songs, which may have moved: {remedy}"


def _pool_size(songs: int) -> int:
    return min(_POOL_MOST, max(_POOL_LEAST, round(POOL_SHARE * songs)))


def _leaning(near: float) -> Preference:
    return Preference(_PLACE_WEIGHT * near, _PLACE_WEIGHT * (1 - near))


def nearly_as_alike(seed: PlacedSong | None, neighbours: Sequence[PlacedSong]) -> list[PlacedSong]:
    """Return the neighbours that sound nearly as much like `seed` as the first one, which is the nearest.

    In a small library, the others would sound like something else.
    """
    if seed is None or not neighbours:
        return []
    nearest = _distance(seed, neighbours[0])
    return [song for song in neighbours if fall_off(_distance(seed, song), nearest, _SOUND_REACH) >= NEARLY]


def _distance(one: PlacedSong, other: PlacedSong | None) -> float:
    if other is None or other.analyzer != one.analyzer:
        return float("inf")
    return distance_of_sounds(one.sound, other.sound, one.place.affect, other.place.affect)
