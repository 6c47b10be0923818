"""Checks that a TensorFlow Lite file holds all of its weights: the interpreter reads on beyond its end.

Sources: the internals of FlatBuffers, and TensorFlow's schema (`Model.buffers` is its fifth field, and
`Buffer.data` its first).
"""

import struct

_BUFFERS, _DATA = 4, 0
_MOST_BUFFERS = 100_000
_IDENTIFIER = b"TFL3"


def is_whole(data: bytes) -> bool:
    """Return whether a file is a TensorFlow Lite model whose weights all lie within it."""
    if data[4:8] != _IDENTIFIER:
        return False
    try:
        model = _u32(data, 0)
        vector = _reference(data, model, _BUFFERS)
        if vector is None:
            return False
        count = _u32(data, vector)
        return count <= _MOST_BUFFERS and all(_is_inside(data, vector + 4 + 4 * n) for n in range(count))
    except struct.error:  # an offset out of the file
        return False


def _is_inside(data: bytes, entry: int) -> bool:
    """Return whether the buffer that this entry of a vector refers to lies within the file."""
    weights = _reference(data, entry + _u32(data, entry), _DATA)
    return weights is None or weights + 4 + _u32(data, weights) <= len(data)


def _reference(data: bytes, table: int, field: int) -> int | None:
    """Return where the object lies that a field of a table refers to, None if the field is not there."""
    (back,) = struct.unpack_from("<i", data, table)
    fields = table - back
    if fields < 0:
        raise struct.error("a table before the file")
    (size,) = struct.unpack_from("<H", data, fields)
    place = 4 + 2 * field
    if place + 2 > size:
        return None
    (offset,) = struct.unpack_from("<H", data, fields + place)
    return table + offset + _u32(data, table + offset) if offset else None


def _u32(data: bytes, at: int) -> int:
    (value,) = struct.unpack_from("<I", data, at)
    return int(value)
