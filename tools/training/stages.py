"""The stages between the faces and a trained student, each with its results in the run's folder."""

from __future__ import annotations

import argparse
import copy
import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

import calibrate
import data
import earlier
import ensemble
import second_opinion
import views
from augment import Strength
from average import settle_norms
from candidates import Candidate, best, candidates
from device import device_name, pick_device
from lessons import FreshViews, StoredViews
from network import EmotionNetwork
from recipe import MEMBERS, STUDENTS, Recipe
from train import Run, predict

VIEWED = Strength()  # how far the stored views are varied


def load_faces(options: argparse.Namespace) -> tuple[data.Faces, data.Faces]:
    """Return the cleaned training faces and the validation faces, or a sample of both for a test."""
    train, valid = data.load_folder(options.data)
    train = data.cleaned(train, valid)
    if options.faces:
        train, valid = (sample(faces, options.faces, 1) for faces in (train, valid))
    return train, valid


def sample(faces: data.Faces, count: int, seed: int) -> data.Faces:
    """Return so many rows, chosen by the seed."""
    return faces.take(np.random.default_rng(seed).permutation(len(faces))[:count])


def seen_by(recipe: Recipe, faces: data.Faces) -> data.Faces:
    """Return the faces that a recipe does not leave out."""
    rows = np.arange(len(faces))
    return faces.take(rows[rows % recipe.folds != recipe.fold]) if recipe.folds else faces


def adapted(recipe: Recipe, options: argparse.Namespace) -> Recipe:
    """Return the recipe with the epochs and the network that the command line asks for instead."""
    epochs, other = options.epochs or recipe.epochs, options.network or recipe.network
    return replace(recipe, epochs=epochs, network=other)


def train_members(options: argparse.Namespace) -> None:
    """Train each member that is not finished yet, within the time, and store what it says."""
    started = time.monotonic()
    train, valid = load_faces(options)
    for number, name in enumerate(options.members):
        folder = options.run / "members" / name
        if not (folder / "member.json").exists():
            left_s = options.limit_s - (time.monotonic() - started)
            train_member(name, options, (train, valid), left_s / (len(options.members) - number))
        if not (folder / "answers.npy").exists():
            recipe = adapted(MEMBERS[name], options)
            trained = earlier.load(recipe.network, folder / "weights.pt", recipe.enlarged)
            trained.to(pick_device(), memory_format=torch.channels_last)  # type: ignore[call-overload]
            store_answers(trained, train, folder)


def train_member(
    name: str, options: argparse.Namespace, faces: tuple[data.Faces, data.Faces], limit_s: float
) -> None:
    """Train one member; write its weights, its validation logits and its figures."""
    train, valid = faces
    recipe, folder, device = adapted(MEMBERS[name], options), options.run / "members" / name, pick_device()
    lesson = FreshViews(seen_by(recipe, train), recipe, device)
    built, start = earlier.begin(recipe, options.run, options.previous, train.images)
    # Its answers to all views take about a fifth
    run = Run(recipe, built, lesson, valid, folder, limit_s=limit_s * 0.78)
    trained = run.finish()
    settle_norms(trained, lesson.images)
    logits = predict(trained, valid.images, device).double().numpy()
    mirrored = predict(trained, valid.images[:, :, ::-1].copy(), device).double().numpy()
    np.savez(folder / "valid.npz", logits=logits, mirrored=mirrored)
    torch.save({key: _half(value) for key, value in trained.state_dict().items()}, folder / "weights.pt")
    figures = {
        "recipe": asdict(recipe),
        "start": start,
        "epochs_done": run.epoch,
        "seconds": round(run.seconds, 1),
        "device": device_name(device),
        "valid_accuracy": ensemble.accuracy(ensemble.log_mean(logits, mirrored), valid.labels),
        "history": run.history,
    }
    write_json(folder / "member.json", figures)
    print(folder.name, "valid", figures["valid_accuracy"], "seconds", figures["seconds"], flush=True)


def store_answers(trained: nn.Module, train: data.Faces, folder: Path) -> None:
    """Store what a member says of all views: as half floats, 380 kB a view of 27,000 faces."""
    images = torch.from_numpy(train.images).to(next(trained.parameters()).device)
    np.save(folder / "answers.npy", views.answer_all(trained, images, VIEWED).numpy())


