"""The songs of the analysed library that lie near a place, kept for some choices."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from moodpid.config import SongSource
from moodpid.library.draw import IN_REACH, songs_as_near
from moodpid.library.reader import LibraryReader, PlacedSong
from moodpid.mood.emotion import Affect
from moodpid.mpd.listed_songs import listed_songs
from moodpid.mpd.protocol import Mpd

POOL_SHARE = 0.1
"""Share of the library that may be played for one place: of the nearest tenth most fit (docs/library.md)."""
_POOL_LEAST, _POOL_MOST = 64, 600
_USES, _POOLS = 16, 8  # songs chosen from one pool before it is looked up again; pools that are kept
# Songs of a pool that MPD refused, from which on it is asked for each: a folder may have moved. A pass of the
# feeder tries more than that, so that others play at once
_REFUSED = 8
_MAX_LOST = 5000  # songs that are remembered not to be in MPD's library
_EMPTY_USES = 4  # tries for a pool without songs, where MPD is asked for them
NOT_ANALYSED = "no song is analysed yet: run moodpid analyse, or name playlists in [player.playlists]"


@dataclass(slots=True)
class Pool:
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


class SoundPools:
    """Looks up which songs lie near a place, and leaves out those that MPD does not have.

    Args:
        rng: Decides which part of a long list is looked at.
    """

    def __init__(self, rng: Random) -> None:
        self._random = rng
        self._pools: dict[tuple[SongSource, Affect], Pool] = {}
        self._lost: set[str] = set()

    def forget(self) -> None:
        """Look the songs up again: lists or library may have changed."""
        self._pools.clear()
        self._lost.clear()

    def pool(
        self,
        reader: LibraryReader,
        link: Mpd,
        where: tuple[SongSource, Affect],
        refused: Callable[[str], bool],
    ) -> Pool:
        """Return the songs near a place; only after some uses they are looked up again, which takes time.

        Args:
            reader: Of the database about songs.
            link: To MPD.
            where: The source, and the place on the plane.
            refused: Whether MPD did not add a song lately.

        Raises:
            MpdGoneError: The connection was lost.
            LibraryError: The database cannot be read.
            CommandRefusedError: MPD does not send the source.
        """
        pool = self._pools.pop(where, Pool())
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

    def _new_pool(self, reader: LibraryReader, link: Mpd, source: SongSource, target: Affect) -> Pool:
        found, size = self._look_up(reader, link, source, target)
        there = [song for song in found if song.uri not in self._lost]
        songs, lost = songs_as_near(there[:size], target, IN_REACH), len(there) < len(found)
        of_mpd = source.playlist or source.filter
        return Pool(songs, _USES if songs else _EMPTY_USES if of_mpd or lost else 1, lost)

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


def why_empty(reader: LibraryReader, source: SongSource, *, lost: bool) -> str:
    """Return the problem of a source without songs; `lost`: MPD does not have some that are analysed."""
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
