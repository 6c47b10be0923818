"""The database about songs, read-only, for the daemon; standard library only."""

import contextlib
import heapq
import math
import os
import sqlite3
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from moodpid.file_access import AS_SERVICE
from moodpid.library.backlog import read_backlog
from moodpid.library.database import LibraryDeniedError, LibraryError, find_file_fault, newer_schema
from moodpid.library.names import database_name, mpd_name
from moodpid.library.places import Place
from moodpid.library.records import Backlog, Tags
from moodpid.library.schema import VERSION, NewerSchemaError, version_of
from moodpid.mood.emotion import Affect

_BUSY_S = 2.0
_CHUNK = 500  # names in one query
# Above _MANY songs the search for neighbours is limited to a box on the plane; above _VERY_MANY the box
# shrinks with the number of songs, so that a search takes no longer
_MANY, _VERY_MANY = 20_000, 50_000
_NEAR_ON_PLANE = 0.4
_PLANE_WEIGHT = 32.0  # of a distance on the plane against one of sounds, whose first number spreads as far

_COLUMNS = (
    "s.uri, s.title, s.artist, s.album, s.genre, s.mood, s.valence, s.arousal, s.valence_spread,"
    " s.arousal_spread, s.sound, s.analyzer"
)
_PLACED = "valence IS NOT NULL AND gone_since IS NULL"
_SONGS = f"SELECT {_COLUMNS} FROM songs s WHERE {_PLACED}"  # noqa: S608 - our own words, here and below
_SQUARED = (
    "(valence - ?) * (valence - ?) + (arousal - ?) * (arousal - ?)"
    " + valence_spread * valence_spread + arousal_spread * arousal_spread"
)


@dataclass(frozen=True, slots=True)
class PlacedSong:
    """A song that was analysed.

    Attributes:
        uri: As MPD names it.
        tags: Of it.
        place: On the plane.
        sound: 16 numbers from 0 to 255.
        analyzer: The version that read it; sounds of two versions do not compare.
    """

    uri: str
    tags: Tags
    place: Place
    sound: bytes
    analyzer: int


@dataclass(frozen=True, slots=True)
class LibraryCounts:
    """How many songs were analysed, and how many could not be."""

    analyzed: int
    failed: int


