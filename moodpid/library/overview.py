"""The library at a glance: how many songs lie near each mood, how sure that is, and examples."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field

from moodpid.library.places import PLACES, nearest_mood
from moodpid.library.reader import PlacedSong
from moodpid.mood.emotion import Mood
from moodpid.text import clean

EXAMPLES = 10


@dataclass(frozen=True, slots=True)
class MoodOverview:
    """The songs that lie nearest to one mood.

    Attributes:
        name: Of the mood, or calm.
        songs: How many.
        spread: How far off their places are on average; 0 without songs.
        examples: Those nearest to it, the nearest first.
    """

    name: str
    songs: int
    spread: float
    examples: tuple[PlacedSong, ...]


def overview(songs: Iterable[PlacedSong]) -> list[MoodOverview]:
    """Return the songs near each mood that music can sound like; keeps only the examples in memory."""
    near = {name: _Near() for name in PLACES if name != Mood.NOBODY}
    for song in songs:
        name = nearest_mood(song.place.affect)
        near[name].take(song, song.place.distance(PLACES[name]))
    return [found.overview(name) for name, found in near.items()]


@dataclass(slots=True)
class _Near:
    """Running totals of the songs near one mood, and its nearest songs."""

    songs: int = 0
    spreads: float = 0.0
    nearest: list[tuple[float, int, PlacedSong]] = field(default_factory=list)

    def take(self, song: PlacedSong, distance: float) -> None:
        self.songs += 1
        self.spreads += (song.place.valence_spread + song.place.arousal_spread) / 2
        # heapq is a min-heap, hence the negative distance; on a tie the earlier song is kept
        keep = heapq.heappush if len(self.nearest) < EXAMPLES else heapq.heappushpop
        keep(self.nearest, (-distance, -self.songs, song))

    def overview(self, name: str) -> MoodOverview:
        spread = self.spreads / self.songs if self.songs else 0.0
        nearest = tuple(song for *_, song in sorted(self.nearest, key=lambda one: one[:2], reverse=True))
        return MoodOverview(name, self.songs, spread, nearest)


def song_name(song: PlacedSong) -> str:
    """Return artist and title, or the name of the file where they are unknown."""
    tags = song.tags
    if not tags.title:
        return clean(song.uri)
    return f"{tags.artist}: {tags.title}" if tags.artist else tags.title
