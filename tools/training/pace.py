"""How long a training step of a network takes here: with the fused parts, and with PyTorch's own in turns.

python tools/training/pace.py --network broad
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.nn import functional

import fused
import network
from device import autocast, pick_device
from layers import NETWORKS
from optimizers import optimizers
from recipe import Recipe

WARM_UP = 4  # steps, until memory is kept and kernels are chosen


@contextmanager
def pytorch_alone() -> Iterator[None]:
    """Leave the fused parts out for a while."""
    suits, conv = fused.suits, fused.conv
    fused.suits = lambda _: False
    fused.conv = lambda x, kernel, stride, padding: functional.conv2d(x, kernel, None, stride, padding)
    try:
        yield
    finally:
        fused.suits, fused.conv = suits, conv


class Steps:
    """Training steps of a network on one batch of random pictures."""

    def __init__(self, name: str, batch: int) -> None:
        self.device = pick_device()
        self._network = network.build(name).to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimizers = optimizers(self._network, Recipe(network=name))
        pictures = torch.rand(batch, 1, 48, 48, device=self.device) * 255.0
        self._pictures = pictures.contiguous(memory_format=torch.channels_last)
        self._labels = torch.randint(7, (batch,), device=self.device)

    def take(self) -> float:
        """Take one step; return how long it took, in milliseconds."""
        started = time.perf_counter()
        for parameter in self._network.parameters():
            parameter.grad = None
        with autocast(self.device):
            logits, _ = self._network(self._pictures)
        loss: Tensor = functional.cross_entropy(logits.float(), self._labels)
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in self._optimizers:
            optimizer.step()
        return (time.perf_counter() - started) * 1000.0


def main(arguments: list[str]) -> int:
    """Time steps of both kinds in turns, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--network", choices=sorted(NETWORKS), default="broad")
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args(arguments)
    steps = Steps(options.network, options.batch)
    quick, plain = [], []
    for _ in range(WARM_UP + options.rounds):
        quick.append(steps.take())
        with pytorch_alone():
            plain.append(steps.take())
    for name, times in (("fused", quick[WARM_UP:]), ("PyTorch's own", plain[WARM_UP:])):
        print(
            f"{options.network}, {options.batch} pictures a step, {name}: {statistics.median(times):.0f} ms"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
