"""Songs of a playlist or a filter, of which those are chosen that sound like a mood."""

from moodpid.config import SongSource
from moodpid.mpd.protocol import Mpd
from moodpid.mpd.song_lists import PAGED_PLAYLISTS

_LISTED_MOST = 5000  # songs that are looked up
_WINDOW = 500  # songs in one answer: each comes with all of its tags


def listed_songs(link: Mpd, source: SongSource) -> list[str]:
    """Return the songs of a playlist or a filter, at most `_LISTED_MOST` of them.

    Raises:
        CommandRefusedError: There is no such playlist, or the filter is wrong.
        MpdGoneError: The connection was lost.
    """
    name = source.playlist
    if name and link.version_at_least(PAGED_PLAYLISTS):
        total = min(_LISTED_MOST, link.playlist_length(name))
        return list(link.playlist_window(name, 0, total)) if total else []
    if name:
        songs = list(link.playlist(name))
        return songs[:_LISTED_MOST]
    found: list[str] = []
    for start in range(0, _LISTED_MOST, _WINDOW):
        window = link.find(source.filter, start, start + _WINDOW)
        found += window
        if len(window) < _WINDOW:
            break
    return found
