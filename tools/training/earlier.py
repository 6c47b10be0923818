"""Networks that have learned before: an earlier model's file, a member of the run, or a student."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

import augment
import data
import network
import sidecar
from narrow import narrowed
from recipe import PREVIOUS, Recipe

MEASURED_FACES = 2000  # by which the norms of a restored network are set


def previous(model: Path) -> tuple[network.EmotionNetwork, dict[str, Any]]:
    """Return an earlier model's network and figures, to be exported again by today's rules."""
    from restore import restore

    described = sidecar.read(model)
    training = described["training"]
    start = {"sha256": described["model"]["sha256"], "commit": training["commit"]}
    figures = {key: training[key] for key in ("recipe", "epochs_done", "device", "history")}
    figures |= {"start": start, "seconds": 60.0 * training["minutes"]}
    figures |= {"ensemble": training.get("ensemble"), "teachers": training.get("teachers", [])}
    earlier = restore(model, training["recipe"]["network"])
    add_bias(earlier, {name: -value for name, value in training.get("raised", {}).items()})
    return earlier, figures


def load(name: str, weights: Path, enlarged: int = 0) -> network.EmotionNetwork:
    """Return a network with stored weights, in evaluation mode on the CPU."""
    state = torch.load(weights, map_location="cpu", weights_only=True)
    built = network.build(name, enlarged=enlarged)
    built.load_state_dict(state)
    return built.eval()


@torch.no_grad()
def add_bias(trained: network.EmotionNetwork, raised: dict[str, float]) -> None:
    """Add to the logits of the classes named."""
    for name, value in raised.items():
        trained.head.bias[data.LABELS.index(name)] += value


def begin(
    recipe: Recipe, run: Path, model: Path | None, images: NDArray[np.uint8]
) -> tuple[nn.Module, dict[str, Any] | None]:
    """Return the recipe's network as its training begins, and what the sidecar says of where it starts.

    A student's network with more channels at its end is narrowed. run: the folder of the members and
    students. model: an earlier model's file, for recipes that start from it. images: (N, 48, 48) training
    faces. Raises ValueError where the earlier model is wanted and not given, OSError where the member or
    student that it begins with is not trained.
    """
    torch.manual_seed(recipe.seed)
    if not recipe.start:
        return network.build(recipe.network, recipe.dropout, recipe.enlarged), None
    if recipe.start != PREVIOUS:
        folder = run / recipe.start
        described = folder / f"{folder.parent.name.removesuffix('s')}.json"
        if not described.exists():
            raise FileNotFoundError(f"{folder} is not trained: run the stages in their order")
        figures = json.loads(described.read_text())
        about = figures["start"] or {}
        start = {**about, "through": [*about.get("through", []), recipe.start]}
        before = load(figures["recipe"]["network"], folder / "weights.pt")
        if figures["recipe"]["network"] != recipe.network:
            before = narrowed(before, recipe.network, torch.from_numpy(images))
        return before, start
    if model is None:
        raise ValueError("an earlier model is to be tuned: say which with --previous")
    earlier, figures = previous(model)
    chosen = np.random.default_rng(0).permutation(len(images))[:MEASURED_FACES]
    pictures = torch.from_numpy(images[chosen]).float().unsqueeze(1)
    network.unfold_norms(earlier, augment.vary(pictures, data.SIDE_PX, augment.Strength().plain()))
    # A head at random would spoil what the layers below know, until it has learned
    for parameter in earlier.votes_head.parameters():
        nn.init.zeros_(parameter)
    return earlier, figures["start"]
