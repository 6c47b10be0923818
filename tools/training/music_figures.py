"""How well the heads do, on songs of artists that they never saw; the earlier project's way beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from moodpid.library.analysis.features import NAMES
from moodpid.library.analysis.heads import QUADRANTS
from moodpid.library.places import PLACES, Place
from moodpid.library.records import Tags
from moodpid.library.tag_evidence import with_evidence
from moodpid.mood.emotion import Affect
from numpy.typing import NDArray

from music_data import Floats, Songs
from music_model import (
    SPREAD_ON_PLANE,
    Recipe,
    folds,
    held_out,
    inputs_of,
    learn,
    nearest_neighbours,
    usual_of,
)

SEEDS = tuple(range(6))
OTHER_SEEDS = (30, 31, 32)  # of folds by which no setting was chosen
AXES = np.array([[1, -1, -1, 1], [1, 1, -1, -1]], np.float32)
EARLIER_K = 44
SIX = ("tempo", "lufs", "flux_m", "centroid_m", "onset_rate", "mode")

Figures = dict[str, float]


def figures(recipe: Recipe, main: Songs, more: Songs, scale: Floats, spread: Floats) -> Figures:
    """Return shares from 0 to 1, means over six ways to fold."""
    quadrants = [held_out(recipe, main, more, seed) for seed in SEEDS]
    out = mean_figures(quadrants, main.quadrants, scale, spread)
    expected = held_out(recipe, main, more, SEEDS[0], of_more=True) @ AXES.T
    truth = more.shares @ AXES.T
    for axis, name in enumerate(("valence", "arousal")):
        out[f"Emotify, R² of {name}"] = float(np.corrcoef(expected[:, axis], truth[:, axis])[0, 1] ** 2)
    return out


def mean_figures(
    probabilities: Sequence[Floats],
    quadrants: NDArray[np.intp],
    scale: Floats,
    spread: Floats,
    genres: Sequence[frozenset[str]] = (),
) -> Figures:
    """Return the means over several ways to fold; for the arguments see `_figures`."""
    runs = [_figures(fold, quadrants, scale, spread, genres) for fold in probabilities]
    return {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}


def _figures(
    probabilities: Floats,
    quadrants: NDArray[np.intp],
    scale: Floats,
    spread: Floats,
    genres: Sequence[frozenset[str]],
) -> Figures:
    """Return shares from 0 to 1 for one way to fold.

    Args:
        probabilities: (n, 4) of each song's quadrants.
        quadrants: (n,) which are right.
        scale: (2,) what valence and arousal are multiplied by.
        spread: (2,) of them where a quadrant is as probable as its neighbour.
        genres: Of each song, for places by sound and genre; empty: by sound alone.
    """
    expected, truth = probabilities @ AXES.T, AXES[:, quadrants].T
    out = {
        "quadrant": float((probabilities.argmax(axis=1) == quadrants).mean()),
        "valence's sign": float((np.sign(expected[:, 0]) == truth[:, 0]).mean()),
        "arousal's sign": float((np.sign(expected[:, 1]) == truth[:, 1]).mean()),
    }
    places = [
        Place(Affect(*map(float, where)), *map(float, off))
        for where, off in zip(expected * scale, spread * np.sqrt(1 - expected**2), strict=True)
    ]
    if genres:
        tags = [Tags(genre=";".join(sorted(names))) for names in genres]
        places = [with_evidence(place, tag, genre=True) for place, tag in zip(places, tags, strict=True)]
    for quadrant, name in enumerate(QUADRANTS):
        distances = np.array([place.distance(PLACES[name]) for place in places])
        nearest = quadrants[np.argsort(distances)[: len(places) // 10]]
        out[f"nearest tenth, {name}"] = float((nearest == quadrant).mean())
        out[f"nearest tenth, {name}, opposite"] = float((nearest == (quadrant + 2) % 4).mean())
    return out


def spread_of(recipe: Recipe, main: Songs, more: Songs, scale: Floats) -> Floats:
    """Return (2,): how far off Emotify's songs are, over the root of 1 - expected².

    They are placed as those of a user are: by a head that has learned from none of them, and by what is usual
    among them. Emotify has places and not only quadrants; they are brought to the plane's own spread first.
    """
    everything, nothing = np.ones(len(main), np.bool_), np.zeros(len(more), np.bool_)
    head = learn(recipe, main, more, everything, nothing)
    inputs = inputs_of(more, recipe)
    expected = replace(head, usual=usual_of(inputs)).quadrants(inputs) @ AXES.T
    truth = more.shares @ AXES.T
    truth = (truth - truth.mean(axis=0)) * SPREAD_ON_PLANE / truth.std(axis=0)
    error = (expected - expected.mean(axis=0)) * scale - truth
    return np.sqrt((error**2).mean(axis=0) / (1 - expected**2).mean(axis=0))


def transfer(recipe: Recipe, main: Songs, more: Songs) -> Figures:
    """Return how well a head learned from 4Q alone agrees with Emotify, as it is and by Emotify's usual."""
    everything, nothing = np.ones(len(main), np.bool_), np.zeros(len(more), np.bool_)
    head = learn(recipe, main, more, everything, nothing)
    inputs, truth = inputs_of(more, recipe), more.shares @ AXES.T
    out: Figures = {}
    for how, usual in (("as learned", head.usual), ("by its own usual", usual_of(inputs))):
        expected = replace(head, usual=usual).quadrants(inputs) @ AXES.T
        for axis, name in enumerate(("valence", "arousal")):
            correlation = np.corrcoef(expected[:, axis], truth[:, axis])[0, 1]
            out[f"from 4Q to Emotify {how}, r of {name}"] = float(correlation)
    return out


