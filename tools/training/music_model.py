"""Learning the heads: softmax regression, folds split by artist, and the projection for neighbours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from moodpid.library.analysis.heads import Standardization, head_inputs, standardized
from numpy.typing import NDArray

from music_data import Floats, Songs

FOLDS = 10
SOUND_DIMENSIONS = 16
SPREAD_ON_PLANE = 0.5  # standard deviation of valence and of arousal over a varied library
_ITERATIONS = 600
_FLAT = 1e-3  # of the first gradient: what is left changes no figure
_INT8 = 32.0  # a standard deviation of the first dimension of the projection


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a head is learned.

    Attributes:
        network: Whether the network's numbers are among its inputs.
        penalty: Of the squared weights.
        emotify: The weight of a song of Emotify against one of 4Q.
    """

    network: bool
    penalty: float
    emotify: float


RECIPES = {
    "features": Recipe(network=False, penalty=33.0, emotify=0.1),
    "network": Recipe(network=True, penalty=100.0, emotify=1.0),
}


@dataclass(frozen=True, slots=True, eq=False)
class Softmax:
    """A learned softmax over quadrants: (4, N) weights for standardised inputs, and (4,) biases."""

    usual: Standardization
    weights: Floats
    bias: Floats

    def quadrants(self, inputs: Floats) -> Floats:
        """Return (n, 4)."""
        return _softmax(standardized(inputs, self.usual) @ self.weights.T + self.bias)


def inputs_of(songs: Songs, recipe: Recipe) -> Floats:
    """Return (n, N)."""
    return head_inputs(songs.features, songs.embedding if recipe.network else None)


def learn(
    recipe: Recipe, main: Songs, more: Songs, rows: NDArray[np.bool_], more_rows: NDArray[np.bool_]
) -> Softmax:
    """Learn from the chosen songs of 4Q and of Emotify; what is usual comes from 4Q alone."""
    inputs, more_inputs = inputs_of(main, recipe)[rows], inputs_of(more, recipe)[more_rows]
    usual = Standardization(inputs.mean(axis=0), inputs.std(axis=0) + 1e-6)
    x = np.concatenate([standardized(inputs, usual), standardized(more_inputs, usual)])
    shares = np.concatenate([main.shares[rows], more.shares[more_rows]])
    weight = np.concatenate([np.ones(len(inputs)), np.full(len(more_inputs), recipe.emotify)])
    weights, bias = fit_softmax(x, shares, weight, recipe.penalty)
    return Softmax(usual, weights, bias)


def fit_softmax(x: Floats, shares: Floats, weight: Floats, penalty: float) -> tuple[Floats, Floats]:
    """Minimise the weighted cross-entropy with a penalty on the squared weights; return weights and biases.

    Y. Nesterov's accelerated gradient ("A method of solving a convex programming problem…", 1983), with the
    step that the curvature of the softmax (at most a half) allows.
    """
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1).astype(np.float64)
    shrink = np.full(x.shape[1], penalty)
    shrink[-1] = 0.0
    step = 1 / (0.5 * np.linalg.norm(x * np.sqrt(weight)[:, None], 2) ** 2 + penalty)
    now = ahead = np.zeros((shares.shape[1], x.shape[1]))
    first = 0.0
    for iteration in range(_ITERATIONS):
        error = (_softmax(x @ ahead.T) - shares) * weight[:, None]
        gradient = error.T @ x + ahead * shrink
        steepness = np.linalg.norm(gradient)
        first = first or steepness
        if steepness < _FLAT * first:
            break
        then = ahead - step * gradient
        ahead = then + iteration / (iteration + 3) * (then - now)
        now = then
    return now[:, :-1].astype(np.float32), now[:, -1].astype(np.float32)


def _softmax(scores: Floats) -> Floats:
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def folds(artists: NDArray[np.str_], seed: int) -> Iterator[NDArray[np.bool_]]:
    """Yield ten times which songs are held back: no artist is in two of them."""
    names, number = np.unique(artists, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(names))[number] % FOLDS
    for held in range(FOLDS):
        yield fold == held


def held_out(recipe: Recipe, main: Songs, more: Songs, seed: int, *, of_more: bool = False) -> Floats:
    """Return (n, 4): quadrants of each song by a head that saw no song of its artist.

    Args:
        recipe: How the heads are learned.
        main: The songs of 4Q.
        more: Those of Emotify.
        seed: Of the folds.
        of_more: Whether the songs of Emotify are wanted instead of those of 4Q.
    """
    asked = more if of_more else main
    out = np.empty((len(asked), 4), np.float32)
    for held in folds(asked.artists, seed):
        everything = np.ones(len(main if of_more else more), np.bool_)
        rows = (everything, ~held) if of_more else (~held, everything)
        head = learn(recipe, main, more, *rows)
        out[held] = head.quadrants(inputs_of(asked, recipe)[held])
    return out


def projection(x: Floats) -> Floats:
    """Return (16, N): the principal components of standardised inputs, as whole numbers want them.

    Features and network count the same, however many numbers each has; all components share one scale, so
    that distances are kept.
    """
    features = 101
    balance = np.full(x.shape[1], 1 / np.sqrt(min(features, x.shape[1])), np.float32)
    if x.shape[1] > features:
        balance[features:] = 1 / np.sqrt(x.shape[1] - features)
    weighted = x * balance
    _, _, components = np.linalg.svd(weighted - weighted.mean(axis=0), full_matrices=False)
    rows = components[:SOUND_DIMENSIONS] * balance
    return np.asarray(rows * (_INT8 / (x @ rows[0]).std()), np.float32)


def nearest_neighbours(
    x: Floats, targets: NDArray[np.intp], k: int, splits: Sequence[NDArray[np.bool_]]
) -> float:
    """Return the share of rows whose class most of their k neighbours outside of their fold have."""
    right = 0
    for held in splits:
        distances = ((x[held, None] - x[None, ~held]) ** 2).sum(axis=2)
        near = targets[~held][np.argsort(distances, axis=1, kind="stable")[:, :k]]
        votes = np.stack([(near == label).sum(axis=1) for label in range(targets.max() + 1)], axis=1)
        right += int((votes.argmax(axis=1) == targets[held]).sum())
    return right / len(x)
