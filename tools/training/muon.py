"""Muon, an optimizer that gives every kernel a step of the same strength in all directions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

from device import quicker_in_bf16

# A quintic that drives singular values towards 1 in few steps: Jordan et al., "Muon" (2024).
COEFFICIENTS = (3.4445, -4.7750, 2.0315)


def orthogonalized(matrices: Tensor, steps: int = 4) -> Tensor:
    """Return (..., rows, columns) matrices with all of their singular values brought near 1."""
    a, b, c = COEFFICIENTS
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(steps):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x


class Muon(torch.optim.Optimizer):
    """Nesterov momentum whose step is orthogonalized (Jordan et al., 2024).

    For parameters of two dimensions and more; a convolution's kernel (out, in, k, k) counts as
    the matrix (out, in * k * k). Kernels of one shape are orthogonalized together. Weight decay is
    decoupled: a share `lr * weight_decay` a step. lr may be a tensor, so that a recorded CUDA graph
    reads its present value.
    """

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float | Tensor,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take one step."""
        assert closure is None
        for group in self.param_groups:
            alike: defaultdict[torch.Size, list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    alike[parameter.shape].append(parameter)
            for parameters in alike.values():
                self._move(parameters, group)

    def _move(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        gradients = [parameter.grad for parameter in parameters]
        momenta = [_momentum(self.state[parameter], parameter) for parameter in parameters]
        torch._foreach_lerp_(momenta, gradients, 1.0 - group["momentum"])
        updates = torch._foreach_lerp(gradients, momenta, group["momentum"])
        matrices = torch.stack([update.flatten(1) for update in updates])
        # Half the bits suffice where the matrix units are fast: the iteration forgives rounding
        matrices = matrices.bfloat16() if quicker_in_bf16(matrices.device) else matrices.float()
        matrices = orthogonalized(matrices).float()
        # Per element as large as Adam's would be: sqrt(max(rows, columns)) times 0.2 (Liu, 2025).
        strength = 0.2 * max(matrices.shape[1:]) ** 0.5
        steps = (matrices * (strength * group["lr"])).unbind()
        torch._foreach_mul_(parameters, 1.0 - group["lr"] * group["weight_decay"])
        torch._foreach_sub_(parameters, [s.view_as(p) for s, p in zip(steps, parameters, strict=True)])


class Nesterov(torch.optim.Optimizer):
    """Plain Nesterov momentum, for biases, norms and heads; lr may be a tensor, as Muon's."""

    def __init__(self, params: Iterable[Tensor], lr: float | Tensor, momentum: float = 0.9) -> None:
        super().__init__(params, {"lr": lr, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> None:  # type: ignore[override]
        """Take one step."""
        assert closure is None
        for group in self.param_groups:
            parameters = [parameter for parameter in group["params"] if parameter.grad is not None]
            gradients = [parameter.grad for parameter in parameters]
            momenta = [_momentum(self.state[parameter], parameter) for parameter in parameters]
            torch._foreach_mul_(momenta, group["momentum"])
            torch._foreach_add_(momenta, gradients)
            updates = torch._foreach_add(gradients, momenta, alpha=group["momentum"])
            torch._foreach_mul_(updates, group["lr"])
            torch._foreach_sub_(parameters, updates)


def _momentum(state: dict[str, Tensor], parameter: Tensor) -> Tensor:
    if "momentum" not in state:
        state["momentum"] = torch.zeros_like(parameter)
    return state["momentum"]
