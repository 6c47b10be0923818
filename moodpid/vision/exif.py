"""The orientation of a WebP picture, which OpenCV reads of other kinds only; and the tags of a TIFF.

Sources: "WebP Container Specification" for the chunks, EXIF 2.32 for the tag.
"""

import contextlib
import struct
from collections.abc import Iterator

import numpy as np

from moodpid.vision.types import GreyImage

_ORIENTATION_TAG = 0x0112
_SHORT, _LONG = 3, 4  # types of tags: two bytes, four bytes
_MOST_CHUNKS, _MOST_TAGS = 64, 256


def webp_orientation(data: bytes) -> int | None:
    """Return the orientation in a WebP file, from 1 (upright) to 8; None for other files.

    Damaged metadata counts as upright.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP":
        return None
    for name, content in _chunks(data):
        if name == b"EXIF":
            return _tiff_orientation(content.removeprefix(b"Exif\0\0"))
    return 1


def turn_upright(grey: GreyImage, orientation: int) -> GreyImage:
    """Return a picture of this EXIF orientation turned and mirrored upright."""
    # Mirrored top to bottom, left to right, and along the diagonal, in this order
    down, right, across = {
        1: (1, 1, False),
        2: (1, -1, False),
        3: (-1, -1, False),
        4: (-1, 1, False),
        5: (1, 1, True),
        6: (-1, 1, True),
        7: (-1, -1, True),
        8: (1, -1, True),
    }[orientation]
    if orientation == 1:
        return grey
    mirrored = grey[::down, ::right]
    return np.ascontiguousarray(mirrored.T if across else mirrored)


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data):
            return
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        yield name, data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2  # chunks begin at even places


def _tiff_orientation(tiff: bytes) -> int:
    value = tiff_numbers(tiff).get(_ORIENTATION_TAG, 1)
    return value if 1 <= value <= 8 else 1  # noqa: PLR2004 - EXIF's values


def tiff_numbers(tiff: bytes) -> dict[int, int]:
    """Return the tags of a TIFF's first directory that are one number, of a damaged one the whole ones."""
    numbers: dict[int, int] = {}
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return numbers
    with contextlib.suppress(struct.error):  # cut short
        (begin,) = struct.unpack_from(f"{order}4xI", tiff)
        (count,) = struct.unpack_from(f"{order}H", tiff, begin)
        for number in range(min(count, _MOST_TAGS)):
            at = begin + 2 + 12 * number
            tag, kind = struct.unpack_from(f"{order}HH", tiff, at)
            if kind in (_SHORT, _LONG):
                form = f"{order}8xH" if kind == _SHORT else f"{order}8xI"
                numbers.setdefault(tag, *struct.unpack_from(form, tiff, at))
    return numbers
