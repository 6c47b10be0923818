"""Fixed views of the training faces, and what a network answers to them.

A view is made of its number alone: the same on every machine, so that answers can be stored and the
student be shown the very pictures that they were given to (Beyer et al., "Knowledge distillation: A good
teacher is patient and consistent", 2022).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

import augment
from device import autocast

COUNT = 20
SEED = 2013
MIXED = 0.2  # share of pictures that are mixed with another face
BATCH = 2048


def render(images: Tensor, number: int, strength: augment.Strength) -> Tensor:
    """Return view `number` of each of (N, 48, 48) uint8 faces, likewise; view 0 is the face as it is."""
    if number == 0:
        return images
    random = torch.Generator().manual_seed(SEED * 1000 + number)
    drawn = augment.draw(
        len(images), strength if number % 2 else strength.plain(), torch.device("cpu"), random
    )
    partner = torch.randperm(len(images), generator=random)
    kept = 1.0 - 0.5 * torch.rand(len(images), generator=random)
    mixed = torch.rand(len(images), generator=random) < (MIXED if number % 2 else 0.0)
    kept = torch.where(mixed, kept, 1.0).to(images.device).view(-1, 1, 1, 1)
    drawn, partner = drawn.to(images.device), partner.to(images.device)
    varied = torch.empty_like(images)
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        pictures = images[part].float().unsqueeze(1)
        other = images[partner[part]].float().unsqueeze(1)
        pictures = augment.apply(torch.lerp(other, pictures, kept[part]), drawn.take(part))
        varied[part] = pictures.round().to(torch.uint8).squeeze(1)
    return varied


def render_all(images: Tensor, strength: augment.Strength, count: int = COUNT) -> Tensor:
    """Return all views (V, N, 48, 48) uint8 of (N, 48, 48) faces."""
    return torch.stack([render(images, number, strength) for number in range(count)])


@torch.no_grad()
def answer(network: nn.Module, images: Tensor) -> Tensor:
    """Return the network's distribution (N, 7), half floats, for (N, 48, 48) uint8 pictures."""
    network.eval()
    answers = []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH].float().unsqueeze(1)
        with autocast(images.device):
            logits = network(batch.contiguous(memory_format=torch.channels_last))[0]
        answers.append(functional.softmax(logits.float(), dim=1).half())
    return torch.cat(answers)


def answer_all(network: nn.Module, images: Tensor, strength: augment.Strength, count: int = COUNT) -> Tensor:
    """Return the network's distributions (V, N, 7), half floats on the CPU, for all views of the faces."""
    return torch.stack([answer(network, render(images, number, strength)).cpu() for number in range(count)])
