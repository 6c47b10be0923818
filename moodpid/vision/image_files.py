"""Still pictures from files, as grey values."""

from pathlib import Path

import numpy as np

from moodpid.errors import PictureError
from moodpid.vision.opencv import MAX_PICTURE_PIXELS, cv2
from moodpid.vision.types import GreyImage

_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF", b"II*\x00", b"MM\x00*", b"GIF8")
_HEADER = 16
MIN_SIDE_PX = 24  # a smaller picture holds no face that can be found


def read_grey(file: Path) -> GreyImage:
    """Return the picture in `file`, upright as its EXIF says, of shape (height, width).

    Raises:
        PictureError: Missing, empty, no picture, larger than 50 megapixels or too small for any face.
    """
    return decode_grey(read_bytes(file), str(file))


def decode_grey(data: bytes, name: str) -> GreyImage:
    """Return the picture that `data` encodes, upright as its EXIF says, of shape (height, width).

    Args:
        data: The content of a file.
        name: What error lines call it.

    Raises:
        PictureError: No picture, larger than 50 megapixels or too small for any face.
    """
    if not data:
        raise PictureError(f"{name}: empty (0 bytes)")
    try:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error as error:
        if "pixels" in str(error).lower() or "size" in str(error).lower():
            raise PictureError(
                f"{name}: more than {MAX_PICTURE_PIXELS // 1_000_000} megapixels; make it smaller"
            ) from error
        raise PictureError(f"{name}: cannot be decoded as a picture; it may be damaged") from error
    if picture is None:
        known = data[:_HEADER].startswith(_SIGNATURES)
        raise PictureError(
            f"{name}: {'damaged or cut short' if known else 'not a picture that OpenCV can read'}"
        )
    height, width = picture.shape
    if min(height, width) < MIN_SIDE_PX:
        raise PictureError(
            f"{name}: {width} x {height} pixels; a face needs {MIN_SIDE_PX} x {MIN_SIDE_PX} at least"
        )
    return np.asarray(picture, np.uint8)


def read_bytes(file: Path) -> bytes:
    """The content of a file that is not empty.

    Raises:
        PictureError: Missing, a folder, empty, or not to be read.
    """
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        raise PictureError(f"{file}: no such file") from None
    except IsADirectoryError:
        raise PictureError(f"{file}: a folder, not a picture; use replay for folders") from None
    except OSError as error:
        raise PictureError(f"{file}: cannot be read: {error.strerror}") from error
    if not data:
        raise PictureError(f"{file}: empty (0 bytes)")
    return data