def neighbours(main: Songs, sound: NDArray[np.int8]) -> Figures:
    """Return how alike five neighbours by other artists are, and any two songs."""
    numbers = sound.astype(np.float32)
    distances = ((numbers[:, None] - numbers[None]) ** 2).sum(axis=2)
    other = main.artists[:, None] != main.artists[None]
    near = np.argsort(np.where(other, distances, np.inf), axis=1)[:, :5]
    genre = np.array([[bool(a & b) for b in main.genres] for a in main.genres])
    quadrant = main.quadrants[:, None] == main.quadrants[None]
    rows = np.arange(len(main))[:, None]
    return {
        "five neighbours, same quadrant": float(quadrant[rows, near].mean()),
        "five neighbours, a shared genre": float(genre[rows, near].mean()),
        "any two songs, same quadrant": float(quadrant[other].mean()),
        "any two songs, a shared genre": float(genre[other].mean()),
    }


def earlier_way(main: Songs, recipe: Recipe, spotify: tuple[Floats, Floats, NDArray[np.intp]]) -> Figures:
    """Return what k nearest neighbours with k = 44 give, on the same songs and on Spotify's table."""
    splits = list(folds(main.artists, SEEDS[0]))
    six = main.features[:, [NAMES.index(name) for name in SIX]]
    four, _, moods = spotify
    rows = list(folds(np.arange(len(four)).astype(str), SEEDS[0]))
    return {
        "4Q, six features": nearest_neighbours(_standard(six), main.quadrants, EARLIER_K, splits),
        "4Q, all features": nearest_neighbours(
            _standard(inputs_of(main, recipe)), main.quadrants, EARLIER_K, splits
        ),
        "Spotify, four features as they are": nearest_neighbours(four, moods, EARLIER_K, rows),
        "Spotify, the same standardised": nearest_neighbours(_standard(four), moods, EARLIER_K, rows),
    }


def _standard(x: Floats) -> Floats:
    return np.asarray((x - x.mean(axis=0)) / (x.std(axis=0) + 1e-6), np.float32)


def table(columns: Mapping[str, Figures], names: Sequence[str] = ()) -> str:
    """Return a Markdown table: a row for each figure, in per cent (R² as a number)."""
    rows = names or list(next(iter(columns.values())))
    head = f"| | {' | '.join(columns)} |\n|---{'|---' * len(columns)}|"
    body = [
        f"| {row} | {' | '.join(_shown(row, column[row]) for column in columns.values())} |" for row in rows
    ]
    return "\n".join([head, *body])


def _shown(name: str, value: float) -> str:
    return f"{value:.2f}" if "R²" in name or "r of" in name else f"{100 * value:.1f} %"
