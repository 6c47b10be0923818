"""The recipe: all that decides what a training run comes to, apart from the data."""

from __future__ import annotations

from dataclasses import dataclass, field

import augment


@dataclass(frozen=True)
class Recipe:
    """The numbers of a run; what has no unit is a share of 1."""

    network: str = "medium"
    epochs: int = 145
    seed: int = 1
    batch: int = 256
    kernel_rate: float = 0.012  # at its peak, of Muon on the convolutions' kernels
    rate: float = 0.1  # at its peak, of SGD on all else
    warm_up: float = 0.05  # share of the run
    weight_decay: float = 0.1  # decoupled, on kernels only
    average: float = 0.998  # decay of the moving average of the weights, a step
    dropout: float = 0.1
    votes_share: float = 0.4  # of P(label | FER+ votes) in the target
    votes_head: float = 0.3  # weight of the second head's loss
    mixup: float = 0.08  # share of batches
    mixup_alpha: float = 0.3
    plain_end: float = 0.2  # last share of the run, without mixup and on faces varied more plainly
    teacher_share: float = 0.7  # of the teachers' distribution in the target, where there are any
    mirror_from: float = 0.6  # from this share of the run on it learns from its own average, too
    mirror_share: float = 0.5  # of what it says, in the target then, where there are no teachers
    sides: tuple[tuple[float, int], ...] = ((0.3, 40), (1.0, 48))
    strength: augment.Strength = field(default_factory=augment.Strength)


def rate_at(recipe: Recipe, progress: float) -> float:
    """Return the learning rates' share of their peak at a share of the run, both 0 to 1.

    A linear rise, then a parabola: a kernel turns by sqrt(2 * rate * decay) a step once its norm has
    settled (van Laarhoven, 2017), five times as far at Muon's peak as with the usual SGD, so most of
    the run has to be spent well below the peak.
    """
    if progress < recipe.warm_up:
        return 0.05 + 0.95 * progress / recipe.warm_up
    left = (1.0 - progress) / (1.0 - recipe.warm_up)
    return max(1e-4, left * left)


def side_at(recipe: Recipe, progress: float) -> int:
    """Return the training pictures' side in pixels: small at first, which is cheap."""
    return next(side for until, side in recipe.sides if progress < until or until == 1.0)
