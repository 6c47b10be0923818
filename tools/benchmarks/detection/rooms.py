"""Empty living rooms that nobody photographed, drawn from a seed, for counting faces where there are none.

A room is a wall with a window, pictures, a clock, sockets and shelves, and before it sofas with cushions,
cabinets, plants, lamps and patterned cloth on a floor of boards. Two rooms in five are lit by lamps at night.
A frame of a room has the noise of a sensor (its shot noise grows with the light, its read noise with the
gain) and is shifted by a fraction of a pixel, as a camera on a shelf in a lived-in house is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from benchmarks.detection import furniture
from benchmarks.detection.furniture import EDGE_PX, HEIGHT, WIDTH, Canvas
from numpy.typing import NDArray

from moodpid.vision.opencv import cv2

_SHIFT_PX = 0.4  # standard deviation of the shift between frames
_NIGHT = 0.4  # share of the rooms that are lit by lamps alone

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """An empty room and the sensor that looks at it.

    Attributes:
        picture: Grey values from 0 to 255 without noise, shape (488, 648).
        read_noise: Standard deviation of the noise in the dark, in grey levels.
        shot_noise: Standard deviation that white adds to it, in grey levels.
        night: Whether lamps are the only light.
    """

    picture: Canvas
    read_noise: float
    shot_noise: float
    night: bool

    def frame(self, seed: int) -> NDArray[np.uint8]:
        """Return the frame of this number, shape (480, 640), the same for the same number."""
        rng = np.random.default_rng(seed)
        shift_x, shift_y = rng.normal(0.0, _SHIFT_PX, 2).clip(-EDGE_PX / 2, EDGE_PX / 2)
        move = np.array([[1, 0, shift_x - EDGE_PX], [0, 1, shift_y - EDGE_PX]], np.float32)
        moved = cv2.warpAffine(self.picture, move, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR)
        return add_noise(np.asarray(moved, np.float32), rng, self.read_noise, self.shot_noise)


def add_noise(
    picture: Canvas, rng: np.random.Generator, read_noise: float, shot_noise: float
) -> NDArray[np.uint8]:
    """Return a picture as a sensor with this noise sees it, of the same shape."""
    deviation = np.sqrt(read_noise**2 + shot_noise**2 * np.clip(picture, 0, 255) / 255)
    noisy = picture + deviation * rng.standard_normal(picture.shape, np.float32)
    return np.asarray(np.clip(np.rint(noisy), 0, 255), np.uint8)


def draw_room(seed: int) -> Room:
    """Return the room of this seed."""
    rng = np.random.default_rng(seed)
    canvas, floor = _shell(rng)
    # What stands further back is drawn first
    _repeat(rng, 0, 2, lambda: furniture.window(rng, canvas, floor))
    _repeat(rng, 1, 5, lambda: furniture.poster(rng, canvas, floor))
    _repeat(rng, 0, 3, lambda: furniture.clock(rng, canvas, floor))
    _repeat(rng, 0, 4, lambda: furniture.socket(rng, canvas, floor))
    _repeat(rng, 0, 3, lambda: furniture.shelf(rng, canvas, floor))
    _repeat(rng, 0, 3, lambda: furniture.cabinet(rng, canvas, floor))
    _repeat(rng, 0, 2, lambda: furniture.sofa(rng, canvas, floor))
    _repeat(rng, 0, 3, lambda: furniture.cloth(rng, canvas))
    _repeat(rng, 0, 3, lambda: furniture.plant(rng, canvas, floor))
    night = bool(rng.random() < _NIGHT)
    lamps = _repeat(rng, int(night), 3, lambda: furniture.lamp(rng, canvas, floor))
    lit = _light(rng, canvas, [lamp for lamp in lamps if lamp], night=night)
    blurred = cv2.GaussianBlur(lit, (0, 0), float(rng.uniform(0.6, 1.5)))
    noise = (rng.uniform(2.0, 7.0), rng.uniform(2.0, 6.0)) if night else rng.uniform(0.5, 4.0, 2)
    return Room(np.asarray(blurred, np.float32), float(noise[0]), float(noise[1]), night)


def _repeat(rng: np.random.Generator, least: int, most: int, draw: Callable[[], T]) -> list[T]:
    return [draw() for _ in range(int(rng.integers(least, most + 1)))]


def _shell(rng: np.random.Generator) -> tuple[Canvas, int]:
    """Return a wall with a floor, and the row where the floor begins."""
    height, width = HEIGHT + 2 * EDGE_PX, WIDTH + 2 * EDGE_PX
    canvas = np.full((height, width), rng.uniform(90, 220), np.float32)
    if rng.random() < 0.3:  # wallpaper
        canvas += furniture.pattern(rng, canvas.shape, rng.uniform(4, 20))
    floor = int(rng.integers(280, 430))
    canvas[floor:] = rng.uniform(50, 170)
    boards = int(rng.integers(12, 40))
    for row in range(floor, height, boards):
        canvas[row : row + 1] -= rng.uniform(10, 40)
    canvas[floor - int(rng.integers(3, 12)) : floor] = rng.uniform(120, 240)  # skirting board
    return canvas, floor


def _light(rng: np.random.Generator, canvas: Canvas, lamps: list[tuple[int, int]], *, night: bool) -> Canvas:
    """Return the scene by day, lit from one side, or at night, with light around the lamps."""
    y, x = np.mgrid[: canvas.shape[0], : canvas.shape[1]].astype(np.float32)
    if not night:
        slope = rng.uniform(-0.25, 0.25) * (x / WIDTH - 0.5)
        return np.asarray(np.clip(canvas * rng.uniform(0.5, 1.1) * (1 + slope), 0, 255), np.float32)
    light = np.full_like(canvas, rng.uniform(0.06, 0.3))
    glow = np.zeros_like(canvas)
    for lamp_x, lamp_y in lamps:
        distance = np.hypot(x - lamp_x, y - lamp_y)
        light += rng.uniform(0.3, 0.9) * np.exp(-distance / rng.uniform(60, 200))
        glow += rng.uniform(150, 260) * np.exp(-((distance / rng.uniform(15, 35)) ** 2))
    return np.asarray(np.clip(canvas * light + glow, 0, 255), np.float32)
