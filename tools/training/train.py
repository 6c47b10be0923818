"""The training loop: one recipe, on a CPU or an accelerator, that goes on after being cut off."""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

import augment
import data
from muon import Muon
from network import EmotionNetwork, build
from recipe import Recipe, rate_at, side_at


def pick_device() -> torch.device:
    """Return the accelerator where there is one, else the CPU, set up to be quick."""
    if torch.cuda.is_available():
        torch.backends.cudnn.benchmark = True
        return torch.device("cuda")
    if sys.platform == "linux":
        # glibc gives large blocks back to the kernel at once and page-faults them in again:
        # keeping them (mallopt(3): M_MMAP_THRESHOLD, M_TRIM_THRESHOLD) nearly halves a step.
        libc = ctypes.CDLL(None)
        for option in (-3, -1):
            libc.mallopt(option, 2**31 - 1)
    torch.set_num_threads(os.cpu_count() or 1)
    return torch.device("cpu")


def autocast(device: torch.device) -> AbstractContextManager[None]:
    """Half the bits where there is arithmetic for them; a CPU without it is slower so."""
    has = torch.cpu.get_capabilities()
    if device.type == "cuda" or has.get("avx512_bf16") or has.get("amx_bf16"):
        return torch.autocast(device.type, torch.bfloat16)
    return nullcontext()


def soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the (N,) cross-entropies of (N, C) logits with (N, C) distributions."""
    return -(targets * functional.log_softmax(logits.float(), dim=1)).sum(dim=1)


class Average:
    """The exponential moving average of a network's weights and norms, as a network."""

    def __init__(self, network: EmotionNetwork, decay: float) -> None:
        self.network = EmotionNetwork(network.layers)
        self.network.to(next(network.parameters()).device, memory_format=torch.channels_last)
        self.network.eval().requires_grad_(False)
        self.network.load_state_dict(network.state_dict())
        self.decay = decay
        self.steps = 0

    @torch.no_grad()
    def update(self, network: EmotionNetwork) -> None:
        """Move towards the network; faster at the very start, when it is still far off."""
        self.steps += 1
        keep = min(self.decay, (1.0 + self.steps) / (10.0 + self.steps))
        theirs = network.state_dict()
        for name, ours in self.network.state_dict().items():
            if ours.dtype.is_floating_point:
                ours.lerp_(theirs[name], 1.0 - keep)


@torch.no_grad()
def settle_norms(network: EmotionNetwork, images: Tensor) -> None:
    """Measure the norms' means and variances anew, over the faces as they are and mirrored.

    images: (N, 48, 48) uint8. What the norms gathered in training is of varied faces and of
    weights that have moved since (Wu & Johnson, "Rethinking 'Batch' in BatchNorm", 2021).
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean of all batches
    network.train()
    # A stride, so that each batch is a sample of all faces, whatever their order
    stride = max(1, len(images) // 256)
    for first in range(stride):
        batch = images[first::stride].float().unsqueeze(1)
        network(torch.cat([batch, batch.flip(3)]).contiguous(memory_format=torch.channels_last))
    network.eval()


@torch.no_grad()
def predict(network: nn.Module, images: Any, device: torch.device) -> Tensor:
    """Return the FER2013 logits (N, 7), on the CPU, of (N, 48, 48) uint8 pictures."""
    network.eval()
    pieces = []
    for start in range(0, len(images), 256):
        batch = torch.from_numpy(images[start : start + 256]).to(device).float().unsqueeze(1)
        pieces.append(network(batch.contiguous(memory_format=torch.channels_last))[0].float().cpu())
    return torch.cat(pieces)


@torch.no_grad()
def _mean_answer(networks: Sequence[EmotionNetwork], images: Tensor) -> Tensor:
    """Return the networks' mean distribution (N, 7) for these views of the faces."""
    answers = [functional.softmax(network(images)[0].float(), dim=1) for network in networks]
    return torch.stack(answers).mean(dim=0)


