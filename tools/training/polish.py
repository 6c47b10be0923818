"""A last tuning at low rates that a CPU can do: norms folded in, few epochs, on stored answers.

It starts from an earlier model's file or from a student of this run. What the start itself answers is
part of the targets: the new network keeps what the old one knew and takes from the ensemble what it lacked.
"""

from __future__ import annotations

import argparse
import copy
import json
from dataclasses import asdict, replace

import numpy as np
import torch
from torch import Tensor, nn

import calibrate
import data
import finish
import stages
import views
from device import pick_device
from lessons import StoredViews
from network import EmotionNetwork, fold_norms
from recipe import POLISH
from refit import refit_head
from train import Run, predict

VIEWS = 10  # of the stored ones
SHARPER = 0.93  # temperature of the ensemble's answers: their members stop before they are sure
OWN_SHARE = 0.35  # of the start's answers in the targets
TUNED_SHARES = (0.25, 0.5, 0.75, 1.0)  # of the way from the start to the tuned weights, to choose from


def tune(options: argparse.Namespace) -> None:
    """Tune an earlier model, or the best student, and store the result as the student `polished`."""
    train, valid = stages.load_faces(options)
    device = pick_device()
    shown = views.render_all(torch.from_numpy(train.images).to(device), stages.VIEWED, VIEWS)
    start, name, about = _start(options)
    untuned = copy.deepcopy(start).to(device)
    start = start.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    folder = options.run / "students" / "polished"
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "targets.npy").exists():
        targets = _targets(start, shown, np.load(options.run / "answers.npy", mmap_mode="r"))
        np.save(folder / "targets.npy", targets.numpy())
    targets = torch.from_numpy(np.load(folder / "targets.npy"))
    recipe = replace(stages.adapted(POLISH, options), network=name)
    lesson = StoredViews(train, shown, targets, recipe, device)
    run = Run(recipe, start, lesson, valid, folder, limit_s=options.limit_s)
    tuned = run.finish()
    shares = {share: between(untuned, tuned, share) for share in TUNED_SHARES}
    losses = {share: _loss(network, valid, device) for share, network in shares.items()}
    share = min(losses, key=lambda each: losses[each])
    print("tuned share", share, {each: round(loss, 4) for each, loss in losses.items()}, flush=True)
    refit_head(shares[share], train, recipe.votes_share)
    stages.write_student(
        run, shares[share], {"recipe": asdict(recipe), "start": about | {"tuned_share": share}}
    )


@torch.no_grad()
def between(start: nn.Module, end: nn.Module, share: float) -> nn.Module:
    """Return a network whose weights lie this share of the way from one to the other.

    On the way from a network to what was tuned from it lie networks that are better than both where
    the faces differ from those it was tuned on (Wortsman et al., 2022).
    """
    mean = copy.deepcopy(start)
    for ours, first, last in zip(mean.parameters(), start.parameters(), end.parameters(), strict=True):
        ours.copy_(torch.lerp(first, last, share))
    return mean


def _loss(network: nn.Module, valid: data.Faces, device: torch.device) -> float:
    """Return the validation loss at the temperature that suits the network best."""
    logits = predict(network, valid.images, device).double().numpy()
    temperature = calibrate.fit_temperature(logits, valid.labels)
    return calibrate.negative_log_likelihood(logits, valid.labels, temperature)


def _start(options: argparse.Namespace) -> tuple[EmotionNetwork, str, dict[str, object]]:
    """Return the network to start from, its norms folded in, its name, and what the sidecar says of it."""
    if options.previous:
        start, figures = finish.previous(options.previous)
        name, about = figures["recipe"]["network"], figures["start"]
    else:
        student = finish.best(options.run)
        folder = options.run / "students" / student
        figures = json.loads((folder / "student.json").read_text())
        name = figures["recipe"]["network"]
        start = finish.load(name, folder / "weights.pt")
        about = {"student": student, **{key: figures[key] for key in ("epochs_done", "valid_accuracy")}}
    fold_norms(start)
    return start, name, about


def _targets(start: nn.Module, shown: Tensor, answers: np.ndarray) -> Tensor:
    """Return the mean of the ensemble's sharpened answers and the start's own, (V, N, 7) half floats.

    The start is shown every other view mirrored, as the student will be at random.
    """
    own = torch.stack(
        [views.answer(start, each.flip(2) if number % 2 else each) for number, each in enumerate(shown)]
    )
    sharp = torch.from_numpy(np.asarray(answers[: len(shown)], np.float32)) ** (1.0 / SHARPER)
    sharp = sharp / sharp.sum(dim=2, keepdim=True)
    return torch.lerp(sharp, own.float().cpu(), OWN_SHARE).half()
