"""Still pictures from files, as grey values."""

import os
import stat
from pathlib import Path

import numpy as np

from moodpid.errors import PictureError
from moodpid.vision import exif
from moodpid.vision.opencv import MAX_PICTURE_PIXELS, cv2
from moodpid.vision.types import GreyImage

MAX_FILE_BYTES = 64 * 1024 * 1024  # of a picture; 50 megapixels as PNG have less
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF", b"II*\x00", b"MM\x00*")
_HEADER = 16
MIN_SIDE_PX = 24  # a smaller picture holds no face that can be found


def read_grey(file: Path) -> GreyImage:
    """Return the picture in `file`, upright by its EXIF, of shape (height, width).

    Raises:
        PictureError: Missing, empty, no picture, larger than 50 megapixels or too small for any face.
    """
    return decode_grey(read_bytes(file), str(file))


def decode_grey(data: bytes, name: str) -> GreyImage:
    """Return the picture that `data` encodes, upright by its EXIF, of shape (height, width).

    Args:
        data: The content of a file.
        name: What error lines call it.

    Raises:
        PictureError: No picture, larger than 50 megapixels or too small for any face.
    """
    if not data:
        raise PictureError(f"{name}: empty (0 bytes)")
    how = cv2.IMREAD_GRAYSCALE
    orientation = exif.webp_orientation(data)
    if orientation is not None:  # some versions of OpenCV obey it and some do not
        how |= cv2.IMREAD_IGNORE_ORIENTATION
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), how)
    except cv2.error as error:
        if "pixels" in str(error).lower() or "size" in str(error).lower():
            raise PictureError(
                f"{name}: more than {MAX_PICTURE_PIXELS // 1_000_000} megapixels; make it smaller"
            ) from error
        raise PictureError(f"{name}: cannot be decoded as a picture; it may be damaged") from error
    if picture is None:
        raise PictureError(f"{name}: {_unreadable(data[:_HEADER])}")
    height, width = picture.shape
    if min(height, width) < MIN_SIDE_PX:
        raise PictureError(
            f"{name}: {width} x {height} pixels; a face needs {MIN_SIDE_PX} x {MIN_SIDE_PX} at least"
        )
    return exif.turn_upright(np.asarray(picture, np.uint8), orientation or 1)


def _unreadable(header: bytes) -> str:
    """Return why OpenCV reads no picture from a file that begins like this."""
    if header.startswith(b"GIF8"):
        return "GIF is not read; save it as PNG or JPEG"
    if header.startswith((b"II*\x00", b"MM\x00*")):
        return "damaged, or a kind of TIFF that is not read; save it as PNG or JPEG"
    return "damaged or cut short" if header.startswith(_SIGNATURES) else "not a picture that OpenCV can read"


def read_bytes(file: Path) -> bytes:
    """Return the content of a picture file.

    Raises:
        PictureError: Missing, empty, too large, not readable, or no regular file: reading a device or a pipe
            may never end.
    """
    check_regular(file)
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise PictureError(f"{file}: cannot be read: {error.strerror}") from error
    if len(data) > MAX_FILE_BYTES:
        raise PictureError(f"{file}: more than {MAX_FILE_BYTES // 1024 // 1024} MB; make it smaller")
    if not data:
        raise PictureError(f"{file}: empty (0 bytes)")
    return data


def check_regular(file: Path) -> None:
    """Check that a path names a regular file, without opening it.

    Raises:
        PictureError: Missing, a folder, a device, a pipe or a socket.
    """
    try:
        mode = os.stat(file).st_mode  # noqa: PTH116 - Path.stat reports less of a name with a NUL
    except FileNotFoundError:
        raise PictureError(f"{file}: no such file") from None
    except (OSError, ValueError) as error:
        raise PictureError(f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}") from error
    if stat.S_ISDIR(mode):
        raise PictureError(f"{file}: a folder, not a picture; use replay for folders")
    if not stat.S_ISREG(mode):
        raise PictureError(f"{file}: not a regular file, but a device or a pipe")
