"""Frames with a face in them, case by case: near and far, turned, dim, blurred."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from benchmarks.detection.furniture import HEIGHT, WIDTH
from benchmarks.detection.heads import UPRIGHT, Canvas, Pose, average_faces, draw_person, flat_face
from benchmarks.detection.rooms import add_noise, draw_room

from moodpid.vision.opencv import cv2
from moodpid.vision.types import GreyImage

_LAMP = (560, 70, 38)  # column, row, radius
_PLACES_SEED = 7


@dataclass(frozen=True, slots=True)
class Case:
    """How faces are shown.

    Attributes:
        name: What the tables call it.
        size_px: The width of a face's box.
        pose: How a head is held; a flat face is only rolled.
        both_ways: Whether to show yaw and roll to either side.
        light: What the picture is multiplied by.
        lamp: Whether a lamp of full brightness is in view.
        blur_px: Standard deviation of a blur.
        noise: Standard deviation of the sensor's noise, in grey levels.
        generated: Whether to show generated heads in drawn rooms, instead of average faces on a wall.
        seed: Decides the places, the heads, the rooms and the noise.
    """

    name: str
    size_px: int = 110
    pose: Pose = UPRIGHT
    both_ways: bool = False
    light: float = 1.0
    lamp: bool = False
    blur_px: float = 0.0
    noise: float = 3.0
    generated: bool = False
    seed: int = 7


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A frame with one face in it.

    Attributes:
        grey: The frame.
        column, row: The centre of the face.
        size_px: The width of its box.
    """

    grey: GreyImage
    column: int
    row: int
    size_px: int


CASES = (
    Case("average faces"),
    Case("60 px wide", size_px=60),
    Case("70 px wide", size_px=70),
    Case("roll 15°", pose=Pose(roll=15.0), both_ways=True),
    Case("roll 20°", pose=Pose(roll=20.0), both_ways=True),
    Case("roll 25°", pose=Pose(roll=25.0), both_ways=True),
    Case("roll 30°", pose=Pose(roll=30.0), both_ways=True),
    Case("light x 0.25", light=0.25),
    Case("light x 0.15", light=0.15),
    Case("light x 0.10", light=0.10),
    Case("light x 0.25, lamp in view", light=0.25, lamp=True, noise=2.0),
    Case("light x 0.15, lamp in view", light=0.15, lamp=True, noise=2.0),
    Case("light x 0.10, lamp in view", light=0.10, lamp=True, noise=2.0),
    Case("blur of 2 px", blur_px=2.0),
    Case("blur of 4 px", blur_px=4.0),
    Case("generated heads in rooms", size_px=120, generated=True),
    Case("… 70 px wide", size_px=70, generated=True),
    Case("… yaw 20°", size_px=120, pose=Pose(yaw=20.0), both_ways=True, generated=True),
    Case("… yaw 35°", size_px=120, pose=Pose(yaw=35.0), both_ways=True, generated=True),
    Case("… yaw 45°", size_px=120, pose=Pose(yaw=45.0), both_ways=True, generated=True),
    Case("… pitch 15°", size_px=120, pose=Pose(pitch=15.0), generated=True),
    Case("… roll 25°", size_px=120, pose=Pose(roll=25.0), both_ways=True, generated=True),
    Case("… light x 0.15", size_px=120, light=0.15, generated=True),
)


def frames(case: Case, count: int) -> Iterator[Shown]:
    """Yield so many frames of a case, the same each time."""
    rng = np.random.default_rng(case.seed)
    first = 1_000 * (case.seed - _PLACES_SEED)  # of the heads and rooms
    faces = average_faces()
    for number in range(count):
        side = -1.0 if case.both_ways and number % 2 else 1.0
        pose = Pose(side * case.pose.yaw, case.pose.pitch, side * case.pose.roll)
        if case.generated:
            margin = case.size_px
            column = int(rng.integers(margin, WIDTH - margin))
            row = int(rng.integers(margin, HEIGHT - margin))
            picture = draw_room(10_000 + first + number).picture[4 : HEIGHT + 4, 4 : WIDTH + 4].copy()
            draw_person(first + number, case.size_px, pose).paste(picture, (column, row))
        else:
            column, row = WIDTH // 2, HEIGHT // 2
            picture = _wall()
            flat_face(faces[number % len(faces)], case.size_px, pose.roll).paste(picture, (column, row))
        yield Shown(_seen(picture, case, rng), column, row, case.size_px)


def is_found(shown: Shown, column: float, row: float) -> bool:
    """Return whether a box with this centre is the face that is shown."""
    reach = 0.4 * shown.size_px
    return abs(column - shown.column) < reach and abs(row - shown.row) < reach


def _wall() -> Canvas:
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    return np.asarray(128 - 30 * (x**2 + y**2), np.float32)


def _seen(picture: Canvas, case: Case, rng: np.random.Generator) -> GreyImage:
    dimmed = picture * np.float32(case.light)
    if case.lamp:
        column, row, radius = _LAMP
        cv2.circle(dimmed, (column, row), radius, (255.0,), -1)
        dimmed = np.asarray(cv2.GaussianBlur(dimmed, (0, 0), 1.0), np.float32)
    if case.blur_px:
        dimmed = np.asarray(cv2.GaussianBlur(dimmed, (0, 0), case.blur_px), np.float32)
    return add_noise(dimmed, rng, case.noise, 0.0)
