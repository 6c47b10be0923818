"""What a model file is worth on a set of faces, through the very classifier of the daemon."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import calibrate
import data
import sidecar

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the classifier said. probabilities: (N, 7). ms_per_face: the median, on one core."""

    probabilities: NDArray[np.float64]
    ms_per_face: float


def ask(model: Path, images: NDArray[np.uint8]) -> Answers:
    """Classify (N, 48, 48) uint8 faces one by one."""
    sys.path.insert(0, str(ROOT))
    from moodpid.vision.classifier import TfliteClassifier

    classifier = TfliteClassifier(model)
    probabilities = np.empty((len(images), len(data.LABELS)))
    seconds = np.empty(len(images))
    for row, image in enumerate(images):
        started = time.perf_counter()
        scores = classifier.classify_crop(image)
        seconds[row] = time.perf_counter() - started
        probabilities[row] = scores.probabilities
    return Answers(probabilities, float(np.median(seconds)) * 1000.0)


def figures(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> dict[str, Any]:
    """Return n, accuracy, ece and, for each class, n, precision and recall (0 to 1)."""
    answers = probabilities.argmax(axis=1)
    return {
        "n": len(labels),
        "accuracy": round(float((answers == labels).mean()), 4),
        "ece": round(calibrate.expected_calibration_error(probabilities, labels), 4),
        "per_class": {
            name: _of_class(answers == index, labels == index) for index, name in enumerate(data.LABELS)
        },
    }


def _of_class(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> dict[str, float]:
    hits = int((said & true).sum())
    return {
        "n": int(true.sum()),
        "precision": round(hits / max(1, int(said.sum())), 4),
        "recall": round(hits / max(1, int(true.sum())), 4),
    }


def tilted(faces: data.Faces, degrees: float) -> data.Faces:
    """Return the faces turned clockwise about their middle; the border fills what comes in from outside."""
    import cv2

    middle = ((data.SIDE_PX - 1) / 2.0,) * 2
    matrix = cv2.getRotationMatrix2D(middle, -degrees, 1.0)
    size = (data.SIDE_PX, data.SIDE_PX)
    images = [cv2.warpAffine(i, matrix, size, borderMode=cv2.BORDER_REPLICATE) for i in faces.images]
    return data.Faces(np.array(images, np.uint8), faces.labels, faces.votes)


def evaluate(model: Path, faces: data.Faces) -> dict[str, Any]:
    """Return all that the command prints."""
    answers = ask(model, faces.images)
    return {
        **figures(answers.probabilities, faces.labels),
        "model_bytes": model.stat().st_size,
        "ms_per_face": round(answers.ms_per_face, 3),
    }


def _as_text(result: dict[str, Any]) -> str:
    lines = [
        f"{result['n']} faces, accuracy {result['accuracy']:.2%}, calibration error {result['ece']:.2%}",
        f"{result['model_bytes']} bytes, {result['ms_per_face']} ms a face",
        f"{'':10}{'n':>6}{'precision':>11}{'recall':>8}",
    ]
    lines += [
        f"{name:10}{row['n']:6}{row['precision']:11.1%}{row['recall']:8.1%}"
        for name, row in result["per_class"].items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Print the figures, and with --record keep those of `valid.npz` in the sidecar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="an .npz with images and fer_label")
    parser.add_argument("--tilt", type=float, default=0.0, help="turn the faces by so many degrees")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--record", action="store_true", help="keep the figures in the sidecar")
    arguments = parser.parse_args()
    faces = data.load(arguments.data)
    result = evaluate(arguments.model, tilted(faces, arguments.tilt) if arguments.tilt else faces)
    if arguments.record:
        described = sidecar.read(arguments.model)
        described["figures"][arguments.data.stem] = result
        sidecar.write(arguments.model, described)
    print(json.dumps(result) if arguments.json else _as_text(result))


if __name__ == "__main__":
    main()
