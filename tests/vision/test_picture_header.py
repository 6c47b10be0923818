"""The size of a picture, and the memory to decode it, are known from its header."""

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.errors import PictureError
from moodpid.vision import limits
from moodpid.vision.image_files import decode_grey, read_grey
from moodpid.vision.opencv import cv2
from moodpid.vision.picture_header import read_header

LOSSLESS = [cv2.IMWRITE_WEBP_QUALITY, 101]
LOSSY = [cv2.IMWRITE_WEBP_QUALITY, 50]
PROGRESSIVE = [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
KINDS = [
    *((kind, []) for kind in (".jpg", ".png", ".bmp", ".tiff")),
    (".jpg", PROGRESSIVE),
    (".webp", LOSSLESS),
    (".webp", LOSSY),
]


def encoded(kind: str, options: list[int], width: int = 64, height: int = 48) -> bytes:
    picture = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.imencode(kind, picture, options)[1].tobytes()


@given(kind=st.sampled_from(KINDS), width=st.integers(1, 300), height=st.integers(1, 300))
def test_the_header_of_every_kind_gives_its_size(
    kind: tuple[str, list[int]], width: int, height: int
) -> None:
    header = read_header(encoded(*kind, width, height))
    assert header
    assert (header.width, header.height) == (width, height)
    assert width * height <= header.decoding_bytes <= 16 * width * height


@given(
    kind=st.sampled_from(KINDS), end=st.integers(0, 4000), at=st.integers(0, 4000), byte=st.integers(0, 255)
)
def test_a_damaged_header_is_none_or_has_a_size(
    kind: tuple[str, list[int]], end: int, at: int, byte: int
) -> None:
    data = bytearray(encoded(*kind)[:end])
    data[at : at + 1] = bytes([byte])
    header = read_header(bytes(data))
    assert header is None or header.width > 0 < header.height


def test_a_progressive_jpeg_counts_its_coefficients() -> None:
    plain, progressive = (read_header(encoded(".jpg", options)) for options in ([], PROGRESSIVE))
    assert plain
    assert progressive
    assert progressive.decoding_bytes >= plain.decoding_bytes + 64 * 48 * 3


def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    data = bytearray(encoded(".png", []))
    data[16:24] = struct.pack(">II", 12_000, 9_000)
    (tmp_path / "huge.png").write_bytes(data)
    with pytest.raises(PictureError, match="12000 x 9000 pixels take 324 MB of memory, 260 MB at most"):
        read_grey(tmp_path / "huge.png")


def test_a_small_tiff_with_a_huge_tile_is_refused() -> None:
    tags = [(256, 64), (257, 48), (322, 16_384), (323, 16_384)]
    directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    with pytest.raises(PictureError, match="of memory"):
        decode_grey(b"II*\0" + struct.pack("<IH", 8, len(tags)) + directory, "p")


def test_the_service_reads_a_photograph_of_twelve_megapixels() -> None:
    photograph = read_header(encoded(".jpg", [], 4056, 3040))
    assert photograph
    assert photograph.decoding_bytes + 10_000_000 < limits.SERVICE.picture_bytes


def test_the_service_makes_a_large_picture_smaller() -> None:
    picture = encoded(".jpg", [], 3000, 2000)
    assert decode_grey(picture, "p").shape == (2000, 3000)
    assert decode_grey(picture, "p", limits.SERVICE).shape == pytest.approx((816, 1224), abs=1)


def test_a_kind_that_is_not_ours_is_refused_unread() -> None:
    portable = b"P5 64 48 255\n" + bytes(64 * 48)  # OpenCV could
    with pytest.raises(PictureError, match="not a picture that OpenCV can read"):
        decode_grey(portable, "p.png")
