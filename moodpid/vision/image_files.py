"""Still pictures from files, as grey values."""

import math
import os
import stat
from pathlib import Path

import numpy as np

from moodpid.errors import PictureError
from moodpid.regular_file import NOT_REGULAR, TooLargeError, read_regular
from moodpid.vision import exif, limits
from moodpid.vision.limits import ReadLimits
from moodpid.vision.opencv import cv2
from moodpid.vision.picture_header import read_header
from moodpid.vision.types import GreyImage

MAX_FILE_BYTES = 64_000_000  # of a picture; 50 megapixels as PNG have less
_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF", b"II*\x00", b"MM\x00*")
_HEADER = 16
MIN_SIDE_PX = 24  # a smaller picture holds no face that can be found


def read_grey(file: Path, sizes: ReadLimits = limits.COMMAND) -> GreyImage:
    """Return the picture in `file`, upright by its EXIF, of shape (height, width).

    Args:
        file: A JPEG, PNG, BMP, TIFF or WebP.
        sizes: How large it may be, and from where on it is made smaller.

    Raises:
        PictureError: Missing, empty, no picture, too large or too small for any face.
    """
    return decode_grey(read_bytes(file, min(MAX_FILE_BYTES, sizes.picture_bytes)), str(file), sizes)


def decode_grey(data: bytes, name: str, sizes: ReadLimits = limits.COMMAND) -> GreyImage:
    """Return the picture that `data` encodes, upright by its EXIF, of shape (height, width).

    Args:
        data: The content of a file: a JPEG, PNG, BMP, TIFF or WebP.
        name: What error lines call it.
        sizes: How large it may be, and from where on it is made smaller.

    Raises:
        PictureError: No picture, too large or too small for any face.
    """
    if not data:
        raise PictureError(f"{name}: empty (0 bytes)")
    _check_size(data, name, sizes.picture_bytes)
    how = cv2.IMREAD_GRAYSCALE
    orientation = exif.webp_orientation(data)
    if orientation is not None:  # some versions of OpenCV obey it and some do not
        how |= cv2.IMREAD_IGNORE_ORIENTATION
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), how)
    except cv2.error as error:
        raise PictureError(f"{name}: cannot be decoded as a picture; it may be damaged") from error
    if picture is None:
        raise PictureError(f"{name}: {_unreadable(data[:_HEADER])}")
    small = _shrunk(np.asarray(picture, np.uint8), sizes.picture_pixels)
    return exif.turn_upright(small, orientation or 1)


def _shrunk(grey: GreyImage, max_pixels: int | None) -> GreyImage:
    if max_pixels is None or grey.size <= max_pixels:
        return grey
    scale = math.sqrt(max_pixels / grey.size)
    return np.asarray(cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def _check_size(data: bytes, name: str, max_bytes: int) -> None:
    """Refuse what is no picture of our kinds, is too small, or would take too much memory to decode."""
    header = read_header(data)
    if header is None:
        raise PictureError(f"{name}: {_unreadable(data[:_HEADER])}")
    size = f"{header.width} x {header.height} pixels"
    if min(header.width, header.height) < MIN_SIDE_PX:
        raise PictureError(f"{name}: {size}; a face needs {MIN_SIDE_PX} x {MIN_SIDE_PX} at least")
    if (needed := len(data) + header.decoding_bytes) > max_bytes:
        megabytes = f"{needed // 1_000_000} MB of memory, {max_bytes // 1_000_000} MB at most"
        raise PictureError(f"{name}: {size} take {megabytes}; make it smaller")


def _unreadable(header: bytes) -> str:
    """Return why OpenCV reads no picture from a file that begins like this."""
    if header.startswith(b"GIF8"):
        return "GIF is not read; save it as PNG or JPEG"
    if header.startswith((b"II*\x00", b"MM\x00*")):
        return "damaged, or a kind of TIFF that is not read; save it as PNG or JPEG"
    return "damaged or cut short" if header.startswith(_SIGNATURES) else "not a picture that OpenCV can read"


def read_bytes(file: Path, max_bytes: int = MAX_FILE_BYTES) -> bytes:
    """Return the content of a picture file.

    Args:
        file: The file.
        max_bytes: What is larger is not read.

    Raises:
        PictureError: Missing, empty, too large, not readable, or no regular file: reading a device or a pipe
            may never end.
    """
    check_picture_file(file)
    try:
        data = read_regular(file, max_bytes)
    except TooLargeError as error:
        raise PictureError(f"{file}: more than {max_bytes // 1_000_000} MB; make it smaller") from error
    except OSError as error:
        raise PictureError(f"{file}: cannot be read: {error.strerror}") from error
    if not data:
        raise PictureError(f"{file}: empty (0 bytes)")
    return data


def check_picture_file(file: Path) -> None:
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
        raise PictureError(f"{file}: {NOT_REGULAR}")