class Run:
    """One training run and the folder it keeps its checkpoint and history in.

    It learns from its teachers, where it has any, and late in the run from its own average as well,
    as from a mean teacher (Tarvainen & Valpola, 2017). All of these are shown the mirror image of
    each view: it says the same of both in the end, and the labels' noise is not learned by heart.
    """

    def __init__(
        self,
        recipe: Recipe,
        train: data.Faces,
        valid: data.Faces,
        folder: Path,
        teachers: Sequence[EmotionNetwork] = (),
    ) -> None:
        self.recipe, self.valid, self.folder = recipe, valid, folder
        self.device = pick_device()
        torch.manual_seed(recipe.seed)
        self.network = build(recipe.network, recipe.dropout).to(self.device)
        self.network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = Average(self.network, recipe.average)
        self.optimizers = self._optimizers()
        for group in (group for each in self.optimizers for group in each.param_groups):
            group["peak"] = group["lr"]
        self.teachers = [teacher.to(self.device).eval() for teacher in teachers]
        self.random = torch.Generator(self.device)
        self.images = torch.from_numpy(train.images).to(self.device)
        targets = data.soft_targets(train, recipe.votes_share)
        self.targets = torch.from_numpy(targets).to(self.device)
        self.votes = torch.from_numpy(data.vote_distribution(train.votes)).to(self.device)
        self.steps_per_epoch = max(1, len(train) // recipe.batch)
        self.epoch = 0
        self.history: list[dict[str, float]] = []

    def _optimizers(self) -> list[torch.optim.Optimizer]:
        kernels = [p for p in self.network.parameters() if p.ndim == 4]
        others = [p for p in self.network.parameters() if p.ndim != 4]
        recipe = self.recipe
        return [
            Muon(kernels, lr=recipe.kernel_rate, weight_decay=recipe.weight_decay),
            torch.optim.SGD(others, lr=recipe.rate, momentum=0.9, nesterov=True),
        ]

    def _set_rates(self, progress: float) -> None:
        share = rate_at(self.recipe, progress)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["peak"] * share

    def finish(self) -> EmotionNetwork:
        """Train to the end, from the checkpoint where there is one; return the averaged network.

        Raises ValueError where the checkpoint is another recipe's.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.resume()
        while self.epoch < self.recipe.epochs:
            started = time.monotonic()
            loss, side = self._epoch()
            self.epoch += 1
            self._note(loss, side, time.monotonic() - started)
            self._checkpoint()
        settle_norms(self.average.network, self.images)
        return self.average.network

    def _batches(self) -> Iterator[Tensor]:
        # Seeded by the epoch, so that a resumed run sees what an uncut one would have seen.
        seed = self.recipe.seed * 100_003 + self.epoch
        self.random.manual_seed(seed)
        torch.manual_seed(seed)  # what dropout draws from
        order = torch.randperm(len(self.images), generator=self.random, device=self.device)
        for step in range(self.steps_per_epoch):
            yield order[step * self.recipe.batch : (step + 1) * self.recipe.batch]

    def _epoch(self) -> tuple[float, int]:
        self.network.train()
        steps = self.recipe.epochs * self.steps_per_epoch
        total = torch.zeros((), device=self.device)
        side = 0
        for step, rows in enumerate(self._batches()):
            progress = (self.epoch * self.steps_per_epoch + step) / steps
            self._set_rates(progress)
            side = side_at(self.recipe, progress)
            loss = self._loss(rows, progress)
            self.network.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            for optimizer in self.optimizers:
                optimizer.step()
            self.average.update(self.network)
            total += loss.detach()
        return float(total) / self.steps_per_epoch, side

    def _loss(self, rows: Tensor, progress: float) -> Tensor:
        recipe = self.recipe
        plain = progress >= 1.0 - recipe.plain_end
        strength = recipe.strength.plain() if plain else recipe.strength
        images = self.images[rows].float().unsqueeze(1)
        images = augment.vary(images, side_at(recipe, progress), strength, self.random)
        targets, votes = self.targets[rows], self.votes[rows]
        draw = torch.rand(1, generator=self.random, device=self.device).item()
        if draw < recipe.mixup and not plain:
            images, order, share = augment.mix(images, recipe.mixup_alpha, self.random)
            targets = share * targets + (1.0 - share) * targets[order]
            votes = share * votes + (1.0 - share) * votes[order]
        images = images.contiguous(memory_format=torch.channels_last)
        with autocast(self.device):
            if taught_by := self._taught_by(progress):
                share = recipe.teacher_share if self.teachers else recipe.mirror_share
                targets = targets.lerp(_mean_answer(taught_by, images.flip(3)), share)
            logits, votes_logits = self.network(images)
        loss = soft_cross_entropy(logits, targets).mean()
        return loss + recipe.votes_head * soft_cross_entropy(votes_logits, votes).mean()

    def _taught_by(self, progress: float) -> list[EmotionNetwork]:
        late = progress >= self.recipe.mirror_from
        return [*self.teachers, self.average.network] if late else [*self.teachers]

    def _note(self, loss: float, side: int, seconds: float) -> None:
        logits = predict(self.average.network, self.valid.images, self.device)
        labels = torch.from_numpy(self.valid.labels)
        entry = {
            "epoch": self.epoch,
            "side": side,
            "rate": rate_at(self.recipe, self.epoch / self.recipe.epochs),
            "loss": round(loss, 4),
            "valid_loss": round(float(functional.cross_entropy(logits, labels)), 4),
            "valid_accuracy": round(float((logits.argmax(1) == labels).float().mean()), 4),
            "seconds": round(seconds, 1),
        }
        self.history.append(entry)
        print(json.dumps(entry), flush=True)

    @property
    def seconds(self) -> float:
        """How long its epochs took in all."""
        return sum(entry["seconds"] for entry in self.history)

    @property
    def checkpoint(self) -> Path:
        """Where the run's state after its last whole epoch lies."""
        return self.folder / "checkpoint.pt"

    def _checkpoint(self) -> None:
        state = {
            "recipe": asdict(self.recipe),
            "epoch": self.epoch,
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "average_steps": self.average.steps,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "history": self.history,
        }
        unfinished = self.checkpoint.with_suffix(".new")
        torch.save(state, unfinished)
        unfinished.replace(self.checkpoint)

    def resume(self) -> None:
        """Take up the state after the last whole epoch, where there is a checkpoint.

        Raises ValueError where it is another recipe's: one run, one recipe, as the sidecar says.
        """
        if not self.checkpoint.exists():
            return
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        ours = asdict(self.recipe)
        if other := sorted(name for name in ours if state["recipe"].get(name) != ours[name]):
            raise ValueError(
                f"{self.checkpoint} was begun with another recipe ({', '.join(other)}): "
                "give the same command again, or another --run"
            )
        self.network.load_state_dict(state["network"])
        self.average.network.load_state_dict(state["average"])
        self.average.steps = state["average_steps"]
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.epoch, self.history = state["epoch"], state["history"]
        print(f"going on after epoch {self.epoch}", flush=True)
