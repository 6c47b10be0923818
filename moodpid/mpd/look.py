"""A look at MPD: its status, the queue around the current song, and where our own songs are by now."""

import contextlib
from collections.abc import Iterable
from dataclasses import replace

from moodpid.mpd.connection import CommandRefusedError, Mpd
from moodpid.mpd.snapshot import WINDOW, QueueSong, Snapshot, read_song, read_status
from moodpid.mpd.tracking import OwnSong

_TRIES = 3  # the queue may change between two answers; if it never rests, its next event brings another look


def take_snapshot(link: Mpd, ours: Iterable[OwnSong], at_s: float) -> Snapshot:
    """What MPD shows now, and which of our songs are still in its queue.

    The first status alone says which song is current: MPD may take seconds to answer it, while a song ends,
    and what it said of the current song afterwards would be of another moment. The second one says only
    whether the queue is still the one that was read.

    Args:
        link: To MPD.
        ours: Our songs, as they were seen last.
        at_s: The time, in monotonic seconds.

    Raises:
        MpdGoneError: The connection was lost.
    """
    ours = tuple(ours)
    for _ in range(_TRIES):
        status = link.ask("status")
        snapshot = read_status(status, at_s)
        window = songs_at(link, int(status.get("song", 0)), WINDOW) if snapshot.length else ()
        if link.ask("status").get("playlist") == status.get("playlist"):  # the version of the queue
            break
    current = int(status.get("songid", -1))
    song = next((one for one in window if one.id == current), None)
    found = {one.id for one in window}
    uris = {one.id: one.uri for one in ours}
    seen = {one.id: one for one in window if uris.get(one.id) == one.uri}
    still = seen | find(link, [one for one in ours if one.id not in found])
    return replace(snapshot, song=song, window=window, own_songs=still)


def songs_at(link: Mpd, pos: int, count: int = 1) -> tuple[QueueSong, ...]:
    """Up to `count` songs of the queue from `pos` on; none where the queue is shorter by now."""
    try:
        return tuple(read_song(entry) for entry in link.ask("playlistinfo", (pos, pos + count)))
    except CommandRefusedError:
        return ()


def find(link: Mpd, ours: Iterable[OwnSong]) -> dict[int, QueueSong]:
    """Those of `ours` that are in the queue, wherever, by id; what else has such an id now is not ours."""
    found: dict[int, QueueSong] = {}
    for one in ours:
        with contextlib.suppress(CommandRefusedError):
            song = read_song(link.ask("playlistid", one.id)[0])
            if song.uri == one.uri:
                found[one.id] = song
    return found
