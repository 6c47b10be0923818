"""Two hours of music by its sound, beside lists made by hand: how long does the song fit the mood?

    .venv/bin/python tools/training/music_by_sound.py --data DIR

The songs are those of 4Q with the labels that people gave them; each lies where heads put it that heard no
song of its artist. The same events as in music_scenario.py, for ten evenings.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import fmean

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))
    sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
from benchmarks.music_evening import LISTS, Music
from benchmarks.music_scenario import simulate
from moodpid.config import TransitionMode
from moodpid.library.places import Place
from moodpid.library.reader import LibraryReader
from moodpid.library.records import Analysis, FileStamp, ListedSong, Tags
from moodpid.library.store import LibraryStore
from moodpid.mood.emotion import Affect, Mood

from music_data import Floats, Songs, read_4q, read_emotify
from music_figures import AXES, spread_of
from music_model import RECIPES, SPREAD_ON_PLANE, held_out

MOODS = (Mood.HAPPY, Mood.ANGRY, Mood.SAD)
QUADRANTS = {Mood.HAPPY: "Q1", Mood.ANGRY: "Q2", Mood.SAD: "Q3"}
EVENINGS = 10
_ANALYZER, _TODAY = 3, 20_000


def main() -> int:
    """Print the shares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled music")
    options = parser.parse_args()
    songs, more = read_4q(options.data), read_emotify(options.data)
    everything = {"All": list(songs.ids)}
    by_hand = {mood.capitalize(): [uri for uri in songs.ids if fits(uri, mood)] for mood in MOODS}
    hand_made = Music(by_hand, {mood: LISTS[mood] for mood in MOODS}, fits, None, MOODS)
    print(f"lists made by hand        {share(hand_made):.1%}")
    chance = Music(everything, dict.fromkeys(MOODS, ("All",)), fits, None, MOODS)
    print(f"songs by chance           {share(chance):.1%}")
    for name in RECIPES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "library.sqlite"
            quadrants = held_out(RECIPES[name], songs, more, 0)
            write_library(path, songs, quadrants, spread_of(RECIPES[name], songs, more, scale_of(quadrants)))
            with LibraryReader(path) as reader:
                figure = share(Music(everything, {}, fits, reader, MOODS))
        print(f"songs by sound, {name:<9} {figure:.1%}")
    return 0


def share(music: Music) -> float:
    """Return the share of the playing time in which the song fits the mood, over all evenings."""
    tallies = [simulate(TransitionMode.NOW, seed, music) for seed in range(EVENINGS)]
    return fmean(tally.fitting_s / tally.playing_s for tally in tallies)


def fits(uri: str, mood: str) -> bool:
    """Return whether people put a song into the quadrant of a mood."""
    return bool(mood) and uri.startswith(QUADRANTS[Mood(mood)])


def scale_of(quadrants: Floats) -> Floats:
    """Return (2,): what valence and arousal are multiplied by."""
    expected = quadrants @ AXES.T
    return np.asarray(SPREAD_ON_PLANE / expected.std(axis=0), np.float32)


def write_library(path: Path, songs: Songs, quadrants: Floats, spread: Floats) -> None:
    """Write the database as an analysis would, with these places."""
    expected = quadrants @ AXES.T
    scaled = (expected * scale_of(quadrants)).clip(-1, 1)
    spreads = spread * np.sqrt(1 - expected**2)
    with LibraryStore(path) as store:
        named = zip(songs.ids, songs.artists, strict=True)
        listed = [ListedSong(str(uri), "1", 30.0, Tags(str(uri), str(artist))) for uri, artist in named]
        store.replace_listing(listed, _TODAY)
        for song, where, off in zip(listed, scaled.tolist(), spreads.tolist(), strict=True):
            place = Place(Affect(*where), *off)
            found = Analysis(bytes(412), bytes(400), place, bytes(16))
            store.record(song, FileStamp("1", 1, song.uri.encode()), _ANALYZER, found)


if __name__ == "__main__":
    sys.exit(main())
