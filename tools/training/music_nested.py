"""How well the head for the features does where its settings, too, are chosen without the songs of a fold.

The figures of `music.py` come from the folds by which the settings were chosen, which flatters. Here each
fold chooses its own settings, by folds of the other songs.
"""

from dataclasses import replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from music_data import Floats, Songs
from music_figures import AXES, mean_figures
from music_model import RECIPES, SPREAD_ON_PLANE, Recipe, folds, inputs_of, learn

SEED = 7
INNER_FOLDS = 2
_LANDMARKS = 300  # while settings are compared: it takes a fifth of the time
_GAMMAS, _TAUGHT = (0.3, 0.6, 1.0), (0.0, 0.5)
_SPREAD = np.full(2, 0.6, np.float32)  # as large on both axes, so that it favours no candidate


def nested(main: Songs, more: Songs, seed: int = SEED) -> tuple[Floats, list[Recipe]]:
    """Return (n, 4): quadrants of each song of 4Q, and the settings that each fold chose."""
    out = np.empty((len(main), 4), np.float32)
    everything = np.ones(len(more), np.bool_)
    chosen = []
    for held in folds(main.artists, seed):
        recipe = choose(main, more, ~held)
        head = learn(recipe, main, more, ~held, everything)
        out[held] = head.quadrants(inputs_of(main, recipe)[held])
        chosen.append(recipe)
    return out, chosen


def choose(main: Songs, more: Songs, rows: NDArray[np.bool_]) -> Recipe:
    """Return the settings with the best nearest tenths of `rows`, each song by a head without its artist."""
    recipe = RECIPES["features"]
    candidates = [replace(recipe, gamma=gamma, taught=taught) for gamma, taught in product(_GAMMAS, _TAUGHT)]
    return max(candidates, key=lambda recipe: _score(recipe, main, more, rows))


def _score(recipe: Recipe, main: Songs, more: Songs, rows: NDArray[np.bool_]) -> float:
    """Return the right ones of the nearest tenths less those in the opposite quadrant, as shares."""
    everything = np.ones(len(more), np.bool_)
    quadrants = np.zeros((len(main), 4), np.float32)
    for held in folds(main.artists, SEED + 1, INNER_FOLDS):
        asked = held & rows
        head = learn(replace(recipe, landmarks=_LANDMARKS), main, more, rows & ~held, everything)
        quadrants[asked] = head.quadrants(inputs_of(main, recipe)[asked])
    found = quadrants[rows]
    scale = SPREAD_ON_PLANE / (found @ AXES.T).std(axis=0)
    figures = mean_figures([found], main.quadrants[rows], scale, _SPREAD)
    tenths = [f"nearest tenth, {mood}" for mood in ("happy", "angry", "sad")]
    return sum(figures[tenth] - figures[f"{tenth}, opposite"] for tenth in tenths)
