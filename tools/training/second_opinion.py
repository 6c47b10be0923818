"""FER+'s votes beside the ensemble: what both together say of a face that people have voted on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import calibrate
import ensemble

LEAST = 1e-5  # of a share, before its logarithm: half floats end there


@dataclass(frozen=True, slots=True)
class Weighing:
    """How both are put together: a product of powers, and a bias (7) on the logarithm of it."""

    answers: float  # power of the ensemble's distribution
    votes: float  # power of P(label | votes)
    bias: tuple[float, ...]

    def logits(self, answers: NDArray[Any], of_votes: NDArray[Any]) -> NDArray[np.float64]:
        """Return (..., 7) logits of answers (..., 7) and `data.label_given_votes` (..., 7)."""
        return self.answers * _logarithm(answers) + self.votes * _logarithm(of_votes) + np.array(self.bias)


def _logarithm(shares: NDArray[Any]) -> NDArray[np.float64]:
    return np.log(np.maximum(shares.astype(np.float64), LEAST))


def weigh(
    answers: NDArray[Any], of_votes: NDArray[Any], labels: NDArray[np.int64], steps: int = 600
) -> Weighing:
    """Return the weighing of least negative log-likelihood: answers and of_votes (N, 7), labels (N,).

    A softmax regression on nine numbers, the seven biases held back a little.
    """
    said, voted = (torch.from_numpy(_logarithm(shares)) for shares in (answers, of_votes))
    powers = torch.tensor([1.0, 0.3], dtype=torch.float64, requires_grad=True)
    bias = torch.zeros(7, dtype=torch.float64, requires_grad=True)
    optimizer, wanted = torch.optim.Adam([powers, bias], lr=0.02), torch.from_numpy(labels)
    for _ in range(steps):
        logits = powers[0] * said + powers[1] * voted + bias
        loss = torch.nn.functional.cross_entropy(logits, wanted) + 0.001 * (bias**2).sum()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    found = powers.detach().tolist()
    return Weighing(found[0], found[1], tuple(bias.detach().tolist()))


def describe(answers: NDArray[Any], of_votes: NDArray[Any], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Return the weighing, and what it is worth: each half of the faces by what the other half says."""
    even = np.arange(len(labels)) % 2 == 0
    logits = np.empty(answers.shape)
    for half in (even, ~even):
        logits[half] = weigh(answers[~half], of_votes[~half], labels[~half]).logits(
            answers[half], of_votes[half]
        )
    return {
        "weighing": asdict(weigh(answers, of_votes, labels)),
        "votes_accuracy": round(ensemble.accuracy(of_votes, labels), 4),
        "cross_fitted_accuracy": round(ensemble.accuracy(logits, labels), 4),
        "cross_fitted_loss": round(calibrate.negative_log_likelihood(logits, labels, 1.0), 4),
        "loss_without": round(calibrate.negative_log_likelihood(_logarithm(answers), labels, 1.0), 4),
    }


def with_votes(
    answers: NDArray[np.float16], of_votes: NDArray[Any], voted: NDArray[np.bool_], weighing: Weighing
) -> NDArray[np.float16]:
    """Return stored answers (V, N, 7) with the votes in them, where a face has any: voted (N,)."""
    both = answers.copy()
    for view in both:
        view[voted] = calibrate.softmax(weighing.logits(view[voted], of_votes[voted]))
    return both
