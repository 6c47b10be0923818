"""Make the weights of `moodpid.library.analysis.musicnn` from the authors' package, without TensorFlow.

    python tools/musicnn_weights.py [--wheel FILE] [--output FILE.npz]

Without --wheel pip downloads it, in the version and with the checksum of musicnn_weights.txt. The
licence (ISC) is written beside the weights.
"""

import argparse
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

ROOT = Path(__file__).parents[1]
PIN = Path(__file__).with_suffix(".txt")
CHECKPOINT = "musicnn/MSD_musicnn/"
LICENCE = "musicnn-0.1.0.dist-info/LICENSE.md"

_MAGIC = 0xDB4775248B80FB57  # LevelDB's doc/table_format.md
_FOOTER, _TRAILER = 48, 5
_FLOAT32 = 1  # tensorflow/core/framework/types.proto
_EPSILON = 1e-3  # of tf.layers.batch_normalization
_DEAD_KERNEL, _DEAD_OUTPUT = 1e-6, 1e-4


def main() -> int:
    """Convert; returns 1 with a line on stderr if that fails."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--wheel", type=Path, help="downloaded already")
    parser.add_argument("--output", type=Path, default=ROOT / "moodpid" / "data" / "musicnn.npz")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            wheel = options.wheel or download(Path(folder))
            convert(wheel, options.output)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, subprocess.CalledProcessError) as error:
        print(f"musicnn: the network cannot be made: {error}", file=sys.stderr)
        return 1
    return 0


def download(folder: Path) -> Path:
    """Download the wheel, of which pip checks the checksum; raises CalledProcessError."""
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "download", "--no-deps"]
    subprocess.run([*pip, "--require-hashes", "--requirement", PIN, "--dest", folder], check=True)
    return next(folder.glob("musicnn-*.whl"))


def convert(wheel: Path, output: Path) -> None:
    """Write `output` and its licence; the file is there as a whole or not at all.

    Raises:
        OSError, ValueError, KeyError, zipfile.BadZipFile: The wheel is not the one we know.
    """
    with zipfile.ZipFile(wheel) as archive:
        tensors = read_checkpoint(
            archive.read(f"{CHECKPOINT}.index"), archive.read(f"{CHECKPOINT}.data-00000-of-00001")
        )
        output.with_suffix(".LICENSE").write_bytes(archive.read(LICENCE))
    half_done = output.with_suffix(".new.npz")
    np.savez(half_done, **fold(tensors))
    half_done.replace(output)


def fold(tensors: Mapping[str, Floats]) -> dict[str, Floats]:
    """Return the layers by the names that `Musicnn` reads, such as `conv0.kernel`.

    A filter of the front end whose kernel decayed to nothing gives the same number everywhere. What that adds
    to the dense layer goes into its bias; what it adds to the convolutions is less than rounding.
    """
    out: dict[str, Floats] = {}
    out["input.scale"], out["input.offset"] = _normalization(tensors, 0)
    alive: list[NDArray[np.bool_]] = []
    constants: list[Floats] = []
    for conv in range(5):
        layer = _convolution(tensors, conv)
        constant = np.maximum(layer["bias"], 0) * layer["scale"] + layer["offset"]
        dead = (abs(layer["kernel"]).max(axis=(0, 1)) < _DEAD_KERNEL) & (abs(constant) < _DEAD_OUTPUT)
        alive.append(~dead)
        constants.append(constant)
        out |= {f"conv{conv}.{part}": array[..., ~dead] for part, array in layer.items()}
    kept = np.concatenate(alive)
    for conv in range(5, 8):
        layer = _convolution(tensors, conv)
        if conv == 5:
            layer["kernel"] = layer["kernel"][:, kept]
        out |= {f"conv{conv}.{part}": array for part, array in layer.items()}
    return {**out, **_dense(tensors, kept, np.concatenate(constants))}


def _convolution(tensors: Mapping[str, Floats], number: int) -> dict[str, Floats]:
    name = _numbered("conv2d", number)
    scale, offset = _normalization(tensors, number + 1)
    return {
        "kernel": tensors[f"{name}/kernel"][:, :, 0],
        "bias": tensors[f"{name}/bias"],
        "scale": scale,
        "offset": offset,
    }


def _dense(tensors: Mapping[str, Floats], kept: NDArray[np.bool_], constants: Floats) -> dict[str, Floats]:
    """Return the dense layer over (maximum, mean) of each channel, for the channels that are left."""
    in_scale, in_offset = _normalization(tensors, 9)
    kernel = tensors["dense/kernel"]
    bias = tensors["dense/bias"] + in_offset @ kernel
    kernel = kernel * in_scale[:, None]
    channels = np.concatenate([kept, np.ones(len(kernel) // 2 - len(kept), np.bool_)])
    dead = np.repeat(~channels, 2)
    bias = bias + np.repeat(constants[~kept], 2) @ kernel[dead]
    scale, offset = _normalization(tensors, 10)
    return {
        "dense.kernel": kernel[~dead],
        "dense.bias": bias.astype(np.float32),
        "dense.scale": scale,
        "dense.offset": offset,
    }


def _normalization(tensors: Mapping[str, Floats], number: int) -> tuple[Floats, Floats]:
    """Return batch normalisation as a scale and an offset."""
    name = _numbered("batch_normalization", number)
    scale = tensors[f"{name}/gamma"] / np.sqrt(tensors[f"{name}/moving_variance"] + _EPSILON)
    return scale, tensors[f"{name}/beta"] - tensors[f"{name}/moving_mean"] * scale


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name


def read_checkpoint(index: bytes, data: bytes) -> dict[str, Floats]:
    """Read the float32 tensors of a TensorFlow checkpoint (version 2) of one shard.

    The index is a LevelDB table of BundleEntryProto (tensorflow/core/protobuf/tensor_bundle.proto).

    Raises:
        ValueError: It is something else.
    """
    if len(index) < _FOOTER or int.from_bytes(index[-8:], "little") != _MAGIC:
        raise ValueError("the checkpoint's index is no LevelDB table")
    footer = index[-_FOOTER:]
    at = _handle(footer, 0)[1]  # past the metaindex
    (start, size), _ = _handle(footer, at)
    tensors: dict[str, Floats] = {}
    for _, handle in _block(index, start, size):
        for key, value in _block(index, *_handle(handle, 0)[0]):
            entry = dict(_fields(value))
            if key and entry.get(1) == _FLOAT32:
                tensors[key.decode()] = _tensor(entry, data)
    return tensors


def _tensor(entry: Mapping[int, int | bytes], data: bytes) -> Floats:
    dimensions = [dict(_fields(_as_bytes(dim))).get(1, 0) for _, dim in _fields(_as_bytes(entry.get(2, b"")))]
    shape = tuple(int(size) for size in dimensions)
    offset, size = int(entry.get(4, 0)), int(entry.get(5, 0))
    return np.frombuffer(data[offset : offset + size], "<f4").reshape(shape)


def _block(table: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys and values of one block, which share the beginnings of their keys."""
    if table[start + size] != 0:
        raise ValueError("the checkpoint's index is compressed")
    block = table[start : start + size]
    end = size - 4 * (1 + int.from_bytes(block[-4:], "little"))
    at, key = 0, b""
    while at < end:
        shared, at = _varint(block, at)
        own, at = _varint(block, at)
        length, at = _varint(block, at)
        key = key[:shared] + block[at : at + own]
        yield key, block[at + own : at + own + length]
        at += own + length


def _handle(data: bytes, at: int) -> tuple[tuple[int, int], int]:
    start, at = _varint(data, at)
    size, at = _varint(data, at)
    return (start, size), at


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field of a protocol buffer."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value: int | bytes
        if tag & 7 == 0:
            value, at = _varint(message, at)
        elif tag & 7 == 2:
            length, at = _varint(message, at)
            value, at = message[at : at + length], at + length
        else:
            length = {1: 8, 5: 4}[tag & 7]
            value, at = message[at : at + length], at + length
        yield tag >> 3, value


def _as_bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError("the checkpoint's index has a number where a message belongs")  # noqa: TRY004 - bad data
    return value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


if __name__ == "__main__":
    sys.exit(main())
