"""Several networks as one: what each is worth, how much each counts, and what they answer together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import calibrate

UNSEEN = 7.0  # how much more a member counts for the faces that it has not been trained on


@dataclass(frozen=True, slots=True)
class Member:
    """A trained member. valid: (N, 7) log-probabilities, the mean of a face and its mirror image."""

    name: str
    fold: int
    folds: int
    valid: NDArray[np.float64]


def log_mean(logits: NDArray[np.float64], mirrored: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the logarithm of the mean distribution of a face and its mirror image, both (N, 7) logits."""
    return np.log(np.maximum(1e-9, (calibrate.softmax(logits) + calibrate.softmax(mirrored)) / 2.0))


def together(members: list[Member], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the weighted mean of the members' distributions on the validation faces: (N, 7)."""
    return np.asarray(sum(w * np.exp(m.valid) for w, m in zip(weights, members, strict=True)))


def fit_weights(members: list[Member], labels: NDArray[np.int64], steps: int = 400) -> NDArray[np.float64]:
    """Return the members' weights, which add up to 1, of least negative log-likelihood on these labels.

    Pulled a little towards equal weights: the faces that they are fitted on judge them, too.
    """
    shares = torch.from_numpy(np.stack([np.exp(m.valid)[np.arange(len(labels)), labels] for m in members]))
    free = torch.zeros(len(members), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adam([free], lr=0.05)
    for _ in range(steps):
        weights = torch.softmax(free, dim=0)
        loss = -(weights @ shares).clamp(min=1e-9).log().mean() + 0.002 * (free**2).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    return np.asarray(torch.softmax(free.detach(), dim=0).numpy())


def accuracy(shares: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """Return the share of rows whose largest entry is the label's."""
    return float((shares.argmax(axis=1) == labels).mean())


def describe(members: list[Member], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Return weights, accuracy, and for each member its own accuracy and what it adds to the others."""
    weights = fit_weights(members, labels)
    whole = accuracy(together(members, weights), labels)
    each = {}
    for number, member in enumerate(members):
        others = [*members[:number], *members[number + 1 :]]
        without = accuracy(together(others, fit_weights(others, labels)), labels) if others else 0.0
        each[member.name] = {
            "weight": round(float(weights[number]), 4),
            "valid_accuracy": round(accuracy(member.valid, labels), 4),
            "adds": round(whole - without, 4),
        }
    equal = np.full(len(members), 1.0 / len(members))
    shares = together(members, weights)
    recalls = [round(float((shares.argmax(1) == c)[labels == c].mean()), 4) for c in range(shares.shape[1])]
    return {
        "valid_accuracy": round(whole, 4),
        "valid_accuracy_equal_weights": round(accuracy(together(members, equal), labels), 4),
        "recalls": recalls,
        "ece": round(calibrate.expected_calibration_error(shares, labels), 4),
        "temperature": round(calibrate.fit_temperature(np.log(np.maximum(1e-9, shares)), labels), 4),
        "members": each,
    }


def blend(
    members: list[Member],
    weights: NDArray[np.float64],
    answers: list[NDArray[np.float16]],
    temperature: float = 1.0,
    unseen: float = UNSEEN,
) -> NDArray[np.float16]:
    """Return the members' mean answer to all views, (V, N, 7), as sure of itself as the temperature makes it.

    What a member says of faces that it was trained on leans to their labels, which are noisy: the
    member that has left a face out counts `unseen` times as much for it.
    """
    rows = np.arange(answers[0].shape[1])
    total = np.zeros(answers[0].shape, np.float32)
    count = np.zeros((1, len(rows), 1), np.float32)
    for member, weight, given in zip(members, weights, answers, strict=True):
        left_out = (rows % member.folds == member.fold) if member.folds else np.zeros(len(rows), bool)
        factor = (weight * np.where(left_out, unseen, 1.0))[None, :, None].astype(np.float32)
        total += factor * given
        count += factor
    total = (total / count) ** np.float32(1.0 / temperature)
    return np.asarray(total / total.sum(axis=2, keepdims=True), np.float16)
