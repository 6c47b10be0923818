"""Learning the heads: softmax regression, linear or by a kernel; folds split by artist; the projection."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from moodpid.library.analysis.heads import (
    LANDMARK_STEP,
    Standardization,
    head_inputs,
    radial_basis,
    standardized,
)
from numpy.typing import NDArray

from music_data import Floats, Songs

FOLDS = 10
SOUND_DIMENSIONS = 16
SPREAD_ON_PLANE = 0.5  # standard deviation of valence and of arousal over a varied library
_ITERATIONS = 200
_SETTLED = 1e-4  # of the largest coefficient: smaller steps change no figure
_MOVED = 0.1, 0.3  # how far a landmark is from a song, as a share of the way to another one
_TEACHER_FOLDS, _TEACHER_SEED = 5, 99
_RANK = 1e-5  # of the largest eigenvalue: smaller ones are rounding
_INT8 = 32.0  # a standard deviation of the first dimension of the projection


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a head is learned.

    Attributes:
        network: Whether the network's numbers are among its inputs.
        penalty: Of the squared weights.
        emotify: The weight of a song of Emotify against one of 4Q.
        landmarks: How many radial basis functions take the place of the inputs, at most one a song; 0: none.
        gamma: Of them; see `radial_basis`.
        taught: How much of a song's label comes from the head with the network (`taught_shares`), 0 to 1.
    """

    network: bool
    penalty: float
    emotify: float
    landmarks: int = 0
    gamma: float = 0.0
    taught: float = 0.0


TEACHER = Recipe(network=True, penalty=100.0, emotify=1.0)
RECIPES = {
    # Chosen by the figures of songs held out; how it does where nothing is chosen so: music.py --check
    "features": Recipe(network=False, penalty=0.15, emotify=1.0, landmarks=1200, gamma=0.6, taught=0.5),
    "network": TEACHER,
}


@dataclass(frozen=True, slots=True, eq=False)
class Softmax:
    """A learned softmax over quadrants.

    Attributes:
        usual: Of the inputs.
        weights: (4, N) for standardised inputs, or (4, M) for the radial basis functions.
        bias: (4,).
        landmarks: (M, N); None: the softmax is linear.
        gamma: Of the radial basis functions.
    """

    usual: Standardization
    weights: Floats
    bias: Floats
    landmarks: Floats | None = None
    gamma: float = 0.0

    def quadrants(self, inputs: Floats) -> Floats:
        """Return (n, 4)."""
        x = standardized(inputs, self.usual)
        if self.landmarks is not None:
            x = radial_basis(x, self.landmarks, self.gamma)
        return _softmax(x @ self.weights.T + self.bias)


def inputs_of(songs: Songs, recipe: Recipe) -> Floats:
    """Return (n, N)."""
    return head_inputs(songs.features, songs.embedding if recipe.network else None)


def usual_of(inputs: Floats) -> Standardization:
    """Return mean and standard deviation of each column."""
    return Standardization(inputs.mean(axis=0), inputs.std(axis=0) + 1e-6)


def learn(
    recipe: Recipe, main: Songs, more: Songs, rows: NDArray[np.bool_], more_rows: NDArray[np.bool_]
) -> Softmax:
    """Learn from the chosen songs of 4Q and of Emotify; what is usual comes from 4Q alone."""
    inputs, more_inputs = inputs_of(main, recipe)[rows], inputs_of(more, recipe)[more_rows]
    usual = usual_of(inputs)
    x = np.concatenate([standardized(inputs, usual), standardized(more_inputs, usual)])
    shares = np.concatenate([main.shares[rows], more.shares[more_rows]])
    if recipe.taught:
        shares = (1 - recipe.taught) * shares + recipe.taught * taught_shares(main, more, rows, more_rows)
    weight = np.concatenate([np.ones(len(inputs)), np.full(len(more_inputs), recipe.emotify)])
    if not recipe.landmarks:
        return Softmax(usual, *fit_softmax(x, shares, weight, recipe.penalty))
    landmarks = np.rint(points_near(x, recipe.landmarks) / LANDMARK_STEP) * np.float32(LANDMARK_STEP)
    whitening = _whitening(radial_basis(landmarks, landmarks, recipe.gamma))
    basis = radial_basis(x, landmarks, recipe.gamma) @ whitening
    weights, bias = fit_softmax(basis, shares, weight, recipe.penalty)
    return Softmax(usual, weights @ whitening.T, bias, landmarks, recipe.gamma)


