"""Learn where music lies on the plane of valence and arousal, and how well: see `docs/library.md`.

    python tools/training/music.py --data DIR [--write | --check]

DIR is a folder with 4Q, Emotify and Spotify's table. --write renews models/music.json. --check prints only
how well the features alone do in folds by which no setting was chosen, and where each fold chooses its own.
"""

import argparse
import datetime as dt
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from moodpid.library.analysis.features import DESCRIPTIVE
from moodpid.library.analysis.heads import LANDMARK_STEP, NETWORK_NAMES, VERSION, standardized

from music_data import Floats, Songs, read_4q, read_emotify, read_spotify
from music_figures import (
    AXES,
    OTHER_SEEDS,
    SEEDS,
    earlier_way,
    figures,
    mean_figures,
    neighbours,
    spread_of,
    table,
    transfer,
)
from music_model import RECIPES, SPREAD_ON_PLANE, Recipe, held_out, inputs_of, learn, projection
from music_nested import nested

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "music.json"
SOURCES = {
    "4Q": "R. Panda, R. Malheiro, R. P. Paiva, Novel audio features for music emotion recognition (2018); "
    "788 clips of 30 s",
    "Emotify": "A. Aljanaki, F. Wiering, R. C. Veltkamp, Studying emotion induced by music through a "
    "crowdsourcing game (2016); 400 clips of 60 s",
    "musicnn": "J. Pons, X. Serra, musicnn: pre-trained convolutional neural networks for music audio "
    "tagging (2019); ISC licence",
}
DIGITS = 5


def main() -> int:
    """Learn, print the figures, and write the heads where that is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with the labelled music")
    parser.add_argument("--write", action="store_true", help=f"write {MODEL.relative_to(ROOT)}")
    parser.add_argument("--check", action="store_true", help="only try the settings where none was chosen")
    options = parser.parse_args()
    try:
        main_songs, more = read_4q(options.data), read_emotify(options.data)
        spotify = read_spotify(options.data)
    except (OSError, KeyError) as error:
        print(f"music: the data cannot be read: {error}", file=sys.stderr)
        return 1
    if options.check:
        print_checks(main_songs, more)
        return 0
    heads, columns = {}, {}
    for name, recipe in RECIPES.items():
        heads[name] = head = make_head(recipe, main_songs, more)
        scale, spread = np.array(head["scale"]), np.array(head["spread"])
        alike = neighbours(main_songs, _sound(head, recipe, main_songs))
        columns[name] = figures(recipe, main_songs, more, scale, spread) | alike
        columns[name] |= transfer(recipe, main_songs, more)
    earlier = {"k = 44": earlier_way(main_songs, RECIPES["features"], spotify)}
    print(table(columns), table(earlier), sep="\n\n")
    if options.write:
        write(heads, columns)
    return 0


def print_checks(main_songs: Songs, more: Songs) -> None:
    """Print the figures of the features alone for other folds, and for settings chosen within each fold."""
    recipe = RECIPES["features"]
    quadrants = [held_out(recipe, main_songs, more, seed) for seed in OTHER_SEEDS]
    chosen_within, chosen = nested(main_songs, more)
    scale = SPREAD_ON_PLANE / (np.concatenate(quadrants) @ AXES.T).std(axis=0)
    spread = spread_of(recipe, main_songs, more, scale)
    columns = {
        "other folds": mean_figures(quadrants, main_songs.quadrants, scale, spread),
        "with genres": mean_figures(quadrants, main_songs.quadrants, scale, spread, main_songs.genres),
        "settings chosen within": mean_figures([chosen_within], main_songs.quadrants, scale, spread),
    }
    print(table(columns))
    settings = Counter((recipe.gamma, recipe.taught) for recipe in chosen)
    for (gamma, taught), count in settings.most_common():
        print(f"{count} of {len(chosen)} folds: gamma {gamma}, taught {taught}")


def make_head(recipe: Recipe, main_songs: Songs, more: Songs) -> dict[str, Any]:
    """Return a head learned from all songs, as plain numbers."""
    everything = np.ones(len(main_songs), np.bool_), np.ones(len(more), np.bool_)
    head = learn(recipe, main_songs, more, *everything)
    expected = np.concatenate([held_out(recipe, main_songs, more, seed) for seed in SEEDS]) @ AXES.T
    scale = SPREAD_ON_PLANE / expected.std(axis=0)
    together = np.concatenate([inputs_of(main_songs, recipe), inputs_of(more, recipe)])
    return {
        "inputs": [*DESCRIPTIVE, *(NETWORK_NAMES if recipe.network else ())],
        "mean": head.usual.mean.tolist(),
        "std": head.usual.std.tolist(),
        "weights": head.weights.tolist(),
        "bias": head.bias.tolist(),
        "scale": scale.tolist(),
        "spread": spread_of(recipe, main_songs, more, scale).tolist(),
        "projection": projection(standardized(together, head.usual)).tolist(),
        "landmarks": _steps(head.landmarks),
        "gamma": head.gamma,
    }


def _steps(landmarks: Floats | None) -> list[list[int]]:
    if landmarks is None:
        return []
    steps: list[list[int]] = np.rint(landmarks / LANDMARK_STEP).astype(int).tolist()
    return steps


def _sound(head: dict[str, Any], recipe: Recipe, songs: Songs) -> Any:
    x = (inputs_of(songs, recipe) - np.array(head["mean"])) / np.array(head["std"])
    return np.rint(x.clip(-4, 4) @ np.array(head["projection"]).T).clip(-127, 127).astype(np.int8)


def write(heads: dict[str, Any], columns: dict[str, dict[str, float]]) -> None:
    """Write the heads with their figures, sources and date."""
    content = {
        "version": VERSION,
        "made": dt.datetime.now(dt.UTC).date().isoformat(),  # noqa: TID251 - the date is for people
        "by": "tools/training/music.py",
        "sources": SOURCES,
        "figures": {name: _rounded(column, 3) for name, column in columns.items()},
        **{name: _rounded(head, DIGITS) for name, head in heads.items()},
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    MODEL.write_text(f"{text}\n", encoding="utf-8")
    print(f"\n{MODEL.relative_to(ROOT)}: {MODEL.stat().st_size / 1000:.0f} kB")


def _rounded(value: Any, digits: int) -> Any:
    """Return the same with floats of so many significant digits."""
    if isinstance(value, float):
        return float(f"{value:.{digits}g}")
    if isinstance(value, list):
        return [_rounded(item, digits) for item in value]
    return {key: _rounded(item, digits) for key, item in value.items()} if isinstance(value, dict) else value


if __name__ == "__main__":
    sys.exit(main())
