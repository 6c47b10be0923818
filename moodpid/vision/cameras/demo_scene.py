"""The bundled recording: average faces that fade from one to the next, with an empty room between."""

import math
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moodpid.mood.emotion import Emotion
from moodpid.vision.image_files import read_grey
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Frame, GreyImage

ROOM_S = 4.0
HOLD_S = 8.0
FADE_S = 1.0
# None is the empty room
ORDER: tuple[Emotion | None, ...] = (
    None,
    Emotion.HAPPY,
    Emotion.SURPRISE,
    Emotion.NEUTRAL,
    None,
    Emotion.SAD,
    Emotion.ANGRY,
    Emotion.FEAR,
    Emotion.DISGUST,
    None,
)
WIDTH, HEIGHT = 640, 480
FACE_PX = 208  # the side of a face: a person on the sofa, two metres away
SWAY_PX, SWAY_S = 12, 7.0  # nobody sits still
GRAIN = 3.0  # standard deviation of the sensor's noise, in grey levels


@dataclass(frozen=True, slots=True)
class Part:
    """The emotion on show from `start_s` on; None is the empty room."""

    start_s: float
    shows: Emotion | None


def script() -> tuple[list[Part], float]:
    """Return the parts in order, and how long one round of them takes in seconds."""
    parts, at_s = [], 0.0
    for shows in ORDER:
        parts.append(Part(at_s, shows))
        at_s += HOLD_S if shows else ROOM_S
    return parts, at_s


class DemoScene:
    """Renders the frames of the bundled recording.

    Args:
        folder: Where the seven average faces lie, `<emotion>.png`.

    Raises:
        PictureError: A face is missing or cannot be read.
    """

    def __init__(self, folder: Path) -> None:
        self._room = _room()
        self._mask = _mask()
        self._faces = {e: _enlarged(read_grey(folder / f"{e}.png")) for e in Emotion}
        self._parts, self.duration_s = script()

    def frames(self, fps: float) -> Generator[Frame, float | None, None]:
        """Yield one round of the recording, `fps` frames per second, or as many as are sent in."""
        from_s, number = 0.0, 0
        while (at_s := from_s + number / fps) < self.duration_s:
            pace = yield Frame(self.picture(at_s), at_s)
            if pace and pace != fps:
                from_s, number, fps = at_s, 0, pace
            number += 1

    def picture(self, at_s: float) -> GreyImage:
        """Return the frame of shape (480, 640) at `at_s` seconds from the start, the same each time."""
        part = max(i for i, p in enumerate(self._parts) if p.start_s <= at_s)
        start_s, shows = self._parts[part].start_s, self._parts[part].shows
        picture = self._paint(shows, at_s)
        share = (at_s - start_s) / FADE_S
        if share < 1.0:
            before = self._paint(self._parts[part - 1].shows, at_s)
            picture = before + (picture - before) * np.float32(share)
        noise = np.random.default_rng(round(at_s * 1000)).normal(0.0, GRAIN, (HEIGHT // 4, WIDTH // 4))
        grain = cv2.resize(noise.astype(np.float32), (WIDTH, HEIGHT), interpolation=cv2.INTER_NEAREST)
        picture += np.asarray(grain, np.float32)
        return np.clip(picture, 0, 255).astype(np.uint8)

    def _paint(self, shows: Emotion | None, at_s: float) -> NDArray[np.float32]:
        picture = self._room.copy()
        if shows is None:
            return picture
        turn = 2 * math.pi * at_s / SWAY_S
        top = (HEIGHT - FACE_PX) // 2 + round(SWAY_PX / 3 * math.sin(2 * turn))
        left = (WIDTH - FACE_PX) // 2 + round(SWAY_PX * math.sin(turn))
        place = picture[top : top + FACE_PX, left : left + FACE_PX]
        place += (self._faces[shows] - place) * self._mask
        return picture


def _room() -> NDArray[np.float32]:
    """Return a wall that gets darker towards its corners."""
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    return np.asarray(128 - 30 * (x**2 + y**2), np.float32)


def _mask() -> NDArray[np.float32]:
    """Return 1 where the face covers the wall, 0 outside, soft at its edge."""
    y, x = np.mgrid[-1 : 1 : FACE_PX * 1j, -1 : 1 : FACE_PX * 1j]
    return np.asarray(np.clip((1.0 - np.maximum(np.abs(x), np.abs(y))) / 0.15, 0, 1), np.float32)


def _enlarged(face: GreyImage) -> NDArray[np.float32]:
    return np.asarray(cv2.resize(face, (FACE_PX, FACE_PX), interpolation=cv2.INTER_CUBIC), np.float32)
