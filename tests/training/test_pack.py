"""Packed faces come back as they were."""

from pathlib import Path

import data
import numpy as np
import pytest

pytest.importorskip("PIL", reason="needs Pillow: pip install -e .[training]")

import pack


def test_packed_faces_come_back_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pack, "DOWN", 2)
    chance = np.random.default_rng(1)
    votes = chance.integers(0, 10, (37, 10)).astype(np.uint8)
    given = data.Faces(chance.integers(0, 256, (37, 48, 48), np.uint8), chance.integers(0, 7, 37), votes)
    for name in ("train", "valid"):
        pack.pack_faces(given, name, tmp_path)
    for read in data.load_folder(tmp_path):
        assert np.array_equal(read.images, given.images)
        assert np.array_equal(read.labels, given.labels)
        assert np.array_equal(read.votes, given.votes)
