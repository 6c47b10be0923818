"""What a network is shown and should answer: faces varied each time, or fixed views with stored answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

import augment
import data
import views
from recipe import Recipe


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Pictures (N, 1, side, side), 0 to 255, their targets (N, 7) and their FER+ votes (N, 10)."""

    images: Tensor
    targets: Tensor
    votes: Tensor


@dataclass(frozen=True, slots=True)
class Phase:
    """What is constant over a stretch of a run."""

    side: int = data.SIDE_PX
    plain: bool = False  # faces varied more plainly, without mixup
    votes: bool = True  # FER+ has a share in the targets
    mirror: bool = False  # the network's own average teaches


class Lesson(Protocol):
    """A source of batches."""

    images: Tensor  # (N, 48, 48) uint8: the faces as they are, on the device
    labels: Tensor  # (N,) int64, on the device

    def batch(self, rows: Tensor, phase: Phase) -> Batch:
        """Return what the rows, an index (B,) on the device, stand for in this phase."""


class FreshViews:
    """Faces varied each time, with the labels and votes that people gave them."""

    def __init__(self, faces: data.Faces, recipe: Recipe, device: torch.device) -> None:
        self.images = torch.from_numpy(faces.images).to(device)
        self.labels = torch.from_numpy(faces.labels).to(device)
        self._recipe = recipe
        self._targets = torch.from_numpy(data.soft_targets(faces, recipe.votes_share)).to(device)
        self._own = torch.from_numpy(data.soft_targets(faces, 0.0)).to(device)
        self._votes = torch.from_numpy(data.vote_distribution(faces.votes)).to(device)

    def batch(self, rows: Tensor, phase: Phase) -> Batch:
        """Return the rows' faces varied, and some of them mixed with others."""
        recipe = self._recipe
        strength = recipe.strength.plain() if phase.plain else recipe.strength
        images = augment.vary(self.images[rows].float().unsqueeze(1), phase.side, strength)
        targets, votes = (self._targets if phase.votes else self._own)[rows], self._votes[rows]
        if recipe.mixup and not phase.plain:
            images, (targets, votes) = augment.mix(images, (targets, votes), recipe.mixup, recipe.mixup_alpha)
        return Batch(images, targets, votes)


class StoredViews:
    """Fixed views with what the ensemble answered to just these (Beyer et al., 2022).

    shown: (V, N, 48, 48) uint8 views, of which the recipe may take the first. answers: (V, N, 7), rows
    add up to 1. Half of the views are mirrored when they are shown, some are turned, and all may be nudged:
    to the ensemble that is the same face, and its answer to the less tilted head is the better one. In a
    plain phase only the plainer views are shown.

    Raises:
        ValueError: The recipe takes views of two faces, and one face's label into their targets.
    """

    def __init__(
        self, faces: data.Faces, shown: Tensor, answers: Tensor, recipe: Recipe, device: torch.device
    ) -> None:
        if recipe.views > views.OF_ONE and recipe.teacher_share < 1.0:
            raise ValueError(f"views above {views.OF_ONE} show two faces: they need a teacher_share of 1")
        self.images = torch.from_numpy(faces.images).to(device)
        self.labels = torch.from_numpy(faces.labels).to(device)
        self._share, self._turned, self._nudged_px = recipe.teacher_share, recipe.turned, recipe.nudged_px
        self._targets = torch.from_numpy(data.soft_targets(faces, recipe.votes_share)).to(device)
        self._votes = torch.from_numpy(data.vote_distribution(faces.votes)).to(device)
        self._shown = shown[: recipe.views].to(device)
        self._answers = answers[: recipe.views].to(device)

    def batch(self, rows: Tensor, phase: Phase) -> Batch:
        """Return one view of each of the rows' faces."""
        assert phase.side == data.SIDE_PX
        step = 2 if phase.plain else 1  # views of even number are varied more plainly
        view = torch.randint(-(-len(self._shown) // step), rows.shape, device=rows.device) * step
        images = self._shown[view, rows].float().unsqueeze(1)
        mirrored = torch.rand(len(rows), device=rows.device) < 0.5
        images = torch.where(mirrored.view(-1, 1, 1, 1), images.flip(3), images)
        if turned := round(self._turned * len(rows)):
            angles = (torch.rand(turned, device=rows.device) * 2.0 - 1.0) * augment.MOST_TURNED
            images[:turned] = augment.turn(images[:turned], angles)
        if self._nudged_px:
            images = augment.nudge(images, self._nudged_px)
        targets = torch.lerp(self._targets[rows], self._answers[view, rows].float(), self._share)
        return Batch(images, targets, self._votes[rows])
