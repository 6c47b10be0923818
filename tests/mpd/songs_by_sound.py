"""Songs that lie all over the plane of feelings, and a configuration that plays by sound."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from moodpid.config import MpdConfig, SongSource, Strategy
from moodpid.library.reader import LibraryReader
from moodpid.library.store import LibraryStore
from moodpid.mood.emotion import Affect, Mood
from tests.library.songs import analysis, fill, listed

# A song every tenth on both axes, named by its place; its sound follows its place
STEPS = [step / 5 for step in range(-5, 6)]
SONGS = {
    f"{valence:+.1f}{arousal:+.1f}.mp3": Affect(valence, arousal) for valence in STEPS for arousal in STEPS
}


@contextmanager
def analysed(
    folder: Path,
    songs: Mapping[str, Affect],
    by_arousal: float = 0.0,
    *,
    artist: Callable[[str], str] = str,
    album: Callable[[str], str] = lambda _: "",
) -> Iterator[LibraryReader]:
    """A library of songs at these places, by an artist each, that sound as their places are."""
    with LibraryStore(folder / "library.sqlite") as store:
        fill(
            store,
            (
                (listed(uri, artist(uri), album(uri)), analysis(*place, sound=_sound(place, by_arousal)))
                for uri, place in songs.items()
            ),
        )
    with LibraryReader(folder / "library.sqlite") as made:
        yield made


def _sound(place: Affect, by_arousal: float) -> int:
    return round(128 + 50 * place.valence + by_arousal * place.arousal)


def config(strategy: Strategy = Strategy.MATCH, *sources: SongSource) -> MpdConfig:
    lists: dict[Mood, tuple[str | SongSource, ...]] = {Mood.HAPPY: sources} if sources else {}
    return MpdConfig(strategy=strategy, playlists=lists, no_repeat_h=2.0)
