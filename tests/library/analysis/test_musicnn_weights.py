import zipfile
from pathlib import Path
from typing import Any

import musicnn_weights
import numpy as np
import pytest

from moodpid.library.analysis.musicnn import Musicnn
from tests.library.analysis.checkpoint import Floats, make_checkpoint, make_tensors


def forward(tensors: dict[str, Floats], patch: Floats) -> Any:  # noqa: ANN401 - numpy says so
    """The network as its authors wrote it, with every filter, in the plainest way."""

    def normalized(number: int, x: Floats) -> Any:  # noqa: ANN401 - numpy says so
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        centred = x - tensors[f"{name}/moving_mean"]
        return (
            centred / np.sqrt(tensors[f"{name}/moving_variance"] + 1e-3) * tensors[f"{name}/gamma"]
            + tensors[f"{name}/beta"]
        )

    def convolved(number: int, x: Floats) -> Any:  # noqa: ANN401 - numpy says so
        name = f"conv2d_{number}" if number else "conv2d"
        kernel = tensors[f"{name}/kernel"][:, :, 0]
        before = (len(kernel) - 1) // 2
        padded = np.pad(x, ((before, len(kernel) - 1 - before), (0, 0)))
        windows = np.lib.stride_tricks.sliding_window_view(padded, kernel.shape[:2])
        return normalized(
            number + 1, np.maximum(np.einsum("tfij,ijc->tfc", windows, kernel) + tensors[f"{name}/bias"], 0)
        )

    x = normalized(0, patch)
    front = np.concatenate([convolved(number, x).max(axis=1) for number in range(5)], axis=1)
    layers = [front, convolved(5, front)[:, 0]]
    for number in (6, 7):
        layers.append(convolved(number, layers[-1])[:, 0] + layers[-1])
    together = np.concatenate(layers, axis=1)
    flat = normalized(9, np.stack([together.max(axis=0), together.mean(axis=0)], axis=1).ravel())
    return normalized(10, np.maximum(flat @ tensors["dense/kernel"] + tensors["dense/bias"], 0))


def make_wheel(path: Path, tensors: dict[str, Floats]) -> Path:
    index, data = make_checkpoint(tensors)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("musicnn/MSD_musicnn/.index", index)
        archive.writestr("musicnn/MSD_musicnn/.data-00000-of-00001", data)
        archive.writestr("musicnn-0.1.0.dist-info/LICENSE.md", "ISC License")
    return path


def test_the_converted_network_says_what_the_whole_one_does(tmp_path: Path) -> None:
    tensors = make_tensors()
    musicnn_weights.convert(make_wheel(tmp_path / "musicnn.whl", tensors), tmp_path / "musicnn.npz")
    patch = np.random.default_rng(5).uniform(0, 4, (187, 96)).astype(np.float32)
    converted = Musicnn(tmp_path / "musicnn.npz").embed_patch(patch)
    assert converted == pytest.approx(forward(tensors, patch), abs=1e-4)
    assert (tmp_path / "musicnn.LICENSE").read_text(encoding="utf-8") == "ISC License"
    assert {file.suffix for file in tmp_path.iterdir()} == {".whl", ".npz", ".LICENSE"}


def test_dead_filters_are_left_out() -> None:
    folded = musicnn_weights.fold(make_tensors())
    assert folded["conv0.kernel"].shape == (7, 38, 6)
    assert folded["conv5.kernel"].shape == (7, 21, 4)
    assert folded["dense.kernel"].shape == (66, 200)


def test_a_checkpoint_is_read_as_it_was_written() -> None:
    tensors = make_tensors()
    read = musicnn_weights.read_checkpoint(*make_checkpoint(tensors))
    assert read.keys() == tensors.keys()
    assert all(np.array_equal(read[name], tensors[name]) for name in tensors)


@pytest.mark.parametrize("index", [b"", b"short", bytes(200)])
def test_another_file_is_no_checkpoint(index: bytes) -> None:
    with pytest.raises(ValueError, match="no LevelDB table"):
        musicnn_weights.read_checkpoint(index, b"")


def test_a_wheel_without_the_network_exits_with_code_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with zipfile.ZipFile(tmp_path / "other.whl", "w") as archive:
        archive.writestr("other.py", "")
    output = tmp_path / "musicnn.npz"
    monkeypatch.setattr(
        "sys.argv", ["musicnn", "--wheel", str(tmp_path / "other.whl"), "--output", str(output)]
    )
    assert musicnn_weights.main() == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert not output.exists()
