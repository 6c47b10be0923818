"""How the detector's boxes lie on FER2013's crops: measured, since the classifier learned the crops."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import data

FACE_PX = 144  # an upscaled face on the canvas
CANVAS_PX = 288


@dataclass(frozen=True, slots=True)
class Crop:
    """Haar box to FER2013 crop: side = scale * box side, centre moved by shift * box side."""

    scale: float
    shift_x: float
    shift_y: float
    scale_spread: float  # standard deviation of the logarithm
    shift_spread: float  # standard deviation, the mean of both directions
    found: int
    of: int


def measure(images: NDArray[np.uint8]) -> Crop:
    """Find the faces of (N, 48, 48) uint8 crops, each enlarged on a larger grey canvas.

    The canvas has the crop's mean brightness. The detector's settings are OpenCV's usual ones
    (scaleFactor 1.1, minNeighbors 5); a crop without exactly one box on it is not counted.
    """
    cascades = Path(cv2.data.haarcascades)  # type: ignore[attr-defined]
    cascade = cv2.CascadeClassifier(str(cascades / "haarcascade_frontalface_default.xml"))
    margin = (CANVAS_PX - FACE_PX) // 2
    rows = []
    for image in images:
        canvas = np.full((CANVAS_PX, CANVAS_PX), int(image.mean()), np.uint8)
        face = cv2.resize(image, (FACE_PX, FACE_PX), interpolation=cv2.INTER_CUBIC)
        canvas[margin : margin + FACE_PX, margin : margin + FACE_PX] = face
        boxes = cascade.detectMultiScale(canvas, scaleFactor=1.1, minNeighbors=5, minSize=(48, 48))
        if len(boxes) == 1:
            x, y, side, _ = boxes[0]
            away = (CANVAS_PX / 2 - np.array([x, y]) - side / 2) / side
            rows.append((np.log(FACE_PX / side), *away))
    boxes_found = np.array(rows)
    scale, shift_x, shift_y = np.median(boxes_found, axis=0)
    spread = boxes_found.std(axis=0)
    return Crop(
        scale=round(float(np.exp(scale)), 3),
        shift_x=round(float(shift_x), 3),
        shift_y=round(float(shift_y), 3),
        scale_spread=round(float(spread[0]), 3),
        shift_spread=round(float(spread[1:].mean()), 3),
        found=len(rows),
        of=len(images),
    )


def main() -> None:
    """Print the measurement on a sample of training faces as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="an .npz of faces")
    parser.add_argument("--faces", type=int, default=1500)
    arguments = parser.parse_args()
    images = data.load(arguments.data).images
    chosen = np.random.default_rng(1).permutation(len(images))[: arguments.faces]
    print(json.dumps(asdict(measure(images[chosen]))))


if __name__ == "__main__":
    main()
