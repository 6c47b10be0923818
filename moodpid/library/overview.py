"""The library at a glance: how many songs lie near each mood, how sure that is, and examples."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import fmean

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
    """Return what lies near each mood that music can sound like."""
    near: dict[str, list[PlacedSong]] = {name: [] for name in PLACES if name != Mood.NOBODY}
    for song in songs:
        near[nearest_mood(song.place.affect)].append(song)
    return [_mood(name, found) for name, found in near.items()]


def _mood(name: str, songs: list[PlacedSong]) -> MoodOverview:
    spreads = [(song.place.valence_spread + song.place.arousal_spread) / 2 for song in songs]
    examples = sorted(songs, key=lambda song: song.place.distance(PLACES[name]))[:EXAMPLES]
    return MoodOverview(name, len(songs), fmean(spreads) if spreads else 0.0, tuple(examples))


def song_name(song: PlacedSong) -> str:
    """Return artist and title, or the name of the file where they are unknown."""
    tags = song.tags
    if not tags.title:
        return clean(song.uri)
    return f"{tags.artist}: {tags.title}" if tags.artist else tags.title
