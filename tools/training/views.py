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
import native
from device import autocast

COUNT = 40
OF_ONE = 20  # the first ones show a face, or hardly more of another; the others often two faces as one
SEED = 2013
SEED_OF_TWO = 77
MIXED = 0.2  # share of the pictures of odd views that are mixed with another face
BLENDED, JOINED = 0.3, 0.3  # shares of the pictures in the views of two faces; the rest is one face
BATCH = 2048
ANSWERED = 128  # pictures at a time: what a network makes of them stays in the processor's cache


def render(images: Tensor, number: int, strength: augment.Strength) -> Tensor:
    """Return view `number` of each of (N, 48, 48) uint8 faces, likewise; view 0 is the face as it is."""
    if number == 0:
        return images
    random = torch.Generator().manual_seed((SEED if number < OF_ONE else SEED_OF_TWO) * 1000 + number)
    drawn = augment.draw(
        len(images), strength if number % 2 else strength.plain(), torch.device("cpu"), random
    )
    partner = torch.randperm(len(images), generator=random)
    if number < OF_ONE:
        kept = _kept_of_few(len(images), MIXED if number % 2 else 0.0, random)
    else:
        kept = _kept_of_two(len(images), images.shape[1], random)
    drawn, partner, kept = drawn.to(images.device), partner.to(images.device), kept.to(images.device)
    varied = torch.empty_like(images)
    for start in range(0, len(images), BATCH):
        part = slice(start, start + BATCH)
        pictures = images[part].float().unsqueeze(1)
        other = images[partner[part]].float().unsqueeze(1)
        pictures = augment.apply(torch.lerp(other, pictures, kept[part]), drawn.take(part))
        varied[part] = pictures.round().to(torch.uint8).squeeze(1)
    return varied


def _kept_of_few(count: int, mixed: float, random: torch.Generator) -> Tensor:
    """Return how much of each picture is its own face, (N, 1, 1, 1), where a share is mixed with another."""
    kept = 1.0 - 0.5 * torch.rand(count, generator=random)
    chosen = torch.rand(count, generator=random) < mixed
    return torch.where(chosen, kept, 1.0).view(-1, 1, 1, 1)


def _kept_of_two(count: int, side: int, random: torch.Generator) -> Tensor:
    """Return how much of each picture's rows is its own face, (N, 1, side, 1).

    The other is blended in as strongly, or joined on at about the nose: no network can know such a face by
    heart, and so what it answers tells most of how it judges faces that are new to it.
    """
    kind = torch.rand(count, generator=random).view(-1, 1)
    blended = 0.3 + 0.4 * torch.rand(count, generator=random).view(-1, 1)
    seam = side * (0.375 + 0.25 * torch.rand(count, generator=random).view(-1, 1))
    upper = torch.sigmoid((seam - torch.arange(side)) / 1.5)
    kept = torch.where(kind < BLENDED, blended, torch.where(kind < BLENDED + JOINED, upper, 1.0))
    return kept.view(count, 1, side, 1)


def render_all(images: Tensor, strength: augment.Strength, count: int = COUNT) -> Tensor:
    """Return all views (V, N, 48, 48) uint8 of (N, 48, 48) faces."""
    return torch.stack([render(images, number, strength) for number in range(count)])


@torch.no_grad()
def answer(network: nn.Module, images: Tensor) -> Tensor:
    """Return the network's distribution (N, 7), half floats, for (N, 48, 48) uint8 pictures."""
    network.eval()
    answers = []
    for pictures in images.split(ANSWERED if images.device.type == "cpu" else BATCH):
        batch = pictures.float().unsqueeze(1)
        with autocast(images.device), native.also_without_gradient():
            logits = network(batch.contiguous(memory_format=torch.channels_last))[0]
        answers.append(functional.softmax(logits.float(), dim=1).half())
    return torch.cat(answers)


def answer_all(network: nn.Module, images: Tensor, strength: augment.Strength, count: int = COUNT) -> Tensor:
    """Return the network's distributions (V, N, 7), half floats on the CPU, for all views of the faces."""
    return torch.stack([answer(network, render(images, number, strength)).cpu() for number in range(count)])
