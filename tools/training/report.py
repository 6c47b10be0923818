"""The pictures that a person judges a model by: curves, confusion, classes, reliability."""

from __future__ import annotations

import argparse
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

import calibrate
import data
import evaluate
import sidecar

mpl.use("Agg")
from matplotlib import pyplot as plt  # after the choice of a backend without a screen

INK, ACCENT, FAINT = "#22303c", "#2f7f8f", "#c9d6da"
STYLE: dict[Any, Any] = {
    "figure.dpi": 110,
    "figure.constrained_layout.use": True,
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw(model: Path, faces: data.Faces, folder: Path) -> list[Path]:
    """Write the four pictures of a model on a set of faces into a folder; return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    answers = evaluate.ask(model, faces.images)
    said = answers.probabilities.argmax(axis=1)
    result = evaluate.figures(answers.probabilities, faces.labels)
    history = sidecar.read(model)["training"]["history"]
    pictures = {
        "training": lambda: _training(history),
        "confusion": lambda: _confusion(confusion(said, faces.labels), result),
        "classes": lambda: _classes(result["per_class"]),
        "reliability": lambda: _reliability(answers.probabilities, faces.labels, result),
    }
    written = []
    with plt.rc_context(STYLE):
        for name, picture in pictures.items():
            picture()  # type: ignore[no-untyped-call]
            written.append(folder / f"{name}.png")
            plt.savefig(written[-1], metadata={"Software": None})
            plt.close("all")
    return written


def confusion(said: NDArray[Any], true: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the answers: (7, 7), rows what the label is, columns what the model said."""
    counts = np.zeros((len(data.LABELS), len(data.LABELS)), np.int64)
    np.add.at(counts, (true, said), 1)
    return counts


def _training(history: list[dict[str, float]]) -> None:
    epochs = [entry["epoch"] for entry in history]
    _, (top, bottom) = plt.subplots(2, 1, figsize=(7, 6), sharex=True)
    accuracy = [100 * entry["valid_accuracy"] for entry in history]
    top.plot(epochs, accuracy, color=ACCENT)
    top.annotate(f"{accuracy[-1]:.1f} %", (epochs[-1], accuracy[-1]), (-4, -14),
                 textcoords="offset points", ha="right")  # fmt: skip
    top.set(title="Accuracy on the validation faces", ylabel="%")
    training, validation = ([entry[name] for entry in history] for name in ("loss", "valid_loss"))
    bottom.plot(epochs, training, color=FAINT, label="training (both heads, soft targets)")
    bottom.plot(epochs, validation, color=ACCENT, label="validation (FER2013 labels)")
    bottom.set(title="Cross-entropy", xlabel="epoch", ylabel="nats")
    bottom.legend(frameon=False)
    for before, after in pairwise(history):
        if before["side"] != after["side"]:
            bottom.axvline(before["epoch"], color=FAINT, linewidth=1, linestyle=":")
            foot = bottom.get_ylim()[0]
            bottom.text(before["epoch"], foot, f" {after['side']:.0f} px", va="bottom", fontsize=8)


def _confusion(counts: NDArray[np.int64], result: dict[str, Any]) -> None:
    shares = counts / np.maximum(1, counts.sum(axis=1, keepdims=True))
    _, axes = plt.subplots(figsize=(6.4, 6))
    axes.imshow(shares, cmap="GnBu", vmin=0, vmax=1)
    for row, column in np.ndindex(*shares.shape):
        axes.text(column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center",
                  color="white" if shares[row, column] > 0.55 else INK)  # fmt: skip
    names = [f"{name} ({total})" for name, total in zip(data.LABELS, counts.sum(axis=1), strict=True)]
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks(range(len(names)), data.LABELS, rotation=40, ha="right")
    axes.spines[:].set_visible(False)
    accuracy = f"accuracy {100 * result['accuracy']:.1f} % of {result['n']} faces"
    axes.set(
        title=f"What it says (columns) of which face (rows), in %\n{accuracy}",
        xlabel="said",
        ylabel="labelled",
    )


def _classes(per_class: dict[str, dict[str, float]]) -> None:
    _, axes = plt.subplots(figsize=(7, 4.2))
    places = np.arange(len(per_class))
    for offset, kind, color in ((-0.2, "precision", FAINT), (0.2, "recall", ACCENT)):
        values = [100 * row[kind] for row in per_class.values()]
        bars = axes.bar(places + offset, values, 0.38, color=color, label=kind)
        axes.bar_label(bars, fmt="%.0f", fontsize=8)
    axes.set_xticks(places, [f"{name}\n{row['n']}" for name, row in per_class.items()])
    axes.set(title="Precision and recall by class", ylabel="%", ylim=(0, 100))
    axes.legend(frameon=False, ncols=2, loc="upper right")


def _reliability(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64], result: dict[str, Any]
) -> None:
    bins = calibrate.reliability(probabilities, labels)
    _, (top, bottom) = plt.subplots(2, 1, figsize=(5.6, 6.4), sharex=True, height_ratios=(3, 1))
    top.plot((0, 100), (0, 100), color=FAINT, linestyle="--", label="as it should be")
    confidence = [100 * each.confidence for each in bins]
    top.plot(confidence, [100 * each.accuracy for each in bins], "o-", color=ACCENT, label="as it is")
    top.set(title=f"Reliability: calibration error {100 * result['ece']:.1f} %", ylabel="right, in %")
    top.legend(frameon=False)
    middles = [50 * (each.low + each.high) for each in bins]
    bottom.bar(middles, [each.count for each in bins], 100 / calibrate.BINS * 0.9, color=FAINT)
    bottom.set(xlabel="confidence, in %", ylabel="faces", xlim=(0, 100))


def main() -> None:
    """Draw the pictures of a model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="an .npz with images and fer_label")
    parser.add_argument("--out", type=Path, help="default: report/ beside the model")
    arguments = parser.parse_args()
    folder = arguments.out or arguments.model.parent / "report"
    for picture in draw(arguments.model, data.load(arguments.data), folder):
        print(picture, file=sys.stderr)


if __name__ == "__main__":
    main()
