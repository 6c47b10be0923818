"""The moving average of a network in training, and its norms' last measurement."""

from __future__ import annotations

import copy
from collections.abc import Iterable
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
        self.steps, self.alike = 0, 0
        self._keep = torch.zeros((), device=next(network.parameters()).device)
        self._ours, self._theirs = _floats(self.network), _floats(network)

    def advance(self, *, alike: bool = False) -> None:
        """Set how much the next update keeps: less at the very start, when it is still far off.

        alike: all steps from the first such one on count the same (Izmailov et al., "Averaging weights
        leads to wider optima and better generalization", 2018).
        """
        self.steps += 1
        self.alike += alike
        decayed = min(self.decay, (1.0 + self.steps) / (10.0 + self.steps))
        self._keep.fill_(1.0 - 1.0 / self.alike if alike else decayed)

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
    # A stride, so that each batch is a sample of all faces, whatever their order
    stride = max(1, len(images) // 256)
    faces = (images[first::stride].float().unsqueeze(1) for first in range(stride))
    measure_norms(network, (torch.cat([batch, batch.flip(3)]) for batch in faces))


@torch.no_grad()
def measure_norms(network: nn.Module, batches: Iterable[Tensor]) -> None:
    """Measure the norms' means and variances again, over (N, 1, side, side) pictures, 0 to 255."""
    settle_pairs(network)
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean of all batches
    network.train()
    for batch in batches:
        with autocast(batch.device) if batch.is_cuda else nullcontext():
            network(batch.contiguous(memory_format=torch.channels_last))
    network.eval()
