"""The moving average of a network in training, and its norms' last measurement."""

from __future__ import annotations

import copy
from contextlib import nullcontext

import torch
from torch import Tensor, nn

from device import autocast
from network import ConvNorm


class Average:
    """The exponential moving average of a network's weights and norms, as a network."""

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(requires_grad=False)
        self.decay = decay
        self.steps = 0
        self._keep = torch.zeros((), device=next(network.parameters()).device)
        self._ours, self._theirs = _floats(self.network), _floats(network)

    def advance(self) -> None:
        """Set how much the next update keeps: less at the very start, when it is still far off."""
        self.steps += 1
        self._keep.fill_(min(self.decay, (1.0 + self.steps) / (10.0 + self.steps)))

    @torch.no_grad()
    def update(self) -> None:
        """Move towards the network."""
        torch._foreach_mul_(self._ours, self._keep)
        torch._foreach_add_(self._ours, torch._foreach_mul(self._theirs, 1.0 - self._keep))


def _floats(network: nn.Module) -> list[Tensor]:
    return [value for value in network.state_dict().values() if value.dtype.is_floating_point]


@torch.no_grad()
def settle_pairs(network: nn.Module) -> None:
    """Make the two channels of each mirrored pair exactly alike."""
    for module in network.modules():
        if isinstance(module, ConvNorm):
            module.settle()


@torch.no_grad()
def settle_norms(network: nn.Module, images: Tensor) -> None:
    """Measure the norms' means and variances again, over the faces as they are and mirrored.

    images: (N, 48, 48) uint8. What the norms gathered in training is of varied faces and of
    weights that have moved since (Wu & Johnson, "Rethinking 'Batch' in BatchNorm", 2021).
    """
    settle_pairs(network)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean of all batches
    network.train()
    # A stride, so that each batch is a sample of all faces, whatever their order
    stride = max(1, len(images) // 256)
    with autocast(images.device) if images.is_cuda else nullcontext():
        for first in range(stride):
            batch = images[first::stride].float().unsqueeze(1)
            network(torch.cat([batch, batch.flip(3)]).contiguous(memory_format=torch.channels_last))
    network.eval()
