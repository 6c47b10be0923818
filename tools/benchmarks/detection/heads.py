"""Heads for measuring a face detector: the seven average faces, flat, or on a head that turns.

No head is of a person. Its face is a mixture of the average faces of models/faces, drawn from a seed; its
shape is an ellipsoid with a nose, so that what lies behind the cheek and the nose is hidden as it turns.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moodpid.vision.opencv import cv2

AVERAGES = Path(__file__).parents[3] / "models" / "faces"
Canvas = NDArray[np.float32]

# Semi-axes of the head to the side, down and to the front, in half widths of a detector's box
_AXES = np.array([0.92, 1.25, 1.15], np.float32)
_REACH = 1.6  # of the drawn square around the box's centre, in the same unit
_NOSE = 0.24  # how far it stands out
_HAIR_BELOW, _HAIR_BEHIND = -0.72, 0.1  # hair begins above this height, and behind this depth


@dataclass(frozen=True, slots=True)
class Pose:
    """How a head is held, in degrees.

    Attributes:
        yaw: To its left as the camera sees it.
        pitch: Downwards.
        roll: Towards a shoulder, clockwise as the camera sees it.
    """

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0


UPRIGHT = Pose()


@dataclass(frozen=True, slots=True, eq=False)
class Cutout:
    """Something to lay over a picture.

    Attributes:
        picture: Grey values, shape (side, side).
        mask: From 0, not there, to 1, of the same shape.
    """

    picture: Canvas
    mask: Canvas

    def paste(self, canvas: Canvas, centre: tuple[int, int]) -> None:
        """Lay it over a picture, around the pixel (column, row); what reaches over an edge is cut off."""
        side = self.picture.shape[0]
        left, top = centre[0] - side // 2, centre[1] - side // 2
        height, width = canvas.shape
        x0, y0, x1, y1 = max(0, left), max(0, top), min(width, left + side), min(height, top + side)
        here = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
        place = canvas[y0:y1, x0:x1]
        place += (self.picture[here] - place) * self.mask[here]


def average_faces() -> list[Canvas]:
    """Return the seven average faces, each of shape (48, 48)."""
    files = sorted(AVERAGES.glob("*.png"))
    return [np.asarray(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), np.float32) for file in files]


def flat_face(face: Canvas, side: int, roll: float = 0.0) -> Cutout:
    """Return an average face as a picture on the wall, `side` pixels wide, turned by `roll` degrees."""
    how = cv2.INTER_AREA if side < face.shape[0] else cv2.INTER_CUBIC
    enlarged = cv2.resize(face, (side, side), interpolation=how)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    mask = np.clip((1 - np.maximum(abs(x), abs(y))) / 0.15, 0, 1).astype(np.float32)
    whole = round(side * 1.45)  # the diagonal
    turn = np.asarray(cv2.getRotationMatrix2D((side / 2, side / 2), -roll, 1.0), np.float64)
    turn[:, 2] += (whole - side) / 2
    size = whole, whole
    picture = cv2.warpAffine(enlarged, turn, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return Cutout(np.asarray(picture, np.float32), np.asarray(cv2.warpAffine(mask, turn, size), np.float32))


def draw_person(seed: int, side: int, pose: Pose) -> Cutout:
    """Return the head and shoulders of the person of this seed, the face's box `side` pixels wide."""
    rng = np.random.default_rng(seed)
    faces = average_faces()
    weights = rng.dirichlet(np.full(len(faces), 0.6))
    face = np.sum([w * f for w, f in zip(weights, faces, strict=True)], axis=0)
    skin = float(rng.uniform(0.75, 1.15))
    face = (face - face.mean()) * rng.uniform(0.8, 1.1) + face.mean() * skin
    hair, shirt = float(rng.uniform(15, 160)), float(rng.uniform(20, 220))
    whole = round(side * _REACH)
    v, u = np.mgrid[-_REACH : _REACH : whole * 1j, -_REACH : _REACH : whole * 1j].astype(np.float32)
    picture, mask = _torso(u, v, float(face.mean()), shirt)
    head, there = _head((u, v), np.asarray(face, np.float32), hair, pose, float(rng.uniform(-1, 1)))
    soft = np.asarray(cv2.GaussianBlur(there, (0, 0), max(0.5, side / 100)), np.float32)
    return Cutout(picture + (head - picture) * there, np.maximum(mask, soft))


