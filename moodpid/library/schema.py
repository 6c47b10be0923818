"""The tables of the database about songs, version by version."""

import sqlite3
from collections.abc import Sequence

# One script for each version, which makes it out of the one before; a released script never changes
MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE listing (
        uri TEXT PRIMARY KEY,
        position INTEGER NOT NULL,
        modified TEXT NOT NULL,
        duration_s REAL NOT NULL,
        title TEXT NOT NULL,
        artist TEXT NOT NULL,
        album TEXT NOT NULL,
        genre TEXT NOT NULL,
        mood TEXT NOT NULL
    );
    CREATE TABLE songs (
        uri TEXT PRIMARY KEY,
        modified TEXT NOT NULL,
        size INTEGER NOT NULL,
        fingerprint BLOB NOT NULL,
        analyzer INTEGER NOT NULL,
        reason TEXT NOT NULL,
        gone_since INTEGER,
        title TEXT NOT NULL,
        artist TEXT NOT NULL,
        album TEXT NOT NULL,
        genre TEXT NOT NULL,
        mood TEXT NOT NULL,
        loudness_lufs REAL,
        valence REAL,
        arousal REAL,
        valence_spread REAL,
        arousal_spread REAL,
        sound BLOB
    );
    CREATE INDEX songs_on_plane ON songs (valence, arousal, valence_spread, arousal_spread)
        WHERE valence IS NOT NULL AND gone_since IS NULL;
    CREATE INDEX songs_by_content ON songs (fingerprint);
    CREATE TABLE inputs (
        uri TEXT PRIMARY KEY REFERENCES songs (uri) ON UPDATE CASCADE ON DELETE CASCADE,
        features BLOB NOT NULL,
        embedding BLOB
    );
    CREATE TABLE attempts (uri TEXT PRIMARY KEY, count INTEGER NOT NULL);
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    """,
)
VERSION = len(MIGRATIONS)
# What is worth saving of a broken database; the rest is asked of MPD again
TABLES = ("songs", "inputs", "attempts")


class NewerSchemaError(Exception):
    """The database was written by a later version of the program."""


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of the tables; 0 for an empty file."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, scripts: Sequence[str] = MIGRATIONS) -> None:
    """Bring the tables to the newest version, each step as a whole or not at all.

    Raises:
        NewerSchemaError: They are newer than that.
        sqlite3.Error: The file cannot be written, or is no database.
    """
    version = version_of(connection)
    if version > len(scripts):
        raise NewerSchemaError(f"version {version}, {len(scripts)} is the newest known")
    for number, script in enumerate(scripts[version:], start=version + 1):
        connection.executescript(f"BEGIN IMMEDIATE; {script}; PRAGMA user_version = {number}; COMMIT;")
