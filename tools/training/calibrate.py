"""How far a model's confidence can be believed, and the temperature that makes it so."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

BINS = 15


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose confidence fell in (low, high]."""

    low: float
    high: float
    count: int
    confidence: float  # mean, 0 to 1
    accuracy: float  # 0 to 1


def softmax(logits: NDArray[np.float64], temperature: float = 1.0) -> NDArray[np.float64]:
    """Return (N, C) probabilities of (N, C) logits."""
    powers = np.exp((logits - logits.max(axis=1, keepdims=True)) / temperature)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def reliability(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> list[Bin]:
    """Sort the (N, C) answers into bins of equal width by their confidence; empty ones are left out."""
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == labels
    edges = np.linspace(0.0, 1.0, BINS + 1)
    bins = []
    for low, high in pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.any():
            mean, right = float(confidence[inside].mean()), float(correct[inside].mean())
            bins.append(Bin(float(low), float(high), int(inside.sum()), mean, right))
    return bins


def expected_calibration_error(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return the mean gap of confidence and accuracy (Naeini et al., 2015): 0 to 1, 15 bins."""
    bins = reliability(probabilities, labels)
    return sum(each.count * abs(each.accuracy - each.confidence) for each in bins) / len(labels)


def negative_log_likelihood(
    logits: NDArray[np.float64], labels: NDArray[np.int64], temperature: float
) -> float:
    """Return the mean surprise, in nats, of the labels under softmax(logits / temperature)."""
    probabilities = softmax(logits, temperature)
    return float(-np.log(np.maximum(probabilities[np.arange(len(labels)), labels], 1e-12)).mean())


def fit_temperature(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return the temperature of least negative log-likelihood (Guo et al., 2017), 0.2 to 5.

    The likelihood has one optimum along the temperature, so a golden-section search finds it.
    """
    low, high = np.log(0.2), np.log(5.0)
    golden = (np.sqrt(5.0) - 1.0) / 2.0
    for _ in range(40):
        left, right = high - golden * (high - low), low + golden * (high - low)
        of_left = negative_log_likelihood(logits, labels, float(np.exp(left)))
        if of_left < negative_log_likelihood(logits, labels, float(np.exp(right))):
            high = right
        else:
            low = left
    return float(np.exp((low + high) / 2.0))


def cross_fitted_error(logits: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return the calibration error where each half is judged at the other half's temperature.

    It is what the temperature is worth on faces it was not fitted on.
    """
    even = np.arange(len(labels)) % 2 == 0
    probabilities = np.empty(logits.shape)
    for half in (even, ~even):
        temperature = fit_temperature(logits[~half], labels[~half])
        probabilities[half] = softmax(logits[half], temperature)
    return expected_calibration_error(probabilities, labels)
