"""The training loop: one recipe, on a CPU or an accelerator, that continues after an interruption."""

from __future__ import annotations

import copy
import json
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

import data
import native
from average import Average, measure_norms, settle_pairs
from device import autocast
from lessons import Lesson, Phase
from optimizers import optimizers
from recipe import Recipe, rate_at, side_at
from replay import RecordedStep

CHECKPOINT_S = 60.0  # seconds between checkpoints, at least
NOTES = 60  # entries of the history, about
NOTED = 20  # batches by which an average's norms are measured for an entry


def soft_cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """Return the (N,) cross-entropies of (N, C) logits with (N, C) distributions."""
    return -(targets * functional.log_softmax(logits.float(), dim=1)).sum(dim=1)


@torch.no_grad()
def predict(network: nn.Module, images: NDArray[np.uint8], device: torch.device) -> Tensor:
    """Return the FER2013 logits (N, 7), on the CPU, of (N, 48, 48) uint8 pictures."""
    network.eval()
    pieces = []
    with autocast(device) if device.type == "cuda" else nullcontext():
        for start in range(0, len(images), 512):
            batch = torch.from_numpy(images[start : start + 512]).to(device).float().unsqueeze(1)
            pieces.append(network(batch.contiguous(memory_format=torch.channels_last))[0].float())
    return torch.cat(pieces).cpu()


