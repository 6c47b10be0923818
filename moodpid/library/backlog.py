"""Which songs wait for the analysis, and how many."""

import sqlite3

from moodpid.library.records import Backlog

ANALYSE = "sudo -u moodpid moodpid analyse"
"""The command that works it off."""
NO_SONGS = "MPD's library has no songs"
UPDATE = f"put some into its music folder, then: mpc update --wait && {ANALYSE}"
"""What is to be done about that."""
# New, changed, or read by an earlier program
WAITS = "(s.uri IS NULL OR s.modified != l.modified OR s.analyzer < :analyzer)"


def read_backlog(db: sqlite3.Connection, analyzer: int) -> Backlog:
    """Return how far the analysis by the program of version `analyzer` is; raises sqlite3.Error."""
    query = (
        f"SELECT count(*), coalesce(sum({WAITS}), 0),"  # noqa: S608 - our own words
        f" coalesce(sum(NOT {WAITS} AND s.reason != ''), 0)"
        " FROM listing l LEFT JOIN songs s ON s.uri = l.uri"
    )
    listed, waiting, failed = db.execute(query, {"analyzer": analyzer}).fetchone()
    return Backlog(listed, listed - waiting - failed, failed, waiting)
