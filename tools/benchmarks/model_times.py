"""How long model files take for a face: in turns, so that a busy machine affects all alike.

    git show COMMIT:models/emotion.tflite > earlier/emotion.tflite    # and its emotion.json
    python tools/benchmarks/model_times.py earlier/emotion.tflite models/emotion.tflite

Each goes through the daemon's own classifier, on one core, and the interpreter that is installed. What
XNNPACK takes and what `tflite-runtime` takes differ by more than models do: measure in both.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from moodpid.errors import ModelError  # noqa: E402 - found by the line above
from moodpid.vision.classifier import TfliteClassifier  # noqa: E402 - found by the line above

SIDE_PX = 48
FACES = 100  # a turn


def turn_ms(classifier: TfliteClassifier) -> float:
    """Return the median time of one face, milliseconds."""
    picture = np.random.default_rng(1).integers(0, 256, (SIDE_PX, SIDE_PX), dtype=np.uint8)
    times = []
    for _ in range(FACES):
        started = time.perf_counter()
        classifier.quantized_logits(picture)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000.0


def compare(models: list[Path], rounds: int) -> list[dict[str, Any]]:
    """Return for each model its shortest turn, and the median over rounds of its ratio to the first's.

    Raises ModelError where a model or its sidecar is missing or broken.
    """
    classifiers = [TfliteClassifier(model) for model in models]
    turns = np.array([[turn_ms(classifier) for classifier in classifiers] for _ in range(rounds)])
    ratios = np.median(turns / turns[:, :1], axis=0)
    return [
        {"model": str(model), "ms_per_face": round(float(best), 4), "ratio": round(float(ratio), 3)}
        for model, best, ratio in zip(models, turns.min(axis=0), ratios, strict=True)
    ]


def main() -> None:
    """Print one line of JSON a model."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", type=Path, nargs="+", help=".tflite files, each with its sidecar beside it")
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    try:
        lines = compare(arguments.models, arguments.rounds)
    except ModelError as error:
        parser.exit(1, f"model_times: {error}\n")
    for line in lines:
        print(json.dumps(line))


if __name__ == "__main__":
    main()
