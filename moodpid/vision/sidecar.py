"""The description of a model in the file beside it: labels, input and output, crop, calibration."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from moodpid.errors import ModelError
from moodpid.mood.emotion import EMOTIONS, Emotion
from moodpid.regular_file import read_regular
from moodpid.vision.model_file import is_whole

SCHEMA = 1
_PRIOR_TOLERANCE = 0.015  # seven shares that were rounded to hundredths by hand
_MAX_BYTES = 64 * 1024 * 1024  # of a model; the bundled one has a hundredth


class _Part(Struct, frozen=True, kw_only=True):
    """A part of the sidecar; unknown keys are ignored."""


class ModelFile(_Part, frozen=True):
    """The model's file, so that a sidecar of another training is noticed."""

    sha256: str


class Tensor(_Part, frozen=True):
    """A tensor of the model; a real value is (number - zero_point) * scale."""

    shape: tuple[int, ...]
    dtype: str
    scale: float
    zero_point: int


class Input(Tensor, frozen=True):
    """The input; `white` is the real value of a white pixel, and black is 0."""

    white: Annotated[float, Meta(gt=0)] = 255.0


class Crop(_Part, frozen=True):
    """From a Haar box to the square the network was trained on.

    The square's side is `scale` times the box's; its centre is moved by the shifts, in sides of the box.
    """

    scale: Annotated[float, Meta(gt=0.2, lt=5)] = 1.0
    shift_x: Annotated[float, Meta(ge=-1, le=1)] = 0.0
    shift_y: Annotated[float, Meta(ge=-1, le=1)] = 0.0


class Calibration(_Part, frozen=True):
    """Logits are divided by the temperature (Guo et al., "On Calibration of Modern Neural Networks")."""

    temperature: Annotated[float, Meta(gt=0)]


class Profile(_Part, frozen=True):
    """How the model scores faces of each emotion: the mean logarithms of its scores, by name twice."""

    mean_logs: dict[Emotion, dict[Emotion, Annotated[float, Meta(ge=-20, le=20)]]]


class Sidecar(_Part, frozen=True):
    """The sidecar of a model; `labels` and `prior` are in the order of the network's outputs."""

    schema: int
    model: ModelFile
    labels: tuple[str, ...]
    prior: tuple[Annotated[float, Meta(gt=0, lt=1)], ...]
    input: Input
    output: Tensor
    crop: Crop
    calibration: Calibration
    profile: Profile | None = None


def load(model: Path) -> Sidecar:
    """Read the sidecar of a model: the file of the same name that ends in `.json`.

    Raises:
        ModelError: Model or sidecar is missing or unreadable, or one does not fit the other.
    """
    file = model.with_suffix(".json")
    content = _bytes(model)
    checksum = hashlib.sha256(content).hexdigest()
    try:
        sidecar = msgspec.json.decode(_bytes(file), type=Sidecar)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:  # ValueError: not UTF-8
        raise ModelError(
            f"{file}: {error}; it must be the file that was made together with the model"
        ) from None
    if sidecar.schema != SCHEMA:
        raise ModelError(f"{file}: schema {sidecar.schema}, but this moodpid reads schema {SCHEMA}")
    if sidecar.model.sha256 != checksum:
        raise ModelError(
            f"{file}: describes another model than {model} (checksums differ); copy both together"
        )
    if not is_whole(content):
        raise ModelError(f"{model}: not a TensorFlow Lite model, or cut short; copy or train it again")
    if set(sidecar.labels) != set(EMOTIONS) or len(sidecar.labels) != len(EMOTIONS):
        raise ModelError(f"{file}: labels must be {', '.join(EMOTIONS)}, in the order of the model's outputs")
    if len(sidecar.prior) != len(sidecar.labels):
        raise ModelError(f"{file}: prior has {len(sidecar.prior)} numbers for {len(sidecar.labels)} labels")
    if abs(sum(sidecar.prior) - 1.0) > _PRIOR_TOLERANCE:
        raise ModelError(
            f"{file}: prior has the sum {sum(sidecar.prior):.3f}; the shares of all labels make 1"
        )
    if sidecar.profile and not _complete(sidecar.profile.mean_logs):
        raise ModelError(f"{file}: profile must have a row and a column for each label")
    return sidecar


def _complete(table: Mapping[Emotion, Mapping[Emotion, float]]) -> bool:
    return len(table) == len(EMOTIONS) and all(len(row) == len(EMOTIONS) for row in table.values())


def check_tensor(model: Path, what: str, declared: Tensor, real: Mapping[str, Any]) -> None:
    """Compare a tensor of the sidecar with the interpreter's details of the same one.

    Raises:
        ModelError: The two differ, or the tensor is not quantized to eight bits.
    """
    dtype = real["dtype"].__name__
    if dtype not in ("int8", "uint8"):
        raise ModelError(f"{model}: its {what} is {dtype}; moodpid needs a model that is fully int8")
    shape = tuple(int(n) for n in real["shape"])
    scale, zero_point = real["quantization"]
    if (declared.shape, declared.dtype) != (shape, dtype) or declared.zero_point != zero_point:
        raise ModelError(
            f"{model}: its {what} is {dtype} {shape}, its sidecar has {declared.dtype} {declared.shape}"
        )
    if abs(declared.scale - scale) > 1e-6 * max(1.0, scale):
        raise ModelError(f"{model}: the {what} scale is {scale:g}, its sidecar has {declared.scale:g}")


def _bytes(file: Path) -> bytes:
    try:
        return read_regular(file, _MAX_BYTES)
    except FileNotFoundError:
        raise ModelError(f"{file}: no such file; a model is a .tflite and a .json of the same name") from None
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror}") from error
