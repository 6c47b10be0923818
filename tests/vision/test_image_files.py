"""Pictures are read upright, from regular files of a bounded size, or refused by name."""

import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.errors import PictureError
from moodpid.vision import image_files
from moodpid.vision.cameras.recording import FaultLog
from moodpid.vision.exif import webp_orientation
from moodpid.vision.image_files import decode_grey, read_grey
from moodpid.vision.opencv import cv2
from moodpid.vision.types import GreyImage

# How a picture lies that EXIF turns upright
LYING: dict[int, Callable[[GreyImage], GreyImage]] = {
    1: lambda up: up,
    2: np.fliplr,
    3: lambda up: np.rot90(up, 2),
    4: np.flipud,
    5: np.transpose,
    6: lambda up: np.rot90(up, 1),
    7: lambda up: np.rot90(up, 2).T,
    8: lambda up: np.rot90(up, -1),
}


def upright() -> GreyImage:
    y, x = np.mgrid[:60, :80]
    return np.asarray(3 * y + (x > 50) * 60, np.uint8)


def exif(orientation: int, order: str = "<") -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    return head + struct.pack(f"{order}IHHHIHHI", 8, 1, 0x112, 3, 1, orientation, 0, 0)


def webp(grey: GreyImage, tiff: bytes) -> bytes:
    """Return a WebP file with metadata, put together by its specification."""
    plain = cv2.imencode(".webp", cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), [cv2.IMWRITE_WEBP_QUALITY, 100])[1]
    height, width = grey.shape
    head = b"\x08\0\0\0" + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunks = chunk(b"VP8X", head) + plain.tobytes()[12:] + chunk(b"EXIF", tiff)
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def jpeg(grey: GreyImage, tiff: bytes) -> bytes:
    plain = cv2.imencode(".jpg", grey)[1].tobytes()
    marked = b"Exif\0\0" + tiff
    return plain[:2] + b"\xff\xe1" + struct.pack(">H", len(marked) + 2) + marked + plain[2:]


@pytest.mark.parametrize("orientation", LYING)
@pytest.mark.parametrize("encode", [webp, jpeg])
@pytest.mark.parametrize("order", ["<", ">"])
def test_pictures_are_turned_as_their_exif_says(
    orientation: int, encode: Callable[[GreyImage, bytes], bytes], order: str
) -> None:
    lying = np.ascontiguousarray(LYING[orientation](upright()))
    data = encode(lying, exif(orientation, order))
    grey = decode_grey(data, "a picture")
    assert grey.shape == (60, 80)
    assert np.abs(grey.astype(int) - upright()).mean() < 6


@given(st.binary(max_size=200))
def test_damaged_metadata_counts_as_upright(content: bytes) -> None:
    data = b"RIFF\0\0\0\0WEBP" + chunk(b"EXIF", content)
    assert webp_orientation(data) in range(1, 9)
    assert webp_orientation(content) is None or content.startswith(b"RIFF")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.gif", b"GIF89a" + bytes(40), "GIF is not read; save it as PNG or JPEG"),
        ("a.tif", b"II*\0" + bytes(40), "kind of TIFF"),
        ("a.jpg", b"\xff\xd8\xff" + bytes(40), "damaged or cut short"),
    ],
)
def test_kinds_that_are_not_read_are_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(PictureError, match=says):
        read_grey(tmp_path / name)


def test_what_is_no_regular_file_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "endless.jpg").symlink_to("/dev/zero")
    for name in ("pipe.jpg", "endless.jpg"):
        with pytest.raises(PictureError, match="not a regular file"):
            read_grey(tmp_path / name)


def test_a_link_to_a_picture_is_read(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), upright())
    (tmp_path / "b.png").symlink_to("a.png")
    assert np.array_equal(read_grey(tmp_path / "b.png"), upright())


def test_a_file_of_too_many_bytes_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image_files, "MAX_FILE_BYTES", 1_000_000)
    with (tmp_path / "a.jpg").open("wb") as sparse:
        sparse.truncate(2 * 1024 * 1024)
    with pytest.raises(PictureError, match="more than 1 MB"):
        read_grey(tmp_path / "a.jpg")


def test_a_fault_of_a_recording_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    log = FaultLog()
    for name in ("a.png", "b.png", "a.png", "b.png"):
        log(PictureError(f"{name}: damaged"))
    assert caplog.messages == ["a.png: damaged", "b.png: damaged"]
