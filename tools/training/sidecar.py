"""The JSON beside a model file: what the classifier must know of it, and where it comes from."""

from __future__ import annotations

import hashlib
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data import LABELS, SIDE_PX

SCHEMA = 1
# A grey crop as it is: the scale of the input is in the first kernel
_INPUT = {"shape": [1, SIDE_PX, SIDE_PX, 1], "dtype": "uint8", "scale": 1.0, "zero_point": 0}


def describe(
    model: Path,
    *,
    output: tuple[float, int],
    prior: NDArray[np.float64],
    crop: dict[str, float],
    training: dict[str, Any],
) -> dict[str, Any]:
    """Return the sidecar of a fresh model file; its temperature is 1 and its figures are empty.

    output: scale and zero point of the int8 logits. crop: how a Haar box is turned into the crop
    that the network was trained on.
    """
    content = model.read_bytes()
    scale, zero_point = output
    frequencies = [round(float(share), 6) for share in prior]
    frequencies[-1] = round(1.0 - sum(frequencies[:-1]), 6)
    return {
        "schema": SCHEMA,
        "model": {
            "file": model.name,
            "sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
        },
        "labels": list(LABELS),
        "prior": frequencies,
        "input": _INPUT,
        "output": {
            "shape": [1, len(LABELS)],
            "dtype": "int8",
            "scale": scale,
            "zero_point": zero_point,
            "meaning": "logits",
        },
        "crop": crop,
        "calibration": {"temperature": 1.0, "fitted_on": "nothing yet"},
        "training": training,
        "figures": {},
    }


def path_of(model: Path) -> Path:
    """Return where a model's sidecar lies: beside it, with the ending `.json`."""
    return model.with_suffix(".json")


def write(model: Path, sidecar: dict[str, Any]) -> None:
    """Write the sidecar beside its model."""
    path_of(model).write_text(json.dumps(sidecar, indent=2) + "\n")


def read(model: Path) -> dict[str, Any]:
    """Read a model's sidecar. Raises OSError where there is none."""
    content: dict[str, Any] = json.loads(path_of(model).read_text())
    return content


def commit(folder: Path) -> str:
    """Return the commit that the folder's code stands at, with `+` where it has been changed."""
    try:
        head = _git(folder, "rev-parse", "HEAD").strip()
        return head + ("+" if _git(folder, "status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(folder: Path, *arguments: str) -> str:
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
