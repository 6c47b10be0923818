"""What a trained student can become without more training, and which of that is best.

Its norms are those of the views that it learned from, or are measured again on faces as they are.
Between a network's weights before and after it learned from an ensemble lies one that is often
better than both (Wortsman et al., "Robust fine-tuning of zero-shot models", 2022), as long as the second
grew out of the first. A head can be fitted again to what was measured.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

import calibrate
import data
from average import settle_norms, settle_pairs
from network import EmotionNetwork
from refit import refit_head
from train import predict

TRAINED_SHARES = (1.0, 0.75, 0.5, 0.25)  # of the trained weights; the rest is what the student began with


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A network that could be shipped.

    trained_share: of its weights, 0 to 1. measured: its norms, again; refit: its head, again. valid_loss:
    nats a face at the best temperature; what is best by that is less a matter of luck than by accuracy.
    """

    network: EmotionNetwork
    trained_share: float
    measured: bool
    refit: bool
    valid_accuracy: float  # one look at each validation face
    valid_loss: float


@torch.no_grad()
def between(start: dict[str, Tensor], trained: EmotionNetwork, share: float) -> EmotionNetwork:
    """Return a network with that share of the trained weights and norms, and the rest of the start's.

    start: a state of the same network.
    """
    mixed = copy.deepcopy(trained)
    for name, value in mixed.state_dict().items():
        if value.dtype.is_floating_point:
            value.lerp_(start[name].to(value.device), 1.0 - share)
    settle_pairs(mixed)  # the norms of a restored file were measured channel by channel
    return mixed.eval()


def candidates(
    trained: EmotionNetwork,
    start: dict[str, Tensor] | None,
    faces: tuple[data.Faces, data.Faces],
    votes: float,
) -> Iterator[Candidate]:
    """Give what a student can become, each with its accuracy on the second of the faces.

    start: the state that it began with, where that had learned before. votes: FER+'s share in the
    targets that a head is fitted to.
    """
    train, valid = faces
    images = torch.from_numpy(train.images).to(trained.head.weight.device)
    for share in TRAINED_SHARES if start else TRAINED_SHARES[:1]:
        mixed = between(start or trained.state_dict(), trained, share)
        yield _judged(mixed, valid, share, measured=False, refit=False)
        measured = copy.deepcopy(mixed)
        settle_norms(measured, images)
        yield _judged(measured, valid, share, measured=True, refit=False)
        fitted = copy.deepcopy(measured)
        refit_head(fitted, train, votes)
        yield _judged(fitted, valid, share, measured=True, refit=True)


def best(made: Sequence[Candidate]) -> Candidate:
    """Return the one of the greatest likelihood."""
    return min(made, key=lambda candidate: candidate.valid_loss)


def _judged(
    network: EmotionNetwork, valid: data.Faces, share: float, *, measured: bool, refit: bool
) -> Candidate:
    logits = predict(network, valid.images, network.head.weight.device).double().numpy()
    right = float((logits.argmax(axis=1) == valid.labels).mean())
    temperature = calibrate.fit_temperature(logits, valid.labels)
    loss = calibrate.negative_log_likelihood(logits, valid.labels, temperature)
    return Candidate(network, share, measured, refit, right, round(loss, 4))
