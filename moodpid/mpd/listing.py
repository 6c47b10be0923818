"""All songs of MPD's database, and the folder that it keeps them in."""

from collections.abc import Iterator, Mapping
from typing import Any

from moodpid.library.records import ListedSong, Tags
from moodpid.mpd.connection import CommandRefusedError, Mpd
from moodpid.text import clean

# MPD drops a client for which it would have to hold more than max_output_buffer_size, 8 MB by default
WINDOW = 1000
# Every song has changed since; a filter is wanted where a window is
_EVERYTHING = '(modified-since "1970-01-01T00:00:00Z")'


def list_songs(link: Mpd) -> Iterator[ListedSong]:
    """Yield the songs of the database, a window at a time.

    Raises:
        MpdGoneError: The connection was lost.
        CommandRefusedError: MPD has no database.
    """
    start = 0
    while True:
        songs = link.ask("find", _EVERYTHING, "window", (start, start + WINDOW))
        yield from map(_listed, songs)
        if len(songs) < WINDOW:
            return
        start += WINDOW


def database_version(link: Mpd) -> str:
    """Return when MPD's database was updated last, in seconds since 1970.

    Raises:
        MpdGoneError: The connection was lost.
    """
    return str(link.ask("stats").get("db_update", ""))


def music_folder(link: Mpd) -> str:
    """Return the folder of MPD's songs; empty where MPD does not say: it does to clients on its local socket.

    Raises:
        MpdGoneError: The connection was lost.
    """
    try:
        answer = link.ask("config")
    except CommandRefusedError:
        return ""
    folder = answer.get("music_directory", "") if isinstance(answer, Mapping) else answer
    return str(folder or "")


def _listed(song: Mapping[str, Any]) -> ListedSong:
    return ListedSong(
        str(song["file"]),
        str(song.get("last-modified", "")),
        _seconds(song.get("duration", song.get("time", ""))),
        Tags(
            title=_words(song.get("title")),
            artist=_words(song.get("albumartist") or song.get("artist")),
            album=_words(song.get("album")),
            genre=_words(song.get("genre")),
            mood=_words(song.get("mood")),
        ),
    )


def _words(value: object) -> str:
    """Return a tag that may be there several times as one text."""
    values = value if isinstance(value, list) else [value]
    return "; ".join(str(clean(str(one))) for one in values if one)


def _seconds(text: object) -> float:
    try:
        return max(0.0, float(str(text)))
    except ValueError:
        return 0.0