def taught_shares(main: Songs, more: Songs, rows: NDArray[np.bool_], more_rows: NDArray[np.bool_]) -> Floats:
    """Return (n, 4): quadrants of the chosen songs by heads with the network that saw none of their artists.

    Their probabilities show how clear a song is, which a label does not
    (D. Lopez-Paz et al., "Unifying distillation and privileged information", 2016).
    """
    out, more_out = np.zeros((len(main), 4), np.float32), np.zeros((len(more), 4), np.float32)
    parts = (folds(songs.artists, _TEACHER_SEED, _TEACHER_FOLDS) for songs in (main, more))
    for held, more_held in zip(*parts, strict=True):
        head = learn(TEACHER, main, more, rows & ~held, more_rows & ~more_held)
        out[held] = head.quadrants(inputs_of(main, TEACHER)[held])
        more_out[more_held] = head.quadrants(inputs_of(more, TEACHER)[more_held])
    return np.concatenate([out[rows], more_out[more_rows]])


def points_near(x: Floats, count: int) -> Floats:
    """Return (up to count, N): a point near each of so many rows, on the way to another one.

    As good as the rows themselves, and none of them is a song of the data.
    """
    chance = np.random.default_rng(0)
    rows = chance.permutation(len(x))[:count]
    others = (rows + chance.integers(1, len(x), len(rows))) % len(x)
    moved = chance.uniform(*_MOVED, (len(rows), 1))
    return np.asarray(x[rows] * (1 - moved) + x[others] * moved, np.float32)


def _whitening(gram: Floats) -> Floats:
    """Return (M, r) that maps kernel values to features whose products are the kernel.

    C. Williams, M. Seeger, "Using the Nyström method to speed up kernel machines" (2001).
    """
    values, vectors = np.linalg.eigh(gram.astype(np.float64))
    kept = values > _RANK * values[-1]
    return np.asarray(vectors[:, kept] / np.sqrt(values[kept]), np.float32)


def fit_softmax(x: Floats, shares: Floats, weight: Floats, penalty: float) -> tuple[Floats, Floats]:
    """Minimise the weighted cross-entropy with a penalty on the squared weights; return weights and biases.

    Newton's steps with the bound of the curvature of D. Böhning, B. Lindsay ("Monotonicity of quadratic-
    approximation algorithms", 1988), accelerated as Y. Nesterov does ("A method of solving a convex
    programming problem…", 1983).
    """
    x = np.concatenate([x, np.ones((len(x), 1))], axis=1).astype(np.float64)
    shrink = np.full((x.shape[1], 1), penalty)
    shrink[-1] = 1e-9
    inverse = np.linalg.inv(0.5 * (x * weight[:, None]).T @ x + np.diag(shrink[:, 0]))
    now = ahead = np.zeros((x.shape[1], shares.shape[1]))
    for iteration in range(_ITERATIONS):
        error = (_softmax(x @ ahead) - shares) * weight[:, None]
        then = ahead - inverse @ (x.T @ error + shrink * ahead)
        settled = np.abs(then - now).max() < _SETTLED * np.abs(then).max()
        ahead = then + iteration / (iteration + 3) * (then - now)
        now = then
        if settled:
            break
    return now[:-1].T.astype(np.float32), now[-1].astype(np.float32)


def _softmax(scores: Floats) -> Floats:
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def folds(artists: NDArray[np.str_], seed: int, count: int = FOLDS) -> Iterator[NDArray[np.bool_]]:
    """Yield `count` times which songs are held back: no artist is in two of them."""
    names, number = np.unique(artists, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(names))[number] % count
    for held in range(count):
        yield fold == held


@cache
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
