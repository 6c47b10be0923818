"""A network of musicnn's form with random weights, and the checkpoint that TensorFlow writes of it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

KERNELS = {
    "conv2d": (7, 38, 1, 8),
    "conv2d_1": (7, 67, 1, 6),
    "conv2d_2": (128, 1, 1, 3),
    "conv2d_3": (64, 1, 1, 3),
    "conv2d_4": (32, 1, 1, 3),
    "conv2d_5": (7, 23, 1, 4),
    "conv2d_6": (7, 4, 1, 4),
    "conv2d_7": (7, 4, 1, 4),
}
NORMALIZED = (1, 8, 6, 3, 3, 3, 4, 4, 4, 70, 200)


def make_tensors() -> dict[str, Floats]:
    """Return the tensors by TensorFlow's names; filters 1 and 2 of the first layer are dead."""
    chance = np.random.default_rng(3)
    tensors: dict[str, Floats] = {}
    for name, shape in KERNELS.items():
        tensors[f"{name}/kernel"] = chance.normal(0, 0.1, shape).astype(np.float32)
        tensors[f"{name}/bias"] = chance.normal(0, 0.1, shape[-1]).astype(np.float32)
    for number, size in enumerate(NORMALIZED):
        name = f"batch_normalization_{number}" if number else "batch_normalization"
        for part in ("gamma", "beta", "moving_mean"):
            tensors[f"{name}/{part}"] = chance.normal(0, 0.5, size).astype(np.float32)
        tensors[f"{name}/moving_variance"] = chance.uniform(0.1, 1, size).astype(np.float32)
    for dead in (1, 2):
        tensors["conv2d/kernel"][..., dead] = 1e-30
        tensors["conv2d/bias"][dead] = -1.0
        tensors["batch_normalization_1/moving_mean"][dead] = 0.0
        tensors["batch_normalization_1/beta"][dead] = 2e-6
    tensors["dense/kernel"] = chance.normal(0, 0.1, (70, 200)).astype(np.float32)
    tensors["dense/bias"] = chance.normal(0, 0.1, 200).astype(np.float32)
    return tensors


def make_checkpoint(tensors: Mapping[str, Floats]) -> tuple[bytes, bytes]:
    """Return index and data of a TensorFlow checkpoint, version 2, with a block for every five tensors."""
    data, entries = b"", [(b"", b"\x08\x01")]
    for name, tensor in sorted(tensors.items()):
        shape = b"".join(_field(2, _number(1, size)) for size in tensor.shape)
        entry = _number(1, 1) + _field(2, shape) + _number(4, len(data)) + _number(5, tensor.nbytes)
        entries.append((name.encode(), entry + b"\x35\x01\x02\x03\x04"))
        data += tensor.tobytes()
    table, handles = b"", []
    for start in range(0, len(entries), 5):
        block = _block(entries[start : start + 5])
        handles.append((entries[start][0], _varint(len(table)) + _varint(len(block))))
        table += block + b"\0crc_"
    meta, index = _block([]), _block(handles)
    footer = _varint(len(table)) + _varint(len(meta))
    footer += _varint(len(table) + len(meta) + 5) + _varint(len(index))
    magic = (0xDB4775248B80FB57).to_bytes(8, "little")
    return table + meta + b"\0crc_" + index + b"\0crc_" + footer.ljust(40, b"\0") + magic, data


def _block(entries: list[tuple[bytes, bytes]]) -> bytes:
    out, before = b"", b""
    for key, value in entries:
        shared = next(
            (i for i, (a, b) in enumerate(zip(before, key, strict=False)) if a != b),
            min(len(before), len(key)),
        )
        out += _varint(shared) + _varint(len(key) - shared) + _varint(len(value)) + key[shared:] + value
        before = key
    return out + (0).to_bytes(4, "little") + (1).to_bytes(4, "little")


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])