def _half(value: Tensor) -> Tensor:
    return value.half().cpu() if value.dtype.is_floating_point else value.cpu()


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write it so that the file is there whole or not at all."""
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(content))
    unfinished.replace(path)


def combine(options: argparse.Namespace) -> None:
    """Weigh the members by the validation faces; store what they answer together to all views.

    Members of earlier calls count as well, each with the faces that its own recipe left out.
    """
    train, valid = load_faces(options)
    members, given = [], []
    for file in sorted((options.run / "members").glob("*/member.json")):
        name, figures = file.parent.name, json.loads(file.read_text())
        left_out = name in MEMBERS and name not in options.members and "file" not in figures
        if left_out or not (file.parent / "answers.npy").exists():
            continue
        recipe = figures["recipe"]
        with np.load(file.parent / "valid.npz") as answers:
            log_shares = ensemble.log_mean(answers["logits"], answers["mirrored"])
        members.append(ensemble.Member(name, recipe["fold"], recipe["folds"], log_shares))
        given.append(np.load(file.parent / "answers.npy", mmap_mode="r"))
    described = ensemble.describe(members, valid.labels)
    weights = np.array([described["members"][member.name]["weight"] for member in members])
    said = np.log(np.maximum(1e-9, ensemble.together(members, weights)))
    shares = calibrate.softmax(said, described["temperature"])
    of_votes = data.label_given_votes(valid, train)
    described["with_votes"] = second_opinion.describe(shares, of_votes, valid.labels)
    common = min(len(each) for each in given)  # views, where earlier members answered to fewer
    blended = ensemble.blend(members, weights, [each[:common] for each in given], described["temperature"])
    np.save(options.run / "answers.npy", blended)
    write_json(options.run / "ensemble.json", described)
    print(json.dumps(described, indent=1), flush=True)


def train_students(options: argparse.Namespace) -> None:
    """Train each student on the stored answers, within the time."""
    started = time.monotonic()
    train, valid = load_faces(options)
    device = pick_device()
    stored = options.run / "answers.npy"
    if not stored.exists():
        raise FileNotFoundError(f"{stored} is not there: run the stage `answers` first")
    answers = torch.from_numpy(np.load(stored))
    most = max(STUDENTS[name].views for name in options.students)
    if most > len(answers):
        raise FileNotFoundError(
            f"{stored} has answers to {len(answers)} views of {most}: make the members' again"
        )
    shown = views.render_all(torch.from_numpy(train.images).to(device), VIEWED, most)
    for number, name in enumerate(options.students):
        folder = options.run / "students" / name
        if (folder / "student.json").exists():
            continue
        left_s = options.limit_s - (time.monotonic() - started)
        recipe, taught = adapted(STUDENTS[name], options), taught_by(options.run, folder)
        told = with_people(answers, train, taught["ensemble"]) if recipe.voted_answers else answers
        lesson = StoredViews(train, shown, told, recipe, device)
        built, start = earlier.begin(recipe, options.run, options.previous, train.images)
        run = Run(
            recipe, built, lesson, valid, folder, limit_s=left_s / (len(options.students) - number) * 0.96
        )
        began_with = copy.deepcopy(built.state_dict()) if start else None
        trained = run.finish()
        assert isinstance(trained, EmotionNetwork)
        made = list(candidates(trained, began_with, (train, valid), recipe.votes_share))
        write_student(run, made, {"recipe": asdict(recipe), "start": start, **taught})


def with_people(answers: Tensor, train: data.Faces, together: dict[str, Any]) -> Tensor:
    """Return the ensemble's stored answers with the votes that people gave in them."""
    if "with_votes" not in together:
        raise FileNotFoundError(
            "the ensemble that began to teach this student was not weighed with the votes: run the stage"
            " `answers` again, and delete the student's folder"
        )
    weighing = second_opinion.Weighing(**together["with_votes"]["weighing"])
    of_votes, voted = data.label_given_votes(train), train.votes.sum(axis=1) > 0
    return torch.from_numpy(second_opinion.with_votes(answers.numpy(), of_votes, voted, weighing))


def taught_by(run: Path, student: Path) -> dict[str, Any]:
    """Return the ensemble that teaches a student: its members, and what they are together.

    Kept in the student's folder when its training begins: a later ensemble of the run has not taught it.
    """
    kept = student / "taught_by.json"
    if not kept.exists():
        student.mkdir(parents=True, exist_ok=True)
        write_json(kept, _ensemble_of(run))
    content: dict[str, Any] = json.loads(kept.read_text())
    return content


def _ensemble_of(run: Path) -> dict[str, Any]:
    together, teachers = json.loads((run / "ensemble.json").read_text()), []
    for name in sorted(together["members"]):
        figures = json.loads((run / "members" / name / "member.json").read_text())
        about = {key: figures[key] for key in ("epochs_done", "seconds", "device", "valid_accuracy")}
        recipe = {key: figures["recipe"][key] for key in ("network", "seed", "enlarged", "fold", "folds")}
        file = {"file": figures["file"]} if "file" in figures else {}
        teachers.append({"name": name, **recipe, **about, **file})
    return {"ensemble": together, "teachers": teachers}


def write_student(run: Run, made: list[Candidate], about: dict[str, Any]) -> None:
    """Store the best of what a student was made into, and the figures of all, in its run's folder."""
    chosen = best(made)
    weights = {key: value.cpu() for key, value in chosen.network.state_dict().items()}
    torch.save(weights, run.folder / "weights.pt")
    named = ("trained_share", "measured", "refit", "valid_accuracy", "valid_loss")
    described = [{name: getattr(each, name) for name in named} for each in made]
    figures = {
        **about,
        **described[made.index(chosen)],
        "candidates": described,
        "epochs_done": run.epoch,
        "seconds": run.seconds,
        "device": device_name(run.device),
        "history": run.history,
    }
    write_json(run.folder / "student.json", figures)
    print(run.folder.name, json.dumps(described), "seconds", run.seconds, flush=True)