def _torso(u: Canvas, v: Canvas, skin: float, shirt: float) -> tuple[Canvas, Canvas]:
    neck = (np.abs(u) < 0.5) & (v > 0.4)
    shoulders = (u / 1.9) ** 2 + ((v - 2.1) / 0.9) ** 2 < 1
    picture = np.where(shoulders, shirt, 0.6 * skin).astype(np.float32)
    return picture, (neck | shoulders).astype(np.float32)


def _head(
    points: tuple[Canvas, Canvas], face: Canvas, hair: float, pose: Pose, light: float
) -> tuple[Canvas, Canvas]:
    """Return a head at the points (u, v) of the picture, seen from far away, and where it is."""
    u, v = points
    turn = _rotation(pose)
    form = turn @ np.diag(1 / _AXES**2) @ turn.T
    # The nearest of the two points of each ray in which it meets the ellipsoid
    half = (form[0, 2] * u + form[1, 2] * v) / form[2, 2]
    rest = form[0, 0] * u**2 + 2 * form[0, 1] * u * v + form[1, 1] * v**2 - 1
    root = half**2 - rest / form[2, 2]
    there = (root > 0).astype(np.float32)
    depth = -half + np.sqrt(np.maximum(root, 0))
    for _ in range(4):  # the nose stands out, and hides what is behind it
        x, y, z = _in_head(turn, u, v, depth)
        base = 1 - (x / _AXES[0]) ** 2 - (y / _AXES[1]) ** 2
        surface = _AXES[2] * np.sqrt(np.maximum(base, 0)) + _nose(x, y)
        depth = depth + np.where(z > 0, 0.7 * (surface - z) * turn[2, 2], 0)
    x, y, z = _in_head(turn, u, v, depth)
    shade = 1 + 0.25 * light * (turn @ np.stack([x, y, z]).reshape(3, -1))[0].reshape(u.shape)
    return np.asarray(_colour(x, y, z, face, hair) * shade, np.float32), there


def _rotation(pose: Pose) -> NDArray[np.float32]:
    """Return the matrix that takes the head's axes (right, down, front) to the camera's."""
    yaw, pitch, roll = np.deg2rad([pose.yaw, pose.pitch, pose.roll])
    turn_yaw = [[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]]
    turn_pitch = [[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]]
    turn_roll = [[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]]
    return np.asarray(np.array(turn_roll) @ np.array(turn_pitch) @ np.array(turn_yaw), np.float32)


def _in_head(turn: NDArray[np.float32], u: Canvas, v: Canvas, depth: Canvas) -> tuple[Canvas, Canvas, Canvas]:
    x, y, z = turn.T @ np.stack([u, v, depth]).reshape(3, -1)
    return x.reshape(u.shape), y.reshape(u.shape), z.reshape(u.shape)


def _nose(x: Canvas, y: Canvas) -> Canvas:
    return np.asarray(_NOSE * np.exp(-((x / 0.17) ** 2) - ((y - 0.12) / 0.26) ** 2), np.float32)


def _colour(x: Canvas, y: Canvas, z: Canvas, face: Canvas, hair: float) -> Canvas:
    """Return the grey of points of the head: the average face in front, then skin, then hair."""
    scale = (face.shape[0] - 1) / 2
    columns, rows = (np.clip(scale * (1 + c), 0, 2 * scale).astype(np.float32) for c in (x, y))
    front = cv2.remap(face, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    edge = np.maximum(np.abs(x), np.abs(y))
    share = np.clip((0.98 - edge) / 0.15, 0, 1) * np.clip((z - 0.1) / 0.2, 0, 1)
    skin = np.full_like(x, 0.85 * float(face.mean()))
    hairy = (y < _HAIR_BELOW) | ((z < _HAIR_BEHIND) & (y < 0.35))
    around = np.where(hairy, hair, skin)
    return np.asarray(around + (front - around) * share, np.float32)
