"""The optimizers of a training run."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from muon import Muon, Nesterov
from recipe import Recipe


def optimizers(network: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Return Muon for the convolutions' kernels and momentum for all else; their rates are tensors."""
    device = next(network.parameters()).device
    kernels = [p for p in network.parameters() if p.ndim == 4]
    others = [p for p in network.parameters() if p.ndim != 4]
    return [
        Muon(kernels, lr=_rate(recipe.kernel_rate, device), weight_decay=recipe.weight_decay),
        Nesterov(others, lr=_rate(recipe.rate, device)),
    ]


def _rate(value: float, device: torch.device) -> Tensor:
    return torch.tensor(value, device=device)
