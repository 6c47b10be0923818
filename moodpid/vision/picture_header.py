"""How much memory a picture takes to decode, from its header: known before the memory is taken.

Sources: ITU T.81 (JPEG), PNG 1.2, "WebP Container Specification", RFC 6386 and 9649 (WebP), TIFF 6.0, and
BITMAPINFOHEADER of Windows. The bytes per pixel were measured with OpenCV 4.9; they include the grey picture.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from moodpid.vision import exif

# Per pixel
_PNG_BYTES, _BMP_BYTES, _WEBP_BYTES, _TIFF_BYTES, _JPEG_BYTES = 3, 4, 8, 3, 2
_TILE_BYTES = 8  # four samples of 16 bits
_COEFFICIENT_BYTES = 2  # of a JPEG, per sample

_MOST_SEGMENTS = 1000
_FIRST_FRAME, _LAST_FRAME, _SCAN = 0xC0, 0xCF, 0xDA
_NO_FRAMES = frozenset((0xC4, 0xC8, 0xCC))  # tables, and one that is reserved
_PROGRESSIVE = frozenset((0xC2, 0xC6, 0xCA, 0xCE))
_WITHOUT_CONTENT = frozenset((0x00, 0x01, *range(0xD0, 0xDA)))

# Tags of a TIFF
_WIDTH, _HEIGHT, _ROWS_PER_STRIP, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 278, 322, 323


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """The size of a picture, and the memory to decode it.

    Attributes:
        width, height: In pixels.
        decoding_bytes: Memory to decode it, without the file itself.
    """

    width: int
    height: int
    decoding_bytes: int


def read_header(data: bytes) -> PictureHeader | None:
    """Return the header of a picture of a kind that is read here; None for all else, and for damaged ones."""
    readers = {b"\xff\xd8": _jpeg, b"\x89P": _png, b"BM": _bmp, b"RI": _webp, b"II": _tiff, b"MM": _tiff}
    reader = readers.get(data[:2])
    try:
        header = reader(data) if reader else None
    except (struct.error, IndexError, ValueError):  # cut short or damaged
        return None
    return header if header and header.width > 0 and header.height > 0 else None


def _sized(width: int, height: int, bytes_per_pixel: float) -> PictureHeader:
    return PictureHeader(width, height, round(width * height * bytes_per_pixel))


def _png(data: bytes) -> PictureHeader:
    width, height = struct.unpack_from(">II", data, 16)
    return _sized(width, height, _PNG_BYTES)


def _bmp(data: bytes) -> PictureHeader:
    (header_size,) = struct.unpack_from("<I", data, 14)
    old = header_size == 12  # noqa: PLR2004 - BITMAPCOREHEADER
    width, height = struct.unpack_from("<HH" if old else "<ii", data, 18)
    return _sized(abs(width), abs(height), _BMP_BYTES)


def _webp(data: bytes) -> PictureHeader | None:
    match data[12:16]:
        case b"VP8X":
            width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            width, height = ((bits >> shift & 0x3FFF) + 1 for shift in (0, 14))
        case b"VP8 ":
            width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", data, 26))
        case _:
            return None
    return _sized(width, height, _WEBP_BYTES)


def _tiff(data: bytes) -> PictureHeader:
    tags = exif.tiff_numbers(data)
    width, height = tags.get(_WIDTH, 0), tags.get(_HEIGHT, 0)
    tile_width = tags.get(_TILE_WIDTH, width)
    tile_height = tags.get(_TILE_HEIGHT, min(height, tags.get(_ROWS_PER_STRIP, height)))
    tile_bytes = tile_width * tile_height * _TILE_BYTES
    return PictureHeader(width, height, width * height * _TIFF_BYTES + tile_bytes)


def _jpeg(data: bytes) -> PictureHeader | None:
    frame: _JpegFrame | None = None
    for marker, at in _segments(data):
        if _FIRST_FRAME <= marker <= _LAST_FRAME and marker not in _NO_FRAMES:
            frame = _jpeg_frame(data, at)
            if marker in _PROGRESSIVE:
                return frame.header(scans=2)
        elif marker == _SCAN and frame:
            return frame.header(scans=1 if data[at] == frame.components else 2)
    return None


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the marker of each segment of a JPEG, and where its content begins."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if (at := data.find(b"\xff", at)) < 0:
            return
        while data[at] == 0xFF:  # noqa: PLR2004 - fill bytes
            at += 1
        marker, at = data[at], at + 1
        if marker not in _WITHOUT_CONTENT:
            (length,) = struct.unpack_from(">H", data, at)
            yield marker, at + 2
            at += max(2, length)


@dataclass(frozen=True, slots=True)
class _JpegFrame:
    height: int
    width: int
    components: int
    samples_per_pixel: float

    def header(self, *, scans: int) -> PictureHeader:
        """Return the header: all coefficients are kept until the last of several scans."""
        kept = _COEFFICIENT_BYTES * self.samples_per_pixel if scans > 1 else 0
        return _sized(self.width, self.height, _JPEG_BYTES + kept)


def _jpeg_frame(data: bytes, at: int) -> _JpegFrame:
    height, width, components = struct.unpack_from(">HHB", data, at + 1)
    factors = [divmod(data[at + 7 + 3 * number], 16) for number in range(components)]
    largest = max((across for across, _ in factors), default=0) * max(
        (down for _, down in factors), default=0
    )
    samples = sum(across * down for across, down in factors) / max(1, largest)
    return _JpegFrame(height, width, components, samples)
