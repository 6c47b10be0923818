"""Which songs near a place come into question: drawn by distance, and diverse by artist and album. Pure."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from random import Random

from moodpid.library.reader import PlacedSong
from moodpid.mood.emotion import Affect

REACH = 0.2  # on the plane: a song so much farther than the nearest is drawn six times in ten as often
NEARLY = 0.1  # the closeness to the nearest fresh song from which one may stand in for it
IN_REACH = 1e-5  # … to the nearest of all, from which one fits at all: the next quadrant's songs do not
PER_ARTIST, PER_ALBUM = 2, 1  # songs of one at most among `WINDOW`
WINDOW = 12  # songs: those that played or wait, and the next one
_JUST_NOW = 3  # songs whose artists have to wait


def closeness(song: PlacedSong, target: Affect, nearest: float) -> float:
    """Return how near a song is, from 1 for one as near as the nearest down to 0.

    Args:
        song: Of the library.
        target: The place on the plane.
        nearest: The distance of the nearest song.
    """
    return fall_off(song.place.distance(target), nearest, REACH)


def fall_off(distance: float, nearest: float, reach: float) -> float:
    """Return 1 for a distance as small as the nearest, down to 0 for one whose square exceeds it by far."""
    return math.exp(-max(0.0, distance**2 - nearest**2) / (2 * reach**2))


def nearest_of(songs: Sequence[PlacedSong], target: Affect) -> float:
    """Return the distance of the nearest song; infinite without songs."""
    return min((song.place.distance(target) for song in songs), default=math.inf)


def songs_as_near(songs: Sequence[PlacedSong], target: Affect, least: float) -> list[PlacedSong]:
    """Return the songs whose closeness is at least `least` (0 to 1), in their order; the nearest is one.

    In a small library few songs lie near a place. Without a limit the many far ones, each seldom drawn, would
    together come often.
    """
    nearest = nearest_of(songs, target)
    return [song for song in songs if closeness(song, target, nearest) >= least]


def draw_songs(
    songs: Sequence[PlacedSong],
    target: Affect,
    count: int,
    chance: Random,
    recent: Sequence[PlacedSong] = (),
) -> list[PlacedSong]:
    """Draw songs without putting them back, the nearer the likelier; of one artist and album a few.

    The order of the keys is that of weighted draws (P. S. Efraimidis, P. G. Spirakis, "Weighted random
    sampling with a reservoir", 2006), as logarithms. If there are too few artists, the same ones come again.

    Args:
        songs: To draw from.
        target: The place on the plane.
        count: At most so many.
        chance: Draws.
        recent: Songs that play before these, the last one at the end. They count against the limits of their
            artists and albums; the artists of the last three have reached theirs.

    Returns:
        Fewer than `count` where artists or albums have reached their limits.
    """
    nearest = nearest_of(songs, target)
    keys = {song.uri: _key(closeness(song, target, nearest), chance) for song in songs}
    order = sorted(_with_share_left(songs, recent), key=lambda song: keys[song.uri], reverse=True)
    artists, albums = _counted(())
    first: list[PlacedSong] = []
    later: list[PlacedSong] = []
    for song in order:
        (later if _has_had_share(song, artists, albums) else first).append(song)
        artists[song.tags.artist] += 1
        albums[_album(song)] += 1
    return (first + later)[:count]


def _with_share_left(songs: Sequence[PlacedSong], recent: Sequence[PlacedSong]) -> Sequence[PlacedSong]:
    """Return the songs whose artists and albums have not had their share; if all have, the least spent."""
    artists, albums = _counted(recent[1 - WINDOW :])
    for artist in {song.tags.artist for song in recent[-_JUST_NOW:]}:
        artists[artist] += PER_ARTIST
    if left := [song for song in songs if not _has_had_share(song, artists, albums)]:
        return left
    had = [(artists[song.tags.artist], albums[_album(song)]) for song in songs]
    least = min(had, default=None)
    return [song for song, share in zip(songs, had, strict=True) if share == least]


def _counted(songs: Iterable[PlacedSong]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    songs = tuple(songs)
    return Counter(song.tags.artist for song in songs), Counter(map(_album, songs))


def _has_had_share(song: PlacedSong, artists: Counter[str], albums: Counter[tuple[str, str]]) -> bool:
    if not song.tags.artist:
        return False
    of_album = albums[_album(song)] if song.tags.album else 0
    return artists[song.tags.artist] >= PER_ARTIST or of_album >= PER_ALBUM


def without_copies(songs: Iterable[PlacedSong], recent: Iterable[PlacedSong]) -> Iterator[PlacedSong]:
    """Yield the songs that are no other recording, or copy, of one of `recent` or of one before.

    Such have the same artist and title, as where albums are there as FLAC and as MP3, or on a best-of album.
    """
    known = {_work(song) for song in recent}
    for song in songs:
        work = _work(song)
        if not work or work not in known:
            yield song
        known.add(work)


def _album(song: PlacedSong) -> tuple[str, str]:
    return song.tags.artist, song.tags.album


def _work(song: PlacedSong) -> tuple[str, str] | None:
    """Return what a song is, whichever file it is; None without tags."""
    tags = song.tags
    return (tags.artist.casefold(), tags.title.casefold()) if tags.artist and tags.title else None


def _key(weight: float, chance: Random) -> float:
    return math.log(max(weight, 1e-300)) - math.log(-math.log(chance.random() or 0.5))
