"""The database about songs, for the one process that writes it: `moodpid analyse`."""

import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Self

from moodpid.library.backlog import WAITS, read_backlog
from moodpid.library.database import Database, LibraryError
from moodpid.library.places import Place
from moodpid.library.records import MIDDLE_BYTES, NO_FILE, Analysis, Backlog, FileStamp, ListedSong, Tags

KEPT_DAYS = 90  # a song that MPD has no longer may come back: a share that was not mounted takes all with it
_CHUNK = 500
_TAGS = "title, artist, album, genre, mood"
_PLACE = ", ".join(f"{name} = :{name}" for name in ("valence", "arousal", "valence_spread", "arousal_spread"))
_MOVED = 1e-3  # on the plane: less makes no difference
_LISTED = "(SELECT uri FROM listing)"


class ListingShrunkError(LibraryError):
    """MPD lists far fewer songs than before: a part of the library may not be mounted."""

    def __init__(self, count: int) -> None:
        super().__init__(f"MPD has {count} songs")
        self.count = count


class LibraryStore:
    """Knows each song that was analysed or could not be; every change is there as a whole or not at all.

    Args:
        path: Of the database; it is made where there is none. A broken one is set aside, and what can be read
            of it is kept.

    All methods raise LibraryError: the file is of a newer version, another process writes it, or the disk is
    full or read-only.
    """

    def __init__(self, path: Path) -> None:
        self._db = Database(path)

    def close(self) -> None:
        """Close the file; more than once does no harm."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def replace_listing(self, songs: Iterable[ListedSong], today: int, *, at_least: int = 0) -> int:
        """Replace what is known of MPD's database, and return how many songs it has.

        Songs that it has no longer are kept for `KEPT_DAYS` days, out of sight; changed tags are taken over.

        Args:
            songs: All of them.
            today: In days since 1970.
            at_least: With fewer songs nothing is changed.

        Raises:
            ListingShrunkError: There are fewer than `at_least`.
        """
        rows = (
            (
                song.uri,
                zlib.crc32(song.uri.encode(errors="replace")),
                song.modified,
                song.duration_s,
                *_columns(song.tags),
            )
            for song in songs
        )
        with self._db.writing() as db:
            db.execute("DELETE FROM listing")
            db.executemany("INSERT OR REPLACE INTO listing VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
            count = int(db.execute("SELECT count(*) FROM listing").fetchone()[0])
            if count < at_least:
                raise ListingShrunkError(count)
            _follow_listing(db, today)
            return count

    def backlog(self, analyzer: int) -> Backlog:
        """Return how far the analysis by the program of version `analyzer` is."""
        with self._db.reading() as db:
            return read_backlog(db, analyzer)

    def next_songs(self, analyzer: int, limit: int, without: Collection[str] = ()) -> list[ListedSong]:
        """Return songs to analyse: new ones first, in an order that spreads over the whole library.

        Songs at which a process ended come last.

        Args:
            analyzer: The version of the program.
            limit: At most so many.
            without: Folders in the music folder of which none are wanted, with their slash; empty: the songs
                that lie in none.
        """
        tops = {f"top{number}": top for number, top in enumerate(without)}
        marks = ", ".join(f":{name}" for name in tops)
        query = (
            f"SELECT l.uri, l.modified, l.duration_s, l.title, l.artist, l.album, l.genre, l.mood"  # noqa: S608
            " FROM listing l LEFT JOIN songs s ON s.uri = l.uri LEFT JOIN attempts a ON a.uri = l.uri"
            f" WHERE {WAITS} AND substr(l.uri, 1, instr(l.uri, '/')) NOT IN ({marks})"
            " ORDER BY coalesce(a.count, 0), s.uri IS NOT NULL, l.position LIMIT :limit"
        )
        with self._db.reading() as db:
            rows = db.execute(query, {"analyzer": analyzer, "limit": limit, **tops}).fetchall()
        return [
            ListedSong(uri, modified, duration_s, Tags(*tags)) for uri, modified, duration_s, *tags in rows
        ]

    def is_analyzed(self, uri: str) -> bool:
        """Return whether something was found in a song, by whatever version of the program."""
        with self._db.reading() as db:
            return (
                db.execute("SELECT 1 FROM songs WHERE uri = ? AND reason = ''", (uri,)).fetchone() is not None
            )

    def missing_files(self) -> list[str]:
        """Return the songs whose files were not there when they were to be read."""
        with self._db.reading() as db:
            rows = db.execute("SELECT uri FROM songs WHERE size = ?", (NO_FILE,))
            return [uri for (uri,) in rows]

    def failed_with(self, reasons: Collection[str]) -> list[str]:
        """Return the songs that could not be read for one of these reasons."""
        marks = ", ".join("?" * len(reasons))
        with self._db.reading() as db:
            rows = db.execute(f"SELECT uri FROM songs WHERE reason IN ({marks})", (*reasons,))  # noqa: S608
            return [uri for (uri,) in rows]

    def analyze_again(self, uris: Iterable[str] | None = None) -> None:
        """Let songs wait for the analysis again; None: all of them. Until then they stay as they are."""
        with self._db.writing() as db:
            if uris is None:
                db.execute("UPDATE songs SET analyzer = 0")
                db.execute("DELETE FROM attempts")
            else:
                db.executemany("UPDATE songs SET analyzer = 0 WHERE uri = ?", [(uri,) for uri in uris])

    def begin(self, uri: str) -> int:
        """Note that a song is being read; return how often that was begun without an end, now included."""
        with self._db.writing() as db:
            db.execute(
                "INSERT INTO attempts VALUES (?, 1) ON CONFLICT (uri) DO UPDATE SET count = count + 1", (uri,)
            )
            return int(db.execute("SELECT count FROM attempts WHERE uri = ?", (uri,)).fetchone()[0])

    def forget_attempt(self, uri: str) -> None:
        """Forget that a song was begun: it is not its fault that it was not finished."""
        with self._db.writing() as db:
            db.execute("DELETE FROM attempts WHERE uri = ?", (uri,))

    def record(self, song: ListedSong, stamp: FileStamp, analyzer: int, analysis: Analysis) -> None:
        """Keep what was found in a song, instead of what was known before."""
        found = {"uri": song.uri, "loudness": analysis.loudness_lufs, "sound": analysis.sound}
        with self._db.writing() as db:
            _replace(db, song, stamp, analyzer, "")
            db.execute(
                f"UPDATE songs SET {_PLACE}, loudness_lufs = :loudness, sound = :sound WHERE uri = :uri",  # noqa: S608
                found | _place_columns(analysis.place),
            )
            db.execute(
                "INSERT INTO inputs VALUES (?, ?, ?)", (song.uri, analysis.features, analysis.embedding)
            )

    def record_failure(self, song: ListedSong, stamp: FileStamp, analyzer: int, reason: str) -> None:
        """Keep why a song could not be read: it is tried again when its file changes."""
        with self._db.writing() as db:
            _replace(db, song, stamp, analyzer, reason or "unknown")

    def copy(self, known_uri: str, song: ListedSong) -> None:
        """Keep for `song` what is known of the same content under another name, or with another date."""
        columns = "loudness_lufs, valence, arousal, valence_spread, arousal_spread, sound"
        values = (song.uri, song.modified, *_columns(song.tags), known_uri)
        with self._db.writing() as db:
            db.execute("DELETE FROM attempts WHERE uri = ?", (song.uri,))
            if known_uri == song.uri:
                db.execute("UPDATE songs SET modified = ? WHERE uri = ?", (song.modified, song.uri))
                return
            db.execute("DELETE FROM songs WHERE uri = ?", (song.uri,))
            db.execute(
                f"INSERT INTO songs (uri, modified, {_TAGS}, size, fingerprint, analyzer, reason, {columns})"  # noqa: S608
                f" SELECT ?, ?, ?, ?, ?, ?, ?, size, fingerprint, analyzer, reason, {columns}"
                " FROM songs WHERE uri = ?",
                values,
            )
            db.execute(
                "INSERT INTO inputs SELECT ?, features, embedding FROM inputs WHERE uri = ?",
                (song.uri, known_uri),
            )

    def same_content(self, stamp: FileStamp, analyzer: int, song: ListedSong) -> str:
        """Return a song with this content that was analysed, `song` first of all; empty if there is none.

        Of the song itself the middle must be the same, for tags at the end may change; of another one the end
        too or, where that was not looked at yet, the tags.
        """
        query = (
            "SELECT uri FROM songs WHERE fingerprint BETWEEN :middle AND :last AND size = :size"
            " AND reason = '' AND analyzer >= :analyzer AND (uri = :uri OR fingerprint = :fingerprint"
            " OR length(fingerprint) = :middle_bytes"
            " AND (title, artist, album) = (:title, :artist, :album))"
            " ORDER BY uri != :uri, uri LIMIT 1"
        )
        middle = stamp.fingerprint[:MIDDLE_BYTES]
        values = asdict(stamp) | asdict(song.tags) | {"uri": song.uri, "analyzer": analyzer, "middle": middle}
        values |= {"last": middle + b"\xff" * (MIDDLE_BYTES + 1), "middle_bytes": MIDDLE_BYTES}
        with self._db.reading() as db:
            row = db.execute(query, values).fetchone() if middle else None
        return str(row[0]) if row else ""

    def inputs(self, *, network: bool) -> Iterator[list[tuple[str, Tags, bytes, bytes | None]]]:
        """Yield URI, tags, features and embedding of songs with or without the latter, some at a time."""
        query = (
            f"SELECT i.uri, features, embedding, {_TAGS} FROM inputs i JOIN songs s ON s.uri = i.uri"  # noqa: S608
            f" WHERE i.uri > ? AND embedding IS {'NOT ' * network}NULL ORDER BY i.uri LIMIT ?"
        )
        last = ""
        while True:
            with self._db.reading() as db:
                rows = db.execute(query, (last, _CHUNK)).fetchall()
            if not rows:
                return
            yield [(uri, Tags(*tags), features, embedding) for uri, features, embedding, *tags in rows]
            last = rows[-1][0]

    def write_places(self, places: Iterable[tuple[str, Place]]) -> None:
        """Move songs on the plane; those that stay within `_MOVED` are not written, which spares SD cards."""
        query = (
            f"UPDATE songs SET {_PLACE} WHERE uri = :uri AND coalesce(max(abs(valence - :valence),"  # noqa: S608
            " abs(arousal - :arousal), abs(valence_spread - :valence_spread),"
            " abs(arousal_spread - :arousal_spread)) > :least, 1)"
        )
        rows = [{"uri": uri, "least": _MOVED, **_place_columns(place)} for uri, place in places]
        with self._db.writing() as db:
            db.executemany(query, rows)

    def fact(self, name: str) -> str:
        """Return a word kept under `name`; empty if there is none."""
        with self._db.reading() as db:
            row = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def keep_fact(self, name: str, value: str) -> None:
        """Keep a word under `name`."""
        with self._db.writing() as db:
            db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def _place_columns(place: Place) -> dict[str, float]:
    valence, arousal = place.affect
    spreads = {"valence_spread": place.valence_spread, "arousal_spread": place.arousal_spread}
    return {"valence": valence, "arousal": arousal, **spreads}


def _replace(db: sqlite3.Connection, song: ListedSong, stamp: FileStamp, analyzer: int, reason: str) -> None:
    db.execute("DELETE FROM songs WHERE uri = ?", (song.uri,))
    db.execute("DELETE FROM attempts WHERE uri = ?", (song.uri,))
    db.execute(
        f"INSERT INTO songs (uri, modified, size, fingerprint, analyzer, reason, {_TAGS})"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (song.uri, stamp.modified, stamp.size, stamp.fingerprint, analyzer, reason, *_columns(song.tags)),
    )


def _follow_listing(db: sqlite3.Connection, today: int) -> None:
    """Take over from the listing which songs are gone or back, and their tags; drop what is gone for long."""
    db.execute(
        f"UPDATE songs SET gone_since = ? WHERE gone_since IS NULL AND uri NOT IN {_LISTED}",  # noqa: S608
        (today,),
    )
    db.execute(
        f"UPDATE songs SET gone_since = NULL WHERE gone_since IS NOT NULL AND uri IN {_LISTED}"  # noqa: S608
    )
    db.execute("DELETE FROM songs WHERE gone_since < ?", (today - KEPT_DAYS,))
    db.execute(f"DELETE FROM attempts WHERE uri NOT IN {_LISTED}")  # noqa: S608
    db.execute(
        f"UPDATE songs SET ({_TAGS}) = (l.title, l.artist, l.album, l.genre, l.mood) FROM listing l"  # noqa: S608
        " WHERE l.uri = songs.uri AND (l.title, l.artist, l.album, l.genre, l.mood)"
        " IS NOT (songs.title, songs.artist, songs.album, songs.genre, songs.mood)"
    )


def _columns(tags: Tags) -> tuple[str, str, str, str, str]:
    return tags.title, tags.artist, tags.album, tags.genre, tags.mood
