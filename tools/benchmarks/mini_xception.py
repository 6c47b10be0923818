"""mini-Xception rebuilt layer for layer, to time our model against in the same interpreter.

The network is the one of Arriaga, Plöger and Valdenegro, "Real-time Convolutional Neural Networks
for Emotion and Gender Classification" (2017), as most hobby projects use it: float, 64 x 64 grey
in, about 58,000 parameters. The weights are random, which does not change the time it takes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

MODULE_WIDTHS = (16, 32, 64, 128)


def network(side: int = 64) -> Any:  # noqa: ANN401 - Keras has no types
    """Return the Keras model for (side, side, 1) pictures."""
    from keras import Input, Model, layers  # noqa: PLC0415 - slow to come up

    entry = Input((side, side, 1))
    x = entry
    for _ in range(2):
        x = layers.Conv2D(8, 3, use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
    for width in MODULE_WIDTHS:
        shortcut = layers.Conv2D(width, 1, strides=2, padding="same", use_bias=False)(x)
        shortcut = layers.BatchNormalization()(shortcut)
        x = layers.SeparableConv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.ReLU()(layers.BatchNormalization()(x))
        x = layers.SeparableConv2D(width, 3, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        x = layers.Add()([x, shortcut])
    x = layers.Conv2D(7, 3, padding="same")(x)
    x = layers.GlobalAveragePooling2D()(x)
    return Model(entry, layers.Softmax()(x))


def write(path: Path, side: int = 64) -> int:
    """Write it as a float TensorFlow Lite file; return its number of parameters."""
    import tensorflow as tf  # noqa: PLC0415 - slow to come up

    model = network(side)
    run = tf.function(model, input_signature=[tf.TensorSpec((1, side, side, 1), tf.float32)])
    converter = tf.lite.TFLiteConverter.from_concrete_functions([run.get_concrete_function()], model)
    path.write_bytes(converter.convert())
    return int(model.count_params())


def milliseconds(model: Path, faces: int = 500) -> float:
    """Return the median time of one face on one core, for any TensorFlow Lite file."""
    from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415

    interpreter = Interpreter(model_path=str(model), num_threads=1)
    interpreter.allocate_tensors()
    entry = interpreter.get_input_details()[0]
    picture = np.random.default_rng(1).integers(0, 256, entry["shape"]).astype(entry["dtype"])
    times = []
    for _ in range(faces):
        started = time.perf_counter()
        interpreter.set_tensor(entry["index"], picture)
        interpreter.invoke()
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000.0


def main() -> None:
    """Time a model and mini-Xception in turns, so that a busy machine affects both alike."""
    parser = argparse.ArgumentParser(description="Time a model against mini-Xception, one core.")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rivals = {f"mini_xception_{side}": Path(folder) / f"{side}.tflite" for side in (48, 64)}
        parameters = [write(path, side) for path, side in zip(rivals.values(), (48, 64), strict=True)]
        contestants = {"model": arguments.model, **rivals}
        times: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(arguments.rounds):
            for name, path in contestants.items():
                times[name].append(milliseconds(path))
    best = {name: round(min(rounds), 4) for name, rounds in times.items()}
    ratios = {f"ratio_to_{name}": round(best["model"] / best[name], 3) for name in rivals}
    print(json.dumps({"ms_per_face": best, **ratios, "mini_xception_parameters": parameters[-1]}))


if __name__ == "__main__":
    main()
