"""FER2013 with the FER+ votes: read, cleaned of duplicates, and turned into soft targets."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
VOTES = (
    "neutral", "happiness", "surprise", "sadness", "anger",
    "disgust", "fear", "contempt", "unknown", "not-a-face",
)  # fmt: skip
SIDE_PX = 48
BLANK_STD = 3.0  # a picture flatter than this (grey levels) shows nothing


@dataclass(frozen=True, slots=True, eq=False)
class Faces:
    """Grey faces with what people said about them.

    images: (N, 48, 48) uint8. labels: (N,) int64, an index into LABELS.
    votes: (N, 10) uint8 in the order of VOTES; a row without FER+ votes is all zero.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int64]
    votes: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[Any]) -> Faces:
        """Return the rows that an index or a mask selects."""
        return Faces(self.images[rows], self.labels[rows], self.votes[rows])


def load(path: Path) -> Faces:
    """Read an `.npz` with `images` and `fer_label`, and `ferplus_votes` where it has them.

    Raises OSError where there is no such file, ValueError where it holds something else.
    """
    with np.load(path) as arrays:
        try:
            images, labels = arrays["images"], arrays["fer_label"]
        except KeyError as missing:
            raise ValueError(f"{path} has no array {missing}") from missing
        votes = arrays["ferplus_votes"] if "ferplus_votes" in arrays else _no_votes(len(labels))
    if images.shape != (len(labels), SIDE_PX, SIDE_PX) or images.dtype != np.uint8:
        raise ValueError(f"{path}: images must be (N, 48, 48) uint8, not {images.shape} {images.dtype}")
    if len(labels) and int(labels.max()) >= len(LABELS):
        raise ValueError(f"{path}: fer_label must be 0 to 6, not {int(labels.max())}")
    return Faces(images, labels.astype(np.int64), votes)


def load_csv(fer2013: Path, ferplus: Path | None, usage: str) -> Faces:
    """Read one split out of Kaggle's `fer2013.csv` with FER+'s `fer2013new.csv` beside it.

    usage: "Training", "PublicTest" or "PrivateTest". FER+'s file has a row for every row of
    FER2013's, in the same order.
    """
    images: list[NDArray[np.uint8]] = []
    labels: list[int] = []
    rows: list[int] = []
    with fer2013.open(newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            if row["Usage"] == usage:
                images.append(np.array(row["pixels"].split(), np.uint8).reshape(SIDE_PX, SIDE_PX))
                labels.append(int(row["emotion"]))
                rows.append(number)
    votes = _no_votes(len(rows)) if ferplus is None else _csv_votes(ferplus)[rows]
    return Faces(np.array(images), np.array(labels, np.int64), votes)


def _csv_votes(ferplus: Path) -> NDArray[np.uint8]:
    with ferplus.open(newline="") as file:
        reader = csv.reader(file)
        next(reader)
        return np.array([row[2:12] for row in reader], np.uint8)


def _no_votes(rows: int) -> NDArray[np.uint8]:
    return np.zeros((rows, len(VOTES)), np.uint8)


def load_folder(folder: Path) -> tuple[Faces, Faces]:
    """Read training and validation faces: `train.npz` and `valid.npz`, packed ones, or Kaggle's csv files."""
    if (folder / "train.labels.npz").exists():
        from pack import unpack_faces

        return unpack_faces("train", folder), unpack_faces("valid", folder)
    if (folder / "train.npz").exists():
        return load(folder / "train.npz"), load(folder / "valid.npz")
    ferplus = folder / "fer2013new.csv"
    votes = ferplus if ferplus.exists() else None
    fer2013 = folder / "fer2013.csv"
    return load_csv(fer2013, votes, "Training"), load_csv(fer2013, votes, "PublicTest")


def checksums(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every data file in the folder, by name."""
    files = sorted([*folder.glob("*.npz"), *folder.glob("*.csv")])
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def cleaned(train: Faces, valid: Faces) -> Faces:
    """Leave out of training what would flatter or confuse it.

    Out go pictures that stand in `valid` byte for byte, blank pictures, pictures that stand in
    `train` under different labels, and all but the first of those under the same label.
    """
    held_out = {image.tobytes() for image in valid.images}
    rows_of: defaultdict[bytes, list[int]] = defaultdict(list)
    for row, image in enumerate(train.images):
        rows_of[image.tobytes()].append(row)
    keep = [
        rows[0]
        for image, rows in rows_of.items()
        if image not in held_out
        and len({int(train.labels[row]) for row in rows}) == 1
        and train.images[rows[0]].std() >= BLANK_STD
    ]
    return train.take(np.array(sorted(keep), np.int64))


def prior(labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the seven class frequencies; they add up to 1."""
    counts = np.bincount(labels, minlength=len(LABELS)).astype(np.float64)
    return np.asarray(counts / counts.sum())


def vote_distribution(votes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Turn (N, 10) votes into distributions; rows without votes stay all zero."""
    totals = votes.sum(axis=1, keepdims=True)
    shares = np.zeros(votes.shape, np.float32)
    np.divide(votes, totals, out=shares, where=totals > 0)
    return shares


def label_given_votes(faces: Faces, known: Faces | None = None, steps: int = 500) -> NDArray[np.float32]:
    """Estimate P(FER2013 label | FER+ votes) for every row: (N, 7), rows add up to 1.

    FER2013's label is one noisy draw; ten FER+ votes say much about what it was drawn from, but
    on another scale (FER+ has twice the "neutral"). A softmax regression from the votes to the
    labels puts them on FER2013's scale, so a target made of it does not pull towards neutral.
    Rows without votes get the prior. Fitted on `known`, or on the faces themselves, by gradient
    descent with momentum on a convex loss: the result is the same every time.
    """
    known = known or faces
    voted, fitted = (each.votes.sum(axis=1) > 0 for each in (faces, known))
    posterior = np.tile(prior(known.labels), (len(faces), 1))
    if not fitted.any():
        return posterior.astype(np.float32)
    features, wanted = _features(known.votes[fitted]), np.eye(len(LABELS))[known.labels[fitted]]
    weights = np.zeros((features.shape[1], len(LABELS)))
    velocity = np.zeros_like(weights)
    for _ in range(steps):
        gradient = features.T @ (_softmax(features @ weights) - wanted) / len(features)
        velocity = 0.95 * velocity - 0.5 * (gradient + 1e-5 * weights)
        weights += velocity
    posterior[voted] = _softmax(_features(faces.votes[voted]) @ weights)
    return posterior.astype(np.float32)


def _features(votes: NDArray[np.uint8]) -> NDArray[np.float64]:
    shares = vote_distribution(votes).astype(np.float64)
    return np.hstack([shares, np.sqrt(shares), np.ones((len(shares), 1))])


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def soft_targets(faces: Faces, votes_share: float) -> NDArray[np.float32]:
    """Mix FER2013's own label with `label_given_votes`: (N, 7), rows add up to 1."""
    own = np.eye(len(LABELS), dtype=np.float32)[faces.labels]
    if votes_share == 0.0:
        return own
    return (1.0 - votes_share) * own + votes_share * label_given_votes(faces)
