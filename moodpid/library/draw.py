"""Which songs near a place come into question: drawn by distance, and diverse by artist and album. Pure."""

import math
from collections import Counter
from collections.abc import Collection, Sequence
from random import Random

from moodpid.library.reader import PlacedSong
from moodpid.mood.emotion import Affect

REACH = 0.2  # on the plane: a song so much farther than the nearest is drawn six times in ten as often
NEARLY = 0.1  # the closeness to the nearest fresh song from which one may stand in for it
IN_REACH = 1e-5  # … to the nearest of all, from which one fits at all: the next quadrant's songs do not
PER_ARTIST, PER_ALBUM = 2, 1


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
    avoid_artists: Collection[str] = (),
) -> list[PlacedSong]:
    """Draw songs without putting them back, the nearer the likelier; of one artist and album a few.

    The order of the keys is that of weighted draws (P. S. Efraimidis, P. G. Spirakis, "Weighted random
    sampling with a reservoir", 2006), as logarithms. If there are too few artists, the same ones come again.

    Args:
        songs: To draw from.
        target: The place on the plane.
        count: At most so many.
        chance: Draws.
        avoid_artists: Whose songs come last: they played just now.
    """
    if not songs:
        return []
    nearest = nearest_of(songs, target)
    keys = {song.uri: _key(closeness(song, target, nearest), chance) for song in songs}
    order = sorted(songs, key=lambda song: keys[song.uri], reverse=True)
    artists: Counter[str] = Counter({artist: PER_ARTIST for artist in avoid_artists if artist})
    albums: Counter[tuple[str, str]] = Counter()
    first: list[PlacedSong] = []
    later: list[PlacedSong] = []
    for song in order:
        artist, album = song.tags.artist, (song.tags.artist, song.tags.album)
        full = artist and (artists[artist] >= PER_ARTIST or (album[1] and albums[album] >= PER_ALBUM))
        (later if full else first).append(song)
        artists[artist] += 1
        albums[album] += 1
    return (first + later)[:count]


def _key(weight: float, chance: Random) -> float:
    return math.log(max(weight, 1e-300)) - math.log(-math.log(chance.random() or 0.5))
