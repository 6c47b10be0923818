"""Compares the network's quantized outputs on two processors, face by face.

    logits.py choose FACES.npz COUNT SEED CHOSEN.npy    some faces of FACES.npz, without repetition
    logits.py read MODEL CHOSEN.npy LOGITS.npy          what the daemon's classifier makes of them here
    logits.py compare OURS.npy THEIRS.npy               exit code 1 if a value differs by more than one step

A step is one unit of the int8 output. `tools/pi/arm64` runs `read` here and on an emulated Pi.
"""

import importlib
import platform
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodpid.vision.classifier import TfliteClassifier

MOST_STEPS = 1


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the quantized outputs of two processors agree.

    faces: how many were compared. identical: how many have the same value in every output.
    off_by_one: how many outputs differ by one step. most_steps: the largest difference.
    other_top: how many faces have another class on top.
    """

    faces: int
    identical: int
    off_by_one: int
    most_steps: int
    other_top: int

    @property
    def good(self) -> bool:
        """Whether no output differs by more than rounding explains."""
        return self.most_steps <= MOST_STEPS

    def __str__(self) -> str:
        return (
            f"{self.identical} of {self.faces} faces identical bit for bit; largest difference "
            f"{self.most_steps} quantization steps, {self.off_by_one} outputs off by one; "
            f"another class on top in {self.other_top}"
        )


def agreement(ours: NDArray[Any], theirs: NDArray[Any]) -> Agreement:
    """Compare two arrays of quantized logits, integers of shape (faces, classes).

    Raises:
        ValueError: They are of different shapes or types, of no faces, or not of integers.
    """
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype or ours.ndim != 2 or not len(ours):
        raise ValueError(
            f"not two readings of the same faces: {ours.shape} {ours.dtype} and {theirs.shape} {theirs.dtype}"
        )
    if not np.issubdtype(ours.dtype, np.integer):
        raise ValueError(f"not quantized: {ours.dtype}")
    # int8 would wrap around at a difference of 128
    steps = np.abs(ours.astype(np.int64) - theirs.astype(np.int64))
    return Agreement(
        faces=len(ours),
        identical=int((steps == 0).all(axis=1).sum()),
        off_by_one=int((steps == 1).sum()),
        most_steps=int(steps.max()),
        other_top=int((ours.argmax(axis=1) != theirs.argmax(axis=1)).sum()),
    )


def choose(source: Path, count: int, seed: int) -> NDArray[np.uint8]:
    """Some faces of an `.npz` with `images`, drawn without repetition; all of them if there are no more."""
    with np.load(source) as arrays:
        images: NDArray[np.uint8] = arrays["images"]
    rows = np.random.default_rng(seed).permutation(len(images))[:count]
    return images[np.sort(rows)]


def read(model: Path, faces: NDArray[np.uint8]) -> NDArray[Any]:
    """The quantized logits that the daemon's classifier gives on this processor, shape (faces, classes)."""
    classifier = TfliteClassifier(model)
    return np.array([classifier.quantized_logits(face) for face in faces])


def _runtime() -> str:
    for name in ("ai_edge_litert", "tflite_runtime"):  # in the classifier's order
        try:
            return f"{name} {importlib.import_module(name).__version__}"
        except ImportError:
            continue
    return "no interpreter"


def main(arguments: list[str]) -> int:
    """Run one of the three verbs."""
    match arguments:
        case ["choose", source, count, seed, chosen]:
            np.save(chosen, choose(Path(source), int(count), int(seed)))
        case ["read", model, chosen, logits]:
            faces, start = np.load(chosen), time.monotonic()
            np.save(logits, read(Path(model), faces))
            took_s = time.monotonic() - start
            print(f"{platform.machine()}, {_runtime()}: {len(faces)} faces in {took_s:.1f} s")
        case ["compare", ours, theirs]:
            result = agreement(np.load(ours), np.load(theirs))
            print(result)
            return 0 if result.good else 1
        case _:
            print(__doc__, file=sys.stderr)
            return 64
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
