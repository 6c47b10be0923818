"""Compares the network's quantized outputs on two processors, face by face.

    logits.py choose FACES.npz COUNT SEED CHOSEN.npy    some faces of FACES.npz, without repetition
    logits.py read MODEL CHOSEN.npy LOGITS.npy          what the daemon's classifier makes of them here
    logits.py reference MODEL CHOSEN.npy LOGITS.npy     likewise, with the interpreter's reference kernels
    logits.py compare OURS.npy THEIRS.npy STEPS         exit code 1 if a value differs by more int8 steps

Kernels multiply and add integers without an error, and may differ in how they round to the next layer's 8
bits.
`tools/pi/arm64` runs `read` here and on an emulated Pi.
"""

import importlib
import sys
import time
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from moodpid.vision.classifier import TfliteClassifier


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
    """Return some faces of an `.npz` with `images`, drawn without repetition; all if there are no more."""
    with np.load(source) as arrays:
        images: NDArray[np.uint8] = arrays["images"]
    rows = np.random.default_rng(seed).permutation(len(images))[:count]
    return images[np.sort(rows)]


def read(model: Path, faces: NDArray[np.uint8]) -> NDArray[Any]:
    """Return the daemon's quantized logits on this processor, shape (faces, classes)."""
    classifier = TfliteClassifier(model)
    return np.array([classifier.quantized_logits(face) for face in faces])


def read_with_reference_kernels(model: Path, faces: NDArray[np.uint8]) -> NDArray[Any]:
    """As `read`, with the plain C++ kernels that define what an operator gives."""
    runtime = _runtime()
    plain = partial(runtime.Interpreter, experimental_op_resolver_type=runtime.OpResolverType.BUILTIN_REF)
    with patch.object(runtime, "Interpreter", plain):
        return read(model, faces)


def _runtime() -> Any:  # noqa: ANN401 - of one of two packages, neither with types
    """Return the module that the classifier takes its interpreter from."""
    newer = "ai_edge_litert.interpreter" if find_spec("ai_edge_litert") else "tflite_runtime.interpreter"
    return importlib.import_module(newer)


def main(arguments: list[str]) -> int:
    """Run one verb."""
    match arguments:
        case ["choose", source, count, seed, chosen]:
            np.save(chosen, choose(Path(source), int(count), int(seed)))
        case ["read" | "reference" as how, model, chosen, logits]:
            faces, start = np.load(chosen), time.monotonic()
            reader = read if how == "read" else read_with_reference_kernels
            np.save(logits, reader(Path(model), faces))
            print(f"{_runtime().__name__}: {len(faces)} faces in {time.monotonic() - start:.1f} s")
        case ["compare", ours, theirs, steps]:
            result = agreement(np.load(ours), np.load(theirs))
            print(result)
            return int(result.most_steps > int(steps))
        case _:
            print(__doc__, file=sys.stderr)
            return 64
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
