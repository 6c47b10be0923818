from pathlib import Path

import numpy as np
import pytest
from musicnn_weights import fold

from moodpid.errors import ModelError
from moodpid.library.analysis.musicnn import EMBEDDING, Musicnn, patches, slaney_mel_matrix
from tests.library.analysis.checkpoint import make_tensors
from tests.library.analysis.sounds import march


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("network") / "musicnn.npz"
    np.savez(path, **fold(make_tensors()))
    return path


def test_a_song_becomes_two_hundred_numbers(network: Path) -> None:
    embedding = Musicnn(network).embed(march(20.0))
    assert embedding.shape == (EMBEDDING,)
    assert np.isfinite(embedding).all()


def test_a_song_shorter_than_a_patch_is_padded(network: Path) -> None:
    assert [patch.shape for patch in patches(march(1.5), 2)] == [(187, 96), (187, 96)]
    assert np.isfinite(Musicnn(network).embed(march(1.5))).all()


def test_patches_span_the_song_from_its_start_to_its_end() -> None:
    song = march(20.0)
    first, *_, last = patches(song, 6)
    assert np.array_equal(first, patches(song, 1)[0])
    assert not np.array_equal(first, last)


def test_mel_bands_have_unit_area() -> None:
    matrix = slaney_mel_matrix()
    assert matrix.shape == (96, 257)
    assert matrix[20:].sum(axis=1) * 16000 / 512 == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("content", [b"", b"not an archive", b"PK\x03\x04 broken"])
def test_a_broken_file_is_a_model_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "musicnn.npz").write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read"):
        Musicnn(tmp_path / "musicnn.npz")


def test_other_weights_are_a_model_error(tmp_path: Path) -> None:
    np.savez(tmp_path / "musicnn.npz", weights=np.zeros(3))
    with pytest.raises(ModelError, match="not the weights of musicnn"):
        Musicnn(tmp_path / "musicnn.npz")


def test_a_file_with_pickles_is_not_unpickled(tmp_path: Path) -> None:
    np.savez(tmp_path / "musicnn.npz", weights=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ModelError):
        Musicnn(tmp_path / "musicnn.npz")
