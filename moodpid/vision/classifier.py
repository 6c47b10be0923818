"""Classifies the emotion of a face with an int8 TensorFlow Lite network."""

import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodpid.errors import ModelError
from moodpid.mood.emotion import EMOTIONS, EmotionScores
from moodpid.mood.room import ClassifierProfile
from moodpid.system.quiet_stderr import quiet_stderr
from moodpid.vision.low_light import face_in_good_light
from moodpid.vision.opencv import cv2
from moodpid.vision.sidecar import Crop, Sidecar, Tensor, check_tensor, load
from moodpid.vision.types import Face, Frame, GreyImage

# The same interpreter under its new and its old name; the newer is the faster
_INTERPRETERS = ("ai_edge_litert.interpreter", "tflite_runtime.interpreter")


class TfliteClassifier:
    """Runs the network on one face after another, on one core.

    Args:
        model: The `.tflite` file; its sidecar lies beside it.

    Attributes:
        prior: How often each emotion was in the training, in the order of `Emotion`.
        profile: The prior, and what else the filter must know of the model.

    Raises:
        ModelError: Model, sidecar or interpreter is missing or broken, or they do not fit.
    """

    def __init__(self, model: Path) -> None:
        self._sidecar = load(model)
        self._interpreter = _interpreter(model)
        self._input = _tensor(model, "input", self._sidecar.input, self._interpreter.get_input_details())
        self._output = _tensor(model, "output", self._sidecar.output, self._interpreter.get_output_details())
        _, self._height, self._width, _ = _check_shapes(model, self._sidecar)
        self._order = [self._sidecar.labels.index(emotion) for emotion in EMOTIONS]
        total = math.fsum(self._sidecar.prior)  # 1, but for rounding
        self.prior = tuple(self._sidecar.prior[i] / total for i in self._order)
        self.profile = ClassifierProfile(self.prior, _mean_logs(self._sidecar), self._sidecar.model.sha256)

    def classify(self, frame: Frame, face: Face) -> EmotionScores:
        """Return calibrated probabilities for the face in this box of the frame."""
        return self.classify_crop(crop(frame.grey, face, self._sidecar.crop))

    def classify_crop(self, image: GreyImage) -> EmotionScores:
        """Return calibrated probabilities for a face that fills a picture of any shape (height, width)."""
        raw = self.quantized_logits(face_in_good_light(image, self._width, self._height)).astype(np.float64)
        logits = (raw - self._sidecar.output.zero_point) * self._sidecar.output.scale
        scores = softmax(logits / self._sidecar.calibration.temperature)
        return EmotionScores(tuple(float(scores[i]) for i in self._order))

    def quantized_logits(self, image: GreyImage) -> NDArray[Any]:
        """Return the network's raw output, shape (labels,), for a picture as `classify_crop` takes it."""
        if image.shape != (self._height, self._width):
            shrunk = cv2.resize(image, (self._width, self._height), interpolation=cv2.INTER_AREA)
            image = np.asarray(shrunk, np.uint8)
        self._interpreter.set_tensor(self._input, self._quantized(image)[np.newaxis, :, :, np.newaxis])
        self._interpreter.invoke()
        return np.asarray(self._interpreter.get_tensor(self._output)[0])

    def _quantized(self, image: GreyImage) -> NDArray[Any]:
        """Return grey values as the network takes them; unchanged where it does the scaling itself."""
        tensor = self._sidecar.input
        gain = tensor.white / 255 / tensor.scale
        if (tensor.dtype, gain, tensor.zero_point) == ("uint8", 1.0, 0):
            return image
        limits = np.iinfo(tensor.dtype)
        numbers = np.rint(image * np.float32(gain)) + tensor.zero_point
        return np.asarray(np.clip(numbers, limits.min, limits.max), tensor.dtype)


def crop(grey: GreyImage, face: Face, how: Crop) -> GreyImage:
    """Return the upright square around a face that the network was trained on, in the pixels of the frame.

    Where it reaches over the frame's edge, the edge is repeated.
    """
    side = max(1, round(how.scale * max(face.width, face.height)))
    column = face.x + face.width * (0.5 + how.shift_x)
    row = face.y + face.height * (0.5 + how.shift_y)
    if not face.roll:
        return _square(grey, column, row, side)
    # Room for the corners of the turned square
    wide = _square(grey, column, row, math.ceil(side * math.sqrt(2)))
    middle = wide.shape[0] / 2, wide.shape[0] / 2
    turn = np.asarray(cv2.getRotationMatrix2D(middle, face.roll, 1.0), np.float64)
    turn[:, 2] += side / 2 - np.array(middle)
    return np.asarray(cv2.warpAffine(wide, turn, (side, side), flags=cv2.INTER_LINEAR), np.uint8)


def _square(grey: GreyImage, column: float, row: float, side: int) -> GreyImage:
    height, width = grey.shape
    left, top = round(column - side / 2), round(row - side / 2)
    left, top = min(max(left, 1 - side), width - 1), min(max(top, 1 - side), height - 1)
    over = (max(0, -top), max(0, top + side - height), max(0, -left), max(0, left + side - width))
    inner = grey[max(0, top) : top + side, max(0, left) : left + side]
    if any(over):
        inner = np.asarray(cv2.copyMakeBorder(inner, *over, cv2.BORDER_REPLICATE), np.uint8)
    return inner


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities from logits of shape (n,), safe for large ones."""
    exponentials = np.exp(logits - logits.max())
    return np.asarray(exponentials / exponentials.sum())


def _mean_logs(sidecar: Sidecar) -> tuple[tuple[float, ...], ...] | None:
    if sidecar.profile is None:
        return None
    return tuple(tuple(sidecar.profile.mean_logs[true][answer] for answer in EMOTIONS) for true in EMOTIONS)


def _interpreter(model: Path) -> Any:  # noqa: ANN401 - of one of two packages, neither with types
    for name in _INTERPRETERS:
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        try:
            with quiet_stderr():  # of its delegate, at each start
                interpreter = module.Interpreter(model_path=str(model), num_threads=1)
                interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise ModelError(f"{model}: not a TensorFlow Lite model, or cut short ({reason})") from error
        return interpreter
    raise ModelError("no TensorFlow Lite interpreter here; install tflite-runtime or ai-edge-litert")


def _tensor(model: Path, what: str, declared: Tensor, details: list[dict[str, Any]]) -> int:
    """Return the index of the only input or output; raises ModelError if the sidecar differs."""
    if len(details) != 1:
        raise ModelError(f"{model}: has {len(details)} {what}s; an emotion model has one")
    check_tensor(model, what, declared, details[0])
    return int(details[0]["index"])


def _check_shapes(model: Path, sidecar: Sidecar) -> tuple[int, ...]:
    """Return the input's shape (1, height, width, 1); raises ModelError for any other."""
    match sidecar.input.shape, sidecar.output.shape:
        case (1, _, _, 1), (1, outputs) if outputs == len(sidecar.labels):
            return sidecar.input.shape
    raise ModelError(
        f"{model}: takes {sidecar.input.shape} and gives {sidecar.output.shape}; an emotion model takes one "
        f"grey picture (1, height, width, 1) and gives (1, {len(EMOTIONS)})"
    )
