"""Muon, an optimizer that gives every kernel a step of the same strength in all directions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

# A quintic that drives singular values towards 1 in few steps: Jordan et al., "Muon" (2024).
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalized(matrix: Tensor, steps: int = 4) -> Tensor:
    """Return the (rows, columns) matrix with all of its singular values brought near 1."""
    a, b, c = COEFFICIENTS
    tall = matrix.shape[0] > matrix.shape[1]
    x = matrix.T if tall else matrix
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    orthogonal: Tensor = x.T if tall else x
    return orthogonal


class Muon(torch.optim.Optimizer):
    """Nesterov momentum whose step is orthogonalized (Jordan et al., 2024).

    For parameters of two dimensions and more; a convolution's kernel (out, in, k, k) counts as
    the matrix (out, in * k * k). Weight decay is decoupled: a share `lr * weight_decay` a step.
    """

    def __init__(
        self, params: Iterable[Tensor], lr: float, momentum: float = 0.9, weight_decay: float = 0.0
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take one step."""
        assert closure is None
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    self._move(parameter, group)

    def _move(self, parameter: Tensor, group: dict[str, Any]) -> None:
        gradient = parameter.grad
        assert gradient is not None
        momentum = self.state[parameter].setdefault("momentum", torch.zeros_like(gradient))
        momentum.lerp_(gradient, 1.0 - group["momentum"])
        update = gradient.lerp(momentum, group["momentum"])
        matrix = orthogonalized(update.reshape(len(update), -1).float())
        # Per element as large as Adam's would be: sqrt(max(rows, columns)) times 0.2 (Liu, 2025).
        strength = 0.2 * max(matrix.shape) ** 0.5
        parameter.mul_(1.0 - group["lr"] * group["weight_decay"])
        parameter.add_(matrix.view_as(parameter), alpha=-group["lr"] * strength)
