"""The types that the parts of vision exchange, and the protocols of these parts."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from moodpid.mood.emotion import EmotionScores

GreyImage = NDArray[np.uint8]
"""Shape (height, width); 0 is black, 255 white."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One grey picture of the room.

    Attributes:
        grey: The picture; readers must not change it.
        at_s: When it was taken: monotonic seconds, or the recording's own time in a replay.
    """

    grey: GreyImage
    at_s: float


@dataclass(frozen=True, slots=True)
class Face:
    """The box of a face, in pixels of the frame, from its upper left corner.

    Attributes:
        x, y: The upper left corner of the box, before it is turned.
        width, height: Its sides.
        roll: How far the face is turned around the centre of the box, in degrees, clockwise in the picture.
    """

    x: int
    y: int
    width: int
    height: int
    roll: float = 0.0

    @property
    def area(self) -> int:
        """The area of the box, in square pixels."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """Column and row of the centre of the box."""
        return self.x + self.width / 2, self.y + self.height / 2


class Camera(Protocol):
    """A source of frames that is open from its construction on."""

    def read(self) -> Frame:
        """Return the next frame, at the rate of the source; never waits longer than `time_limited.READ_S`.

        Raises:
            CameraError: The camera stalled or went away; close it and open another.
            RecordingEnded: There are no more frames.
        """

    def set_rate(self, fps: float) -> None:
        """Give this many frames per second from now on, 1 or more, as nearly as the source can.

        Raises:
            CameraError: The driver failed or does not come back; close the camera and open another.
        """

    def close(self) -> None:
        """Give the device back; the camera cannot be used afterwards. May be called twice.

        Raises:
            CameraStuckError: The driver hangs.
        """


class FaceDetector(Protocol):
    """Finds faces."""

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        """Return the faces in the frame, the largest first."""


class EmotionClassifier(Protocol):
    """Classifies the emotion of a face."""

    def classify(self, frame: Frame, face: Face) -> EmotionScores:
        """Return calibrated probabilities for the face in this box."""
