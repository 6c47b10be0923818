"""Geometry of 68 landmarks with an SVM: dlib's landmarks, after Kazemi & Sullivan (2014)."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

ENLARGED_PX = 192
FILE = "shape_predictor_68_face_landmarks.dat"


def predictor_file() -> Path:
    """Return where the package `face_recognition_models` has the landmarks' weights.

    Raises FileNotFoundError where it is not installed.
    """
    found = importlib.util.find_spec("face_recognition_models")
    if found is None or found.origin is None:
        raise FileNotFoundError("needs face_recognition_models: pip install -e .[classical]")
    return Path(found.origin).parent / "models" / FILE


class Landmarks:
    """The whole way from a face to a class; `fit` first."""

    def __init__(self, weights: Path) -> None:
        import dlib  # noqa: PLC0415 - optional

        self._predict = dlib.shape_predictor(str(weights))
        self._box = dlib.rectangle(4, 4, ENLARGED_PX - 4, ENLARGED_PX - 4)

    def fit(self, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        """Learn the classes from (N, 48, 48) grey faces."""
        from sklearn.kernel_approximation import Nystroem  # noqa: PLC0415 - optional
        from sklearn.pipeline import make_pipeline  # noqa: PLC0415
        from sklearn.preprocessing import StandardScaler  # noqa: PLC0415
        from sklearn.svm import LinearSVC  # noqa: PLC0415

        self._svm: Any = make_pipeline(
            StandardScaler(),
            Nystroem(gamma=0.002, n_components=1200, random_state=1),
            LinearSVC(C=1.0, dual=False, max_iter=300, tol=1e-3),
        )
        self._svm.fit(np.stack([self._features(image) for image in images]), labels)

    def classify(self, image: NDArray[np.uint8]) -> int:
        """Return the class of one (48, 48) grey face."""
        return int(self._svm.predict(self._features(image)[None])[0])

    def _features(self, image: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Return coordinates about the middle in units of their spread, upright, and mutual distances."""
        large = cv2.resize(image, (ENLARGED_PX, ENLARGED_PX), interpolation=cv2.INTER_CUBIC)
        shape = self._predict(large, self._box)
        points = np.array([(p.x, p.y) for p in shape.parts()], np.float64)
        eyes = points[42:48].mean(axis=0) - points[36:42].mean(axis=0)
        angle = np.arctan2(eyes[1], eyes[0])
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = (points - points.mean(axis=0)) @ turn
        points /= np.sqrt((points**2).mean())
        inner = points[17:]  # brows, eyes, nose, mouth
        distances = np.linalg.norm(inner[:, None] - inner[None], axis=2)[np.triu_indices(len(inner), 1)]
        return np.asarray(np.concatenate([points.ravel(), distances]), np.float32)
