#!/usr/bin/env python3
"""Make models/faces/: the average face of each emotion, no real person's, for the bundled recording.

    .venv/bin/python tools/demo/average_faces.py --data FER2013/train.npz

Each is the mean of 200 FER2013 training faces and their mirror images, those for which most FER+
voters (Barsoum et al., 2016) agree with FER2013's own label, sharpened.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from moodpid.mood.emotion import EMOTIONS, Emotion

FACES = 200
# Averaging blurs: unsharp masking gives back some of the edges, with this much of what a blur takes away.
# So much is needed for the bundled network to call each face by its name; the tests of the recording need it
SHARPEN, BLUR_PX = 6.0, 1.0
FOLDER = Path(__file__).parents[2] / "models" / "faces"
# The columns of the FER+ votes
FERPLUS_COLUMN = {
    Emotion.NEUTRAL: 0,
    Emotion.HAPPY: 1,
    Emotion.SURPRISE: 2,
    Emotion.SAD: 3,
    Emotion.ANGRY: 4,
    Emotion.DISGUST: 5,
    Emotion.FEAR: 6,
}


def average(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the mean of (N, h, w) grey pictures and their mirror images, stretched and sharpened."""
    mean = images.astype(np.float64).mean(axis=0)
    mean = (mean + mean[:, ::-1]) / 2
    low, high = np.percentile(mean, (1, 99))
    stretched = np.clip((mean - low) / (high - low) * 215 + 20, 0, 255)
    sharp = stretched + SHARPEN * (stretched - cv2.GaussianBlur(stretched, (0, 0), BLUR_PX))
    return np.asarray(np.clip(sharp, 0, 255), np.uint8)


def clearest(labels: NDArray[np.uint8], votes: NDArray[np.uint8], emotion: Emotion) -> NDArray[np.intp]:
    """Return the rows with this label for which the most FER+ voters agree, at most `FACES`."""
    rows = np.flatnonzero(labels == EMOTIONS.index(emotion))
    agreement = votes[rows, FERPLUS_COLUMN[emotion]]
    return np.asarray(rows[np.argsort(-agreement.astype(int), kind="stable")][:FACES])


def main() -> int:
    """Write the seven PNG files and print how many faces went into each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="train.npz (see its README for the arrays)")
    parser.add_argument("--out", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    data = np.load(arguments.data)
    images, labels, votes = data["images"], data["fer_label"], data["ferplus_votes"]
    arguments.out.mkdir(parents=True, exist_ok=True)
    for emotion in EMOTIONS:
        rows = clearest(labels, votes, emotion)
        file = arguments.out / f"{emotion}.png"
        cv2.imwrite(str(file), average(images[rows]))
        print(f"{file.name}: {len(rows)} faces, {file.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
