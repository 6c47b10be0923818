"""Songs of a playlist or a filter, of which those are chosen that sound like a mood."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from moodpid.config import SongSource
from moodpid.mpd.protocol import Mpd
from moodpid.mpd.song_lists import PAGED_PLAYLISTS, windows

_MAX_LISTED = 5000  # songs that are looked up
_WINDOW = 500  # songs in one answer: each comes with all of its tags


def listed_songs(link: Mpd, source: SongSource, rng: Random) -> list[str]:
    """Return the songs of a playlist or a filter; of a long one some from all over it, others at each call.

    Raises:
        CommandRefusedError: There is no such playlist, or the filter is wrong.
        MpdGoneError: The connection was lost.
    """
    name = source.playlist
    if not name:
        return _read(partial(link.find, source.filter), link.count(source.filter), rng)
    if link.version_at_least(PAGED_PLAYLISTS):
        return _read(partial(link.playlist_window, name), link.playlist_length(name), rng)
    songs = list(link.playlist(name))
    return _read(lambda start, end: songs[start:end], len(songs), rng)


def _read(read: Callable[[int, int], Sequence[str]], total: int, rng: Random) -> list[str]:
    """Read a list of `total` songs in windows, at most `_MAX_LISTED` of them."""
    return [
        uri
        for first, last in windows(total, rng, _MAX_LISTED, _WINDOW)
        for start in range(first, last, _WINDOW)
        for uri in read(start, min(last, start + _WINDOW))
    ]
