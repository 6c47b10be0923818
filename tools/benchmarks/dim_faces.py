"""How well faces are read in dim light, with and without what `moodpid.vision.low_light` does for them.

    .venv/bin/python tools/benchmarks/dim_faces.py --data FER2013/valid.npz

Each face is enlarged to the size it has in a frame, its light is taken down, and a sensor's noise is added.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from moodpid.errors import ModelError  # noqa: E402 - found by the line above
from moodpid.mood.emotion import EMOTIONS, Emotion  # noqa: E402 - found by the line above
from moodpid.vision.classifier import TfliteClassifier  # noqa: E402 - found by the line above
from moodpid.vision.opencv import cv2  # noqa: E402 - found by the line above
from moodpid.vision.sidecar import load as load_sidecar  # noqa: E402 - found by the line above

_SAD = EMOTIONS.index(Emotion.SAD)

Grey = NDArray[np.uint8]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Light:
    """How faces are seen.

    Attributes:
        share: Of the light they were photographed in, 0 to 1.
        noise: Standard deviation of the sensor's noise, in grey levels.
        side_px: Of a face in the frame.
        window: Whether there is a bright window behind it.
    """

    share: float
    noise: float
    side_px: int
    window: bool = False


LIGHTS = (
    Light(1.0, 3.0, 110),
    Light(0.5, 3.0, 110),
    Light(0.25, 3.0, 110),
    Light(0.25, 6.0, 110),
    Light(0.15, 3.0, 110),
    Light(0.15, 6.0, 110),
    Light(0.1, 3.0, 110),
    Light(0.1, 6.0, 110),
    Light(0.15, 3.0, 70),
    Light(0.1, 3.0, 70),
    Light(0.25, 3.0, 110, window=True),
    Light(0.15, 3.0, 110, window=True),
)
COLUMNS = (
    "faces",
    "right, as they are",
    "called sad, as they are",
    "right, read by moodpid",
    "called sad by moodpid",
)
_WINDOW = 235.0  # grey levels
# Of the side: the middle and the half axes of the ellipse that is face
_FACE = (0.5, 0.53), (0.4, 0.52)


def seen(face: Grey, light: Light, random: np.random.Generator) -> Grey:
    """Return a face of shape (48, 48) as a camera sees it in this light, shape (side_px, side_px)."""
    side = (light.side_px, light.side_px)
    large = light.share * np.asarray(cv2.resize(face, side, interpolation=cv2.INTER_CUBIC), np.float32)
    if light.window:
        large[~_is_face(light.side_px)] = _WINDOW
    noise = light.noise * random.standard_normal(large.shape)
    return np.asarray(np.clip(np.rint(large + noise), 0, 255), np.uint8)


def _is_face(side_px: int) -> NDArray[np.bool_]:
    """Return where a picture of this side shows the face, and not what is behind it."""
    (middle_x, middle_y), (wide, high) = _FACE
    y, x = (np.mgrid[:side_px, :side_px] + 0.5) / side_px
    return np.asarray(((x - middle_x) / wide) ** 2 + ((y - middle_y) / high) ** 2 < 1.0, np.bool_)


def row(model: Path, images: Grey, labels: Labels, light: Light) -> str:
    """Return a light's row of the table: right, and called sad; as the faces are, and as moodpid reads them.

    Raises ModelError where the model or its sidecar is missing or broken.
    """
    classifier, names = TfliteClassifier(model), load_sidecar(model).labels
    random = np.random.default_rng(1)
    faces = [seen(image, light, random) for image in images]
    as_they_are = [names[int(classifier.quantized_logits(face).argmax())] for face in faces]
    as_read = [classifier.classify_crop(face).top for face in faces]
    answers = [np.array([EMOTIONS.index(name) for name in said]) for said in (as_they_are, as_read)]
    before = ", before a window" if light.window else ""
    name = f"light x {light.share:g}, noise of {light.noise:g}, {light.side_px} px{before}"
    shares = [value for said in answers for value in ((said == labels).mean(), (said == _SAD).mean())]
    return f"| {name} | " + " | ".join(f"{100 * share:.1f} %" for share in shares) + " |"


def load(data: Path, count: int) -> tuple[Grey, Labels]:
    """Return so many faces from all over the file, and their labels in the order of `Emotion`."""
    with np.load(data) as arrays:
        images, labels = arrays["images"], arrays["fer_label"].astype(np.int64)
    chosen = np.random.default_rng(1).choice(len(images), min(count, len(images)), replace=False)
    return images[chosen], labels[chosen]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="FER2013's valid.npz")
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "emotion.tflite")
    parser.add_argument("--faces", type=int, default=1000)
    options = parser.parse_args()
    try:
        images, labels = load(options.data, options.faces)
        print(f"| {' | '.join(COLUMNS)} |")
        print("| --- | --- | --- | --- | --- |")
        for light in LIGHTS:
            print(row(options.model, images, labels, light), flush=True)
    except (OSError, ValueError, KeyError, ModelError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
