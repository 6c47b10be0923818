"""From features to a place on the plane: a softmax over its four quadrants, by `tools/training/music.py`.

The softmax is linear in the standardised inputs, or in radial basis functions of them around landmarks.

Valence is how much more probable the two pleasant quadrants are than the two unpleasant ones, arousal the
same for the two excited ones; each is scaled so that a varied library spreads over the plane.
"""

from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from moodpid.errors import ModelError
from moodpid.library.analysis.features import DESCRIPTIVE, level_normalized
from moodpid.library.analysis.filterbanks import Floats
from moodpid.library.analysis.musicnn import EMBEDDING

VERSION = 2
QUADRANTS = ("happy", "angry", "sad", "calm")  # Q1 to Q4: anticlockwise from the pleasant and excited one
NETWORK_NAMES = tuple(f"musicnn{number}" for number in range(EMBEDDING))
FEW_SONGS = 200  # from so many on, a library's own mean and spread are used
CLIP = 4.0  # standard deviations
LANDMARK_STEP = 1 / 32  # standard deviations; landmarks are whole multiples of it

_AXES = np.array(
    [[1, -1, -1, 1], [1, 1, -1, -1]], np.float32
)  # the signs of valence and arousal in each quadrant


class Standardization(NamedTuple):
    """Mean and standard deviation of each input, (N,) each."""

    mean: Floats
    std: Floats


class Places(NamedTuple):
    """Where songs lie, (n,) each.

    Attributes:
        valence, arousal: From -1 to 1.
        valence_spread, arousal_spread: How far off that is on average (root mean square).
    """

    valence: Floats
    arousal: Floats
    valence_spread: Floats
    arousal_spread: Floats


class HeadFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One head as plain numbers; N inputs.

    Attributes:
        inputs: Their names, N.
        mean, std: Of each input in the training data, N.
        weights: Four rows of N for standardised inputs, or of M for radial basis functions.
        bias: Of each quadrant.
        scale: What valence and arousal are multiplied by.
        spread: The spread of valence and arousal where a quadrant is as probable as its neighbour.
        projection: Sixteen rows of N: standardised inputs to the numbers that neighbours are found by.
        landmarks: M rows of N in multiples of `LANDMARK_STEP`; empty: the softmax is linear.
        gamma: Of the radial basis functions; see `radial_basis`.
    """

    inputs: list[str]
    mean: list[float]
    std: list[float]
    weights: list[list[float]]
    bias: list[float]
    scale: tuple[float, float]
    spread: tuple[float, float]
    projection: list[list[float]]
    landmarks: list[list[int]] = []
    gamma: float = 0.0


class HeadsFile(msgspec.Struct, frozen=True):
    """`models/music.json`; what else stands in it is for people.

    Attributes:
        version: `VERSION`.
        features: The head for the features alone.
        network: The head for the features and the network's numbers.
    """

    version: int
    features: HeadFile
    network: HeadFile


class Head:
    """Places songs by their inputs, (n, N) in the order of the training.

    Args:
        file: The numbers.

    Attributes:
        usual: Mean and standard deviation of the inputs in the training data.
    """

    def __init__(self, file: HeadFile) -> None:
        self._weights = np.array(file.weights, np.float32)
        self._bias = np.array(file.bias, np.float32)
        self._scale, self._spread = np.array(file.scale, np.float32), np.array(file.spread, np.float32)
        self._projection = np.array(file.projection, np.float32)
        self._landmarks = np.array(file.landmarks, np.float32) * np.float32(LANDMARK_STEP)
        self._gamma = file.gamma
        self.usual = Standardization(np.array(file.mean, np.float32), np.array(file.std, np.float32))

    def quadrants(self, inputs: Floats, usual: Standardization | None = None) -> Floats:
        """Return (n, 4): how probable each of `QUADRANTS` is.

        Args:
            inputs: (n, N).
            usual: Of the library; None: of the training data.
        """
        x = standardized(inputs, usual or self.usual)
        if len(self._landmarks):
            x = radial_basis(x, self._landmarks, self._gamma)
        scores = x @ self._weights.T + self._bias
        scores = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(scores / scores.sum(axis=1, keepdims=True), np.float32)

    def place(self, inputs: Floats, usual: Standardization | None = None) -> Places:
        """Return where songs lie; for the arguments see `quadrants`."""
        expected = self.quadrants(inputs, usual) @ _AXES.T
        # Of a variable that is -1 or 1 with this mean
        spread = self._spread * np.sqrt(np.maximum(1 - expected**2, 0))
        scaled = (expected * self._scale).clip(-1, 1)
        return Places(scaled[:, 0], scaled[:, 1], spread[:, 0], spread[:, 1])

    def sound(self, inputs: Floats) -> NDArray[np.uint8]:
        """Return (n, 16): what neighbours are found by, the same in every library."""
        projected = standardized(inputs, self.usual) @ self._projection.T
        return np.asarray((np.rint(projected) + 128).clip(0, 255), np.uint8)


class Heads(NamedTuple):
    """Both heads: without and with the network's numbers."""

    features: Head
    network: Head


def read_heads(path: Path) -> Heads:
    """Read `models/music.json`.

    Raises:
        ModelError: It is missing or broken, or of another version of the program.
    """
    try:
        file = msgspec.json.decode(path.read_bytes(), type=HeadsFile)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelError(f"{path}: the heads for music cannot be read: {error}") from error
    if file.version != VERSION:
        raise ModelError(f"{path}: the heads for music are of version {file.version}, {VERSION} is needed")
    if (
        tuple(file.features.inputs) != DESCRIPTIVE
        or tuple(file.network.inputs) != DESCRIPTIVE + NETWORK_NAMES
    ):
        raise ModelError(f"{path}: the heads for music were made for other features")
    return Heads(Head(file.features), Head(file.network))


def head_inputs(features: Floats, embedding: Floats | None) -> Floats:
    """Return (n, 101), or (n, 301) with the network's numbers.

    Args:
        features: (n, 103) as `extract` gives them.
        embedding: (n, 200), None without the network.
    """
    leveled = level_normalized(features)
    return leveled if embedding is None else np.concatenate([leveled, embedding], axis=1)


def standardized(inputs: Floats, usual: Standardization) -> Floats:
    """Return the inputs in standard deviations from the mean, at most `CLIP` of them."""
    return np.asarray(((inputs - usual.mean) / usual.std).clip(-CLIP, CLIP), np.float32)


def radial_basis(x: Floats, landmarks: Floats, gamma: float) -> Floats:
    """Return (n, M): how near each row is to each landmark, exp(-gamma · mean squared difference).

    Args:
        x: (n, N), standardised.
        landmarks: (M, N).
        gamma: The larger, the smaller the neighbourhood of a landmark.
    """
    squared = (x**2).sum(axis=1)[:, None] + (landmarks**2).sum(axis=1) - 2 * x @ landmarks.T
    return np.asarray(np.exp(-gamma / x.shape[1] * np.maximum(squared, 0)), np.float32)