class Run:
    """One training run and the folder it keeps its checkpoint and history in.

    Late in the run it learns from its own average as well, as from a mean teacher (Tarvainen &
    Valpola, 2017), which is shown the mirror image of each view: it says the same of both in the
    end, and the labels' noise is not learned by heart.

    limit_s: where the epochs would take longer, the schedule is shortened so that it still ends.
    """

    def __init__(
        self,
        recipe: Recipe,
        network: nn.Module,
        lesson: Lesson,
        valid: data.Faces,
        folder: Path,
        *,
        limit_s: float = float("inf"),
    ) -> None:
        self.recipe, self.lesson, self.valid, self.folder = recipe, lesson, valid, folder
        self.device = lesson.images.device
        self._limit_s = limit_s
        self.network = network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = Average(self.network, recipe.average)
        self.optimizers = optimizers(self.network, recipe)
        self._peaks = [[float(g["lr"]) for g in each.param_groups] for each in self.optimizers]
        self.steps_per_epoch = max(1, len(lesson.labels) // recipe.batch)
        self._rows = torch.zeros(min(recipe.batch, len(lesson.labels)), dtype=torch.int64, device=self.device)
        self._total = torch.zeros((), device=self.device)
        self._steps: dict[Phase, RecordedStep] = {}
        self.epoch, self.progress = 0, 0.0
        self.history: list[dict[str, float]] = []

    def finish(self) -> nn.Module:
        """Train to the end, from the checkpoint where there is one; return the averaged network.

        Raises ValueError where the checkpoint is another recipe's.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self.resume()
        saved_at = time.monotonic()
        while self.progress < 1.0:
            started = time.monotonic()
            loss = self._epoch()
            self.epoch += 1
            self._note(loss, time.monotonic() - started)
            if self.progress >= 1.0 or time.monotonic() - saved_at > CHECKPOINT_S:
                self._checkpoint()
                saved_at = time.monotonic()
        settle_pairs(self.average.network)
        return self._as_measured(self.steps_per_epoch) if self.recipe.alike else self.average.network

    def _order(self) -> Tensor:
        # Seeded by the epoch, so that a resumed run sees what an uncut one would have seen
        torch.manual_seed(self.recipe.seed * 100_003 + self.epoch)
        labels = self.lesson.labels
        if self.recipe.balance == 0.0:
            return torch.randperm(len(labels), device=self.device)
        counts = torch.bincount(labels, minlength=len(data.LABELS)).clamp(min=1).float()
        weights = counts.pow(-self.recipe.balance)[labels]
        return torch.multinomial(weights, len(labels), replacement=True)

    def _epoch(self) -> float:
        self.network.train()
        order = self._order()
        began, length = self.progress, self._epoch_length()
        self._total.zero_()
        for step in range(self.steps_per_epoch):
            self._rows.copy_(order[step * len(self._rows) : (step + 1) * len(self._rows)])
            self._advance(min(1.0, began + length * step / self.steps_per_epoch))
        self.progress = min(1.0, began + length)
        if self.progress > 1.0 - 1e-6:
            self.progress = 1.0
        return float(self._total) / self.steps_per_epoch

    def _epoch_length(self) -> float:
        """Return the next epoch's share of the run."""
        by_recipe = (1.0 - self.progress) / max(1, self.recipe.epochs - self.epoch)
        if self._limit_s == float("inf") or not self.history:
            return by_recipe
        left_s = self._limit_s - self.seconds
        # An epoch's time with what is done between epochs; the first ones choose kernels and take longer
        epoch_s = min(entry["seconds"] for entry in self.history[-3:]) * 1.03
        return max(by_recipe, (1.0 - self.progress) / max(1.0, left_s / epoch_s))

    def _advance(self, progress: float) -> None:
        share = rate_at(self.recipe, progress)
        for optimizer, peaks in zip(self.optimizers, self._peaks, strict=True):
            for group, peak in zip(optimizer.param_groups, peaks, strict=True):
                group["lr"].fill_(peak * share)
        self.average.advance(alike=progress >= 1.0 - self.recipe.alike)
        phase = self._phase(progress)
        if phase not in self._steps:
            self._steps = {phase: RecordedStep(lambda: self._step(phase), self.device)}
        self._steps[phase]()

    def _step(self, phase: Phase) -> None:
        for parameter in self.network.parameters():
            parameter.grad = None
        loss = self._loss(phase)
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in self.optimizers:
            optimizer.step()
        self.average.update()
        self._total += loss.detach()

    def _loss(self, phase: Phase) -> Tensor:
        batch = self.lesson.batch(self._rows, phase)
        images = batch.images.contiguous(memory_format=torch.channels_last)
        targets = batch.targets
        with autocast(self.device):
            if phase.mirror:
                with torch.no_grad(), native.also_without_gradient():
                    own = functional.softmax(self.average.network(images.flip(3))[0].float(), dim=1)
                targets = targets.lerp(own, self.recipe.mirror_share)
            logits, votes_logits = self.network(images)
        loss = soft_cross_entropy(logits, targets).mean()
        return loss + self.recipe.votes_head * soft_cross_entropy(votes_logits, batch.votes).mean()

    def _as_measured(self, batches: int) -> nn.Module:
        """Return the average with norms measured over so many batches, since those of means are no means."""
        measured = copy.deepcopy(self.average.network)
        phase = self._phase(self.progress)
        rows = torch.randperm(len(self.lesson.labels), device=self.device).split(len(self._rows))
        measure_norms(measured, (self.lesson.batch(some, phase).images for some in rows[:batches]))
        return measured

    def _phase(self, progress: float) -> Phase:
        return Phase(
            side=side_at(self.recipe, progress),
            plain=progress >= 1.0 - self.recipe.plain_end,
            votes=progress < self.recipe.votes_until,
            mirror=progress >= self.recipe.mirror_from,
        )

    def _note(self, loss: float, seconds: float) -> None:
        due = max(1, self.recipe.epochs // NOTES)
        entry: dict[str, float] = {"epoch": self.epoch, "seconds": round(seconds, 3)}
        entry |= {"side": side_at(self.recipe, self.progress), "loss": round(loss, 4)}
        entry["rate"] = rate_at(self.recipe, self.progress)
        if self.epoch % due == 0 or self.progress >= 1.0:
            started = time.monotonic()
            judged = self._as_measured(NOTED) if self.average.alike else self.average.network
            logits = predict(judged, self.valid.images, self.device)
            labels = torch.from_numpy(self.valid.labels)
            entry["valid_loss"] = round(float(functional.cross_entropy(logits, labels)), 4)
            entry["valid_accuracy"] = round(float((logits.argmax(1) == labels).float().mean()), 4)
            entry["seconds"] = round(seconds + time.monotonic() - started, 3)
            print(self.folder.name, json.dumps(entry), flush=True)
        self.history.append(entry)

    @property
    def seconds(self) -> float:
        """How long its epochs took in all."""
        return sum(entry["seconds"] for entry in self.history)

    @property
    def checkpoint(self) -> Path:
        """Where the run's state after a whole epoch lies."""
        return self.folder / "checkpoint.pt"

    def _checkpoint(self) -> None:
        state = {
            "recipe": asdict(self.recipe),
            "epoch": self.epoch,
            "progress": self.progress,
            "network": self.network.state_dict(),
            "average": self.average.network.state_dict(),
            "average_steps": self.average.steps,
            "average_alike": self.average.alike,
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "history": self.history,
        }
        unfinished = self.checkpoint.with_suffix(".new")
        torch.save(state, unfinished)
        unfinished.replace(self.checkpoint)

    def resume(self) -> None:
        """Load the state after the last checkpointed epoch, where there is one.

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
        self.average.steps, self.average.alike = state["average_steps"], state["average_alike"]
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.epoch, self.progress, self.history = state["epoch"], state["progress"], state["history"]
        print(f"{self.folder.name}: going on after epoch {self.epoch}", flush=True)
