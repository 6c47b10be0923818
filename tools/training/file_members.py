"""Earlier models as members of the ensemble: what their files answer to all views."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import calibrate
import data
import ensemble
import sidecar
import stages
import views
from finish import int8_logits
from recipe import Recipe


def write_members(options: argparse.Namespace) -> None:
    """Make a member of each of `options.files`, pairs of a name and a model's file, that is none yet.

    Raises OSError where a file or its sidecar is not there.
    """
    faces = stages.load_faces(options)
    for name, model in options.files:
        folder = options.run / "members" / name
        if not (folder / "member.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            _write(model, faces, folder)


def _write(model: Path, faces: tuple[data.Faces, data.Faces], folder: Path) -> None:
    train, valid = faces
    described = sidecar.read(model)
    training = described["training"]
    # What was added at export is taken off again
    raised = np.array([training.get("raised", {}).get(label, 0.0) for label in data.LABELS])

    def logits(images: NDArray[np.uint8]) -> NDArray[np.float64]:
        return int8_logits(model, images) - raised

    shown = (
        views.render(torch.from_numpy(train.images), number, stages.VIEWED) for number in range(views.COUNT)
    )
    answers = [calibrate.softmax(logits(view.numpy())).astype(np.float16) for view in shown]
    np.save(folder / "answers.npy", np.stack(answers))
    upright, mirrored = logits(valid.images), logits(valid.images[:, :, ::-1])
    np.savez(folder / "valid.npz", logits=upright, mirrored=mirrored)
    about = {key: training[key] for key in ("epochs_done", "device", "history")}
    figures = {
        **about,
        "recipe": asdict(Recipe()) | training["recipe"],
        "file": {"sha256": described["model"]["sha256"], "commit": training["commit"]},
        "seconds": 60.0 * training["minutes"],
        "valid_accuracy": ensemble.accuracy(ensemble.log_mean(upright, mirrored), valid.labels),
    }
    stages.write_json(folder / "member.json", figures)
    print(folder.name, "valid", figures["valid_accuracy"], flush=True)