class LibraryReader:
    """Finds songs by where they lie; opens the file when it is first asked.

    Args:
        path: Of the database; it may come later, and may be replaced by another.

    All methods raise LibraryError if it is broken, locked or of another version. Without a file there are no
    songs.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._opened_as = (0, "")  # inode, and how SQLite was asked to open it

    def close(self) -> None:
        """Close the file; it is opened again if it is asked."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def counts(self) -> LibraryCounts:
        """Return how many songs there are."""
        query = "SELECT count(valence), count(*) - count(valence) FROM songs WHERE gone_since IS NULL"
        with self._reading() as db:
            return LibraryCounts(*db.execute(query).fetchone()) if db else LibraryCounts(0, 0)

    def backlog(self, analyzer: int) -> Backlog:
        """Return how far the analysis by the program of version `analyzer` is."""
        with self._reading() as db:
            return read_backlog(db, analyzer) if db else Backlog(0, 0, 0, 0)

    def song(self, uri: str) -> PlacedSong | None:
        """Return one song; None if it was not analysed."""
        return next(iter(self.songs([uri])), None)

    def songs(self, uris: Iterable[str]) -> list[PlacedSong]:
        """Return those of `uris` that were analysed."""
        names = list(dict.fromkeys(map(database_name, uris)))
        found: list[PlacedSong] = []
        with self._reading() as db:
            for start in range(0, len(names) if db else 0, _CHUNK):
                some = names[start : start + _CHUNK]
                marks = ", ".join("?" * len(some))
                query = f"{_SONGS} AND s.uri IN ({marks})"
                found += [_song(row) for row in db.execute(query, some)] if db else []
        return found

    def near(self, target: Affect, limit: int, folder: str = "") -> list[PlacedSong]:
        """Return the songs nearest to `target`, the nearest first (`Place.distance`).

        Args:
            target: On the plane.
            limit: At most so many.
            folder: Only those below it; empty: everywhere.
        """
        inside, bounds = _inside(folder)
        query = (
            f"SELECT {_COLUMNS} FROM (SELECT rowid AS number, {_SQUARED} AS squared FROM songs"  # noqa: S608
            f" WHERE {_PLACED}{inside} ORDER BY squared LIMIT ?)"
            " JOIN songs s ON s.rowid = number ORDER BY squared"
        )
        where = (target.valence, target.valence, target.arousal, target.arousal)
        with self._reading() as db:
            return [_song(row) for row in db.execute(query, (*where, *bounds, limit))] if db else []

    def count_below(self, folder: str) -> int:
        """Return how many analysed songs lie below a folder; empty: in all."""
        inside, bounds = _inside(folder)
        query = f"SELECT count(*) FROM songs WHERE {_PLACED}{inside}"  # noqa: S608
        with self._reading() as db:
            return int(db.execute(query, bounds).fetchone()[0]) if db else 0

    def alike(self, uri: str, limit: int) -> list[PlacedSong]:
        """Return the songs that sound most like one, the most alike first; none if it was not analysed."""
        seed = self.song(uri)
        if seed is None:
            return []
        with self._reading() as db:
            nearest = heapq.nsmallest(limit, self._distances(db, seed)) if db else []
        by_uri = {song.uri: song for song in self.songs(name for _, name in nearest)}
        return [by_uri[name] for _, name in nearest if name in by_uri]

    def _distances(self, db: sqlite3.Connection, seed: PlacedSong) -> Iterator[tuple[float, str]]:
        """Yield the distance and the name of each song that may be alike."""
        affect = seed.place.affect
        total = int(db.execute("SELECT count(*) FROM songs").fetchone()[0])
        reach = _NEAR_ON_PLANE * math.sqrt(min(1, _VERY_MANY / total)) if total > _MANY else 3.0
        query = (
            "SELECT uri, sound, valence, arousal FROM songs WHERE valence BETWEEN ? AND ?"
            " AND arousal BETWEEN ? AND ? AND analyzer = ? AND uri != ? AND gone_since IS NULL"
        )
        box = (affect.valence - reach, affect.valence + reach, affect.arousal - reach, affect.arousal + reach)
        for name, sound, valence, arousal in db.execute(
            query, (*box, seed.analyzer, database_name(seed.uri))
        ):
            yield distance_of_sounds(seed.sound, sound, affect, Affect(valence, arousal)), mpd_name(name)

    def everything(self) -> Iterator[PlacedSong]:
        """Yield all analysed songs."""
        with self._reading() as db:
            yield from (_song(row) for row in db.execute(f"{_SONGS} ORDER BY s.uri")) if db else ()

    def failures(self, limit: int) -> list[tuple[str, str]]:
        """Return songs that could not be read, and why."""
        query = "SELECT uri, reason FROM songs WHERE reason != '' AND gone_since IS NULL ORDER BY uri LIMIT ?"
        with self._reading() as db:
            return [(mpd_name(name), reason) for name, reason in db.execute(query, (limit,))] if db else []

    def fact(self, name: str) -> str:
        """Return a word kept under `name`; empty if there is none."""
        with self._reading() as db:
            row = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone() if db else None
        return str(row[0]) if row else ""

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection | None]:
        try:
            yield self._opened()
        except NewerSchemaError as error:
            self.close()
            raise LibraryError(newer_schema(self._path, error)) from error
        except PermissionError as error:
            self.close()
            raise LibraryDeniedError(f"{self._path} is for the service's user only: {AS_SERVICE}") from error
        except (sqlite3.Error, UnicodeDecodeError, OSError) as error:
            self.close()
            if fault := find_file_fault(self._path, error):
                raise fault from error
            raise LibraryError(f"{self._path} cannot be read: {error}; moodpid analyse mends it") from error

    def _opened(self) -> sqlite3.Connection | None:
        try:
            found = self._path.stat()
        except FileNotFoundError:
            self.close()
            return None
        if not stat.S_ISREG(found.st_mode):  # SQLite would wait for a pipe
            raise sqlite3.DatabaseError("it is not a regular file")
        mode = "mode=ro&immutable=1" if _needs_immutable(self._path) else "mode=ro"
        wanted = (found.st_ino, mode)
        if self._connection is None or wanted != self._opened_as:
            self.close()
            address = f"{self._path.absolute().as_uri()}?{mode}"
            self._connection = sqlite3.connect(address, timeout=_BUSY_S, isolation_level=None, uri=True)
            self._opened_as = wanted
            if (version := version_of(self._connection)) > VERSION:
                raise NewerSchemaError(f"version {version}, {VERSION} is the newest known")
            if version != VERSION:
                raise sqlite3.DatabaseError(f"its version is {version}, {VERSION} is needed")
        return self._connection


def _needs_immutable(path: Path) -> bool:
    """Return whether the disk is read-only, and the database complete in one file.

    SQLite then opens it only with `immutable=1` (sqlite.org/wal.html, "Read-Only Databases").
    """
    if not os.statvfs(path).f_flag & os.ST_RDONLY or Path(f"{path}-shm").exists():
        return False
    log = Path(f"{path}-wal")
    return not log.exists() or not log.stat().st_size


def distance_of_sounds(one: Sequence[int], other: Sequence[int], here: Affect, there: Affect) -> float:
    """Return how unlike two songs sound: by their 16 numbers, and by where they lie on the plane."""
    return math.hypot(math.dist(one, other), _PLANE_WEIGHT * here.distance(there))


def _inside(folder: str) -> tuple[str, tuple[str, ...]]:
    """Return the condition that a song lies below `folder`, and its two bounds."""
    path = database_name(folder.strip("/"))
    # "0" follows "/" in the order of bytes
    return (" AND uri >= ? AND uri < ?", (f"{path}/", f"{path}0")) if path else ("", ())


def _song(row: tuple[str, str, str, str, str, str, float, float, float, float, bytes, int]) -> PlacedSong:
    name, *tags, valence, arousal, valence_spread, arousal_spread, sound, analyzer = row
    place = Place(Affect(valence, arousal), valence_spread, arousal_spread)
    return PlacedSong(mpd_name(name), Tags(*tags), place, sound, analyzer)
