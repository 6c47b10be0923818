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
import data
from device import autocast

COUNT = 32
SINGLE = 20  # of them show one face each, but for a few that are mixed; the others show two
SEED = 2013
MIXED = 0.2  # share of pictures that are mixed with another face, in every other of the single views
JOINT = 0.6  # of the side, from above: where a face's lower half is joined
BATCH = 2048


def render(images: Tensor, number: int, strength: augment.Strength) -> Tensor:
    """Return view `number` of each of (N, 48, 48) uint8 faces, likewise; view 0 is the face as it is.

    From view SINGLE on, each face is mixed with another, or has another's mouth and chin: to such faces no
    label is known, so no teacher knows one by heart.
    """
    if number == 0:
        return images
    random = torch.Generator().manual_seed(SEED * 1000 + number)
    drawn = augment.draw(
        len(images), strength if number % 2 else strength.plain(), torch.device("cpu"), random
    )
    partner = torch.randperm(len(images), generator=random)
    kept = _kept(len(images), number, random).to(images.device)
    drawn, partner = drawn.to(images.device), partner.to(images.device)
    varied = torch.empty_like(images)
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        pictures = images[part].float().unsqueeze(1)
        other = images[partner[part]].float().unsqueeze(1)
        pictures = augment.apply(torch.lerp(other, pictures, kept[part]), drawn.take(part))
        varied[part] = pictures.round().to(torch.uint8).squeeze(1)
    return varied


def _kept(count: int, number: int, random: torch.Generator) -> Tensor:
    """Return how much of each row of a view's pictures is the face's own, 0 to 1: (N, 1, 48 or 1, 1)."""
    kept = 1.0 - 0.5 * torch.rand(count, generator=random)
    chance = torch.rand(count, generator=random)
    if number < SINGLE:
        return torch.where(chance < (MIXED if number % 2 else 0.0), kept, 1.0).view(-1, 1, 1, 1)
    rows = (torch.arange(data.SIDE_PX) + 0.5) / data.SIDE_PX
    upper = ((JOINT - rows) * 8.0 + 0.5).clamp(0.0, 1.0)  # joined softly, over an eighth of the side
    return torch.where((chance < 0.5)[:, None], kept[:, None], upper).view(count, 1, -1, 1)


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
