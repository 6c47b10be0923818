"""Labelled music: features and what people felt, out of the folder that docs/library.md describes."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from moodpid.library.analysis.features import NAMES
from numpy.typing import NDArray

Floats = NDArray[np.float32]

GENRES_APART = ";"
# Which of the nine GEMS scales (Zentner et al., 2008) speak for which quadrant, and how much
GEMS = (
    "amazement",
    "solemnity",
    "tenderness",
    "nostalgia",
    "calmness",
    "power",
    "joyful_activation",
    "tension",
    "sadness",
)
QUADRANT_OF_GEMS = (
    {"joyful_activation": 1.0, "power": 0.5, "amazement": 0.5},
    {"tension": 1.0},
    {"sadness": 1.0},
    {"calmness": 1.0, "tenderness": 1.0},
)
TRACKS_A_GENRE = 100


@dataclass(frozen=True, slots=True, eq=False)
class Songs:
    """Songs with features and labels; n of them.

    Attributes:
        ids: (n,) as in the data.
        artists: (n,) whose songs stay together when data is split.
        genres: Of each song.
        features: (n, 103) in the order of `NAMES`.
        embedding: (n, 200) of the network.
        shares: (n, 4) how much each quadrant fits; each row has the sum 1.
    """

    ids: NDArray[np.str_]
    artists: NDArray[np.str_]
    genres: tuple[frozenset[str], ...]
    features: Floats
    embedding: Floats
    shares: Floats

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def quadrants(self) -> NDArray[np.intp]:
        """The quadrant that fits best, from 0 to 3."""
        return self.shares.argmax(axis=1)


def read_4q(folder: Path) -> Songs:
    """Read 4Q (R. Panda, R. Malheiro, R. P. Paiva, "Novel audio features…", 2018)."""
    with np.load(folder / "q4" / "features.npz") as file:
        ids, features, embedding = (
            file["id"],
            _in_order(file["features"], file["feature_names"]),
            file["emb"][:, 0],
        )
    about = {row["Song"]: row for row in _rows(folder / "q4" / "panda_dataset_taffc_metadata.csv")}
    songs = [about[identifier.split("/")[1]] for identifier in ids]
    quadrants = np.array([int(identifier[1]) - 1 for identifier in ids])
    return Songs(
        ids,
        np.array([song["Artist"] for song in songs]),
        tuple(frozenset(genre.strip() for genre in song["GenresStr"].split(GENRES_APART)) for song in songs),
        features,
        embedding,
        np.eye(4, dtype=np.float32)[quadrants],
    )


def read_emotify(folder: Path) -> Songs:
    """Read Emotify: A. Aljanaki, F. Wiering, R. C. Veltkamp, "Studying emotion induced by music…" (2016).

    It names no artists: each song counts as one of its own.
    """
    with np.load(folder / "emotify" / "features.npz") as file:
        ids, features = file["id"], _in_order(file["features"], file["feature_names"])
    with np.load(folder / "emotify" / "musicnn.npz") as file:
        at = {identifier: row for row, identifier in enumerate(file["id"])}
        embedding = file["emb"][[at[identifier] for identifier in ids], 0]
    felt = _felt(folder / "emotify" / "data.csv")
    shares = np.array([felt[identifier] for identifier in ids], np.float32)
    # No quadrant is rarer than another, as in 4Q: people tick calmness more readily than sadness
    shares = shares / shares.mean(axis=0)
    shares /= shares.sum(axis=1, keepdims=True)
    genres = tuple(frozenset([identifier.split("/")[0]]) for identifier in ids)
    return Songs(ids, ids, genres, features, embedding, shares)


def _felt(path: Path) -> dict[str, Floats]:
    """Each quadrant's share of what the listeners of a song ticked."""
    ticks: dict[str, list[list[float]]] = {}
    for row in _rows(path):
        number = (int(row["track id"]) - 1) % TRACKS_A_GENRE + 1
        values = [
            sum(float(row[name]) * much for name, much in scales.items()) for scales in QUADRANT_OF_GEMS
        ]
        ticks.setdefault(f"{row['genre']}/{number}", []).append(values)
    means = {identifier: np.mean(answers, axis=0) + 1e-3 for identifier, answers in ticks.items()}
    return {identifier: mean / mean.sum() for identifier, mean in means.items()}


def read_spotify(folder: Path) -> tuple[Floats, Floats, NDArray[np.intp]]:
    """Read Spotify's table: four features of the earlier project, ten features, and one of four moods."""
    rows = list(_rows(folder / "spotify" / "data_moods.csv"))
    four = ("valence", "tempo", "energy", "loudness")
    ten = (*four, "danceability", "acousticness", "instrumentalness", "liveness", "speechiness", "length")
    moods = sorted({row["mood"] for row in rows})
    columns = [
        np.array([[float(row[name]) for name in names] for row in rows], np.float32) for names in (four, ten)
    ]
    return columns[0], columns[1], np.array([moods.index(row["mood"]) for row in rows])


def _in_order(features: Floats, names: NDArray[np.str_]) -> Floats:
    if tuple(names) != NAMES:
        raise SystemExit("music: these features have other names than moodpid's: make them again")
    return features


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file, skipinitialspace=True)
