"""All songs of MPD's library, for the analysis."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from moodpid.library.names import database_name
from moodpid.library.records import ListedSong, Tags
from moodpid.text import clean

# MPD drops a client for which it would have to hold more than max_output_buffer_size, 8 MB by default
WINDOW = 1000
# A filter is needed where a window is; one by date would leave out what is older than 1970
_EVERYTHING = '(file != "")'


class ListsSongs(Protocol):
    """The part of an `MpdConnection` that reads the library."""

    def find_records(self, expression: str, start: int, end: int) -> tuple[dict[str, str], ...]:
        """Return the matching songs with all of their tags, from `start` to before `end`."""


def list_songs(link: ListsSongs, window: int = WINDOW) -> Iterator[ListedSong]:
    """Yield the songs of the library, a window at a time.

    Args:
        link: Reads them.
        window: So many songs are read at once: fewer where only the first ones are wanted.

    Raises:
        MpdGoneError: The connection was lost.
        CommandRefusedError: MPD has no library, or does not allow to search it.
    """
    start = 0
    while True:
        records = link.find_records(_EVERYTHING, start, start + window)
        yield from map(_listed, records)
        if len(records) < window:
            return
        start += window


def _listed(record: Mapping[str, str]) -> ListedSong:
    tags = Tags(
        title=clean(record.get("Title", "")),
        artist=clean(_artist(record.get("Artist", ""), record.get("AlbumArtist", ""))),
        album=clean(record.get("Album", "")),
        genre=clean(record.get("Genre", "")),
        mood=clean(record.get("Mood", "")),
    )
    duration_s = _seconds(record.get("duration") or record.get("Time", ""))
    return ListedSong(database_name(record["file"]), record.get("Last-Modified", ""), duration_s, tags)


def _artist(artist: str, album_artist: str) -> str:
    """Return who counts as the artist of a song: that of the album, without guests, but of no compilation.

    A compilation has "Various Artists", in one language or another, where a song names somebody else.
    """
    if not artist or (album_artist and album_artist.casefold() in artist.casefold()):
        return album_artist
    return artist


def _seconds(text: str) -> float:
    try:
        return max(0.0, float(text))
    except ValueError:
        return 0.0
