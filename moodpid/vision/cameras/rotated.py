"""Turns the frames of a camera that hangs upside down, on its side or behind a mirror."""

import numpy as np

from moodpid.vision.types import Camera, Frame


class RotatedCamera:
    """A camera whose frames are turned, so that faces stand upright: the cascades find no others.

    In software, the same for every camera: it costs little of a look, and sensors cannot turn by 90 degrees.

    Args:
        camera: The camera; it is closed with this one.
        rotation: Clockwise, in degrees: 0, 90, 180 or 270.
        hflip, vflip: Mirror it left to right, and top to bottom, before it is turned.
    """

    def __init__(self, camera: Camera, rotation: int, *, hflip: bool, vflip: bool) -> None:
        self._camera = camera
        self._quarters = -rotation // 90  # numpy turns the other way
        self._flip = slice(None, None, -1 if vflip else 1), slice(None, None, -1 if hflip else 1)

    def read(self) -> Frame:
        """Return the next frame, turned; raises what the camera raises."""
        frame = self._camera.read()
        # OpenCV needs the rows of a picture in the order of memory
        return Frame(np.ascontiguousarray(np.rot90(frame.grey[self._flip], self._quarters)), frame.at_s)

    def set_rate(self, fps: float) -> None:
        """Make this many frames per second; raises what the camera raises."""
        self._camera.set_rate(fps)

    def close(self) -> None:
        """Close the camera; raises what the camera raises."""
        self._camera.close()
