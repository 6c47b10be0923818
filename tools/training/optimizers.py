"""The optimizers that a recipe asks for."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from muon import Muon, Nesterov
from recipe import Recipe


def optimizers(network: nn.Module, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Return the recipe's optimizers of a network; their rates are tensors on its device."""
    device = next(network.parameters()).device

    def rate(value: float) -> Tensor:
        return torch.tensor(value, device=device)

    kernels = [p for p in network.parameters() if p.ndim == 4]
    if recipe.optimizer == "muon":
        others = [p for p in network.parameters() if p.ndim != 4]
        return [
            Muon(kernels, lr=rate(recipe.kernel_rate), weight_decay=recipe.weight_decay),
            Nesterov(others, lr=rate(recipe.rate)),
        ]
    heads = [p for name, p in network.named_parameters() if "head" in name]
    norms = [p for name, p in network.named_parameters() if p.ndim != 4 and "head" not in name]
    groups = [
        {"params": kernels, "lr": rate(recipe.kernel_rate), "weight_decay": recipe.weight_decay},
        {"params": norms, "lr": rate(recipe.kernel_rate), "weight_decay": 0.0},
        {"params": heads, "lr": rate(recipe.rate), "weight_decay": recipe.weight_decay},
    ]
    capturable = device.type == "cuda"
    return [torch.optim.AdamW(groups, capturable=capturable, foreach=True if capturable else None)]
