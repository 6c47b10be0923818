"""How large pictures and videos may be: less in the service, which has 250 MB (MemoryMax of its unit)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """What may be read.

    Attributes:
        picture_bytes: Memory to decode a picture, its file included.
        video_pixels: Of a picture of a video. FFmpeg holds several decoded ones, OpenCV one more in colour.
        picture_pixels: Larger pictures are made smaller, since to find faces takes 14 bytes a pixel.
    """

    picture_bytes: int
    video_pixels: int
    picture_pixels: int | None = None


COMMAND = ReadLimits(picture_bytes=260_000_000, video_pixels=9_000_000)
"""For one-shot commands: most pictures of 50 megapixels, videos of 4096 x 2160."""
SERVICE = ReadLimits(picture_bytes=36_000_000, video_pixels=2_400_000, picture_pixels=1_000_000)
"""For the service: most photographs of 12 megapixels, videos of 1920 x 1200."""
