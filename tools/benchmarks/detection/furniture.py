"""What stands and hangs in a drawn room: each piece is drawn into a canvas at a random place.

A canvas is a picture of grey values from 0 to 255, float32, of shape (height, width).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moodpid.vision.opencv import cv2

Canvas = NDArray[np.float32]
WIDTH, HEIGHT = 640, 480
EDGE_PX = 4  # drawn beyond each edge, so that a shifted frame has something to show there


def pattern(rng: np.random.Generator, shape: tuple[int, ...], contrast: float) -> Canvas:
    """Return stripes, checks, dots or blots of cloth and paper, centred on 0."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    period = float(rng.uniform(6, 40))
    kind = int(rng.integers(0, 4))
    if kind == 0:
        angle = rng.uniform(0, np.pi)
        wave = np.sign(np.sin((x * np.cos(angle) + y * np.sin(angle)) * 2 * np.pi / period))
    elif kind == 1:
        wave = np.sign(np.sin(2 * np.pi * x / period)) * np.sign(np.sin(2 * np.pi * y / period))
    elif kind == 2:
        wave = np.where(np.hypot(x % period - period / 2, y % period - period / 2) < 0.3 * period, 1.0, -0.3)
    else:
        noise = rng.standard_normal(shape, np.float32)
        wave = cv2.GaussianBlur(noise, (0, 0), period / 5)
        wave = wave / wave.std()
    return np.asarray(contrast * wave, np.float32)


def _box(
    rng: np.random.Generator, canvas: Canvas, widths: tuple[int, int], heights: tuple[int, int], bottom: int
) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of something of a random size that ends at `bottom`."""
    width, height = int(rng.integers(*widths)), int(rng.integers(*heights))
    left = int(rng.integers(-width // 3, canvas.shape[1] - 2 * width // 3))
    return left, bottom - height, left + width, bottom


def _on_wall(rng: np.random.Generator, floor: int) -> int:
    return int(rng.integers(90, max(100, floor - 30)))


def _on_floor(rng: np.random.Generator, floor: int) -> int:
    return int(rng.integers(floor, HEIGHT + 2 * EDGE_PX + 40))


def _ink(grey: float) -> tuple[float]:
    """Return a grey as OpenCV's drawing functions take it."""
    return (float(grey),)


def _fill_polygon(corners: NDArray[np.int32], mask: Canvas) -> None:
    cv2.fillConvexPoly(mask, corners, _ink(1))


def _fill(canvas: Canvas, box: tuple[int, int, int, int], grey: float, line: int = -1) -> None:
    cv2.rectangle(canvas, box[:2], (box[2] - 1, box[3] - 1), _ink(grey), line)


def window(rng: np.random.Generator, canvas: Canvas, floor: int) -> None:
    """Draw a window with its frame and bars."""
    box = left, top, right, bottom = _box(rng, canvas, (120, 260), (120, 240), min(floor - 30, 320))
    frame = float(rng.uniform(180, 250))
    _fill(canvas, box, frame)
    panes = int(rng.integers(1, 4))
    sky = float(rng.choice([rng.uniform(5, 30), rng.uniform(180, 255)]))
    for pane in range(panes):
        x0 = left + 6 + pane * (right - left - 6) // panes
        x1 = left + (pane + 1) * (right - left - 6) // panes
        _fill(canvas, (x0, top + 6, x1, bottom - 6), sky)
        _fill(canvas, (x0, int(bottom - rng.uniform(20, 70)), x1, bottom - 6), sky * 0.6)
    if rng.random() < 0.3:  # blinds
        for row in range(max(0, top), max(0, bottom), int(rng.integers(6, 14))):
            canvas[row : row + 3, max(0, left) : max(0, right)] = rng.uniform(120, 240)
    elif rng.random() < 0.6:  # curtains
        for side in (left - 25, right - 25):
            x = np.arange(max(0, side), max(0, min(canvas.shape[1], side + 50)))
            folds = rng.uniform(60, 200) + rng.uniform(10, 35) * np.sin(x / rng.uniform(2, 5))
            canvas[max(0, top - 10) : floor, x] = folds.astype(np.float32)


def poster(rng: np.random.Generator, canvas: Canvas, floor: int) -> None:
    """Draw a picture on the wall."""
    box = left, top, right, bottom = _box(rng, canvas, (40, 160), (50, 180), _on_wall(rng, floor))
    _fill(canvas, box, rng.uniform(10, 250))
    inner = (left + 5, top + 5, right - 5, bottom - 5)
    _fill(canvas, inner, rng.uniform(20, 240))
    for _ in range(int(rng.integers(2, 9))):  # hills, houses, blots: shapes without a face
        centre = int(rng.integers(inner[0], inner[2])), int(rng.integers(inner[1], inner[3]))
        axes = int(rng.integers(3, 30)), int(rng.integers(3, 30))
        cv2.ellipse(canvas, centre, axes, rng.uniform(0, 180), 0, 360, _ink(rng.uniform(10, 250)), -1)
    _fill(canvas, box, rng.uniform(10, 120), 4)


def clock(rng: np.random.Generator, canvas: Canvas, floor: int) -> None:
    """Draw a clock with its hands."""
    radius = int(rng.integers(14, 45))
    x, y = int(rng.integers(20, WIDTH - 20)), max(radius, _on_wall(rng, floor) - radius)
    cv2.circle(canvas, (x, y), radius, _ink(rng.uniform(180, 250)), -1)
    cv2.circle(canvas, (x, y), radius, _ink(rng.uniform(10, 100)), 3)
    for angle in (*np.arange(12) * np.pi / 6,):
        mark = (round(x + 0.8 * radius * np.sin(angle)), round(y + 0.8 * radius * np.cos(angle)))
        cv2.circle(canvas, mark, max(1, radius // 12), _ink(30), -1)
    for length, angle in zip((0.5, 0.75), rng.uniform(0, 2 * np.pi, 2), strict=True):
        tip = (round(x + length * radius * np.sin(angle)), round(y + length * radius * np.cos(angle)))
        cv2.line(canvas, (x, y), tip, _ink(20), 2)


def socket(rng: np.random.Generator, canvas: Canvas, floor: int) -> None:
    """Draw a socket: two dark holes in a bright round plate, in its way a face already."""
    radius = int(rng.integers(5, 26))
    x, y = int(rng.integers(20, WIDTH - 20)), int(floor - rng.integers(20, 120))
    _fill(canvas, (x - 2 * radius, y - 2 * radius, x + 2 * radius, y + 2 * radius), rng.uniform(200, 250))
    cv2.circle(canvas, (x, y), round(1.5 * radius), _ink(rng.uniform(120, 190)), -1)
    for side in (-1, 1):
        hole = (round(x + side * 0.6 * radius), y)
        cv2.circle(canvas, hole, max(1, radius // 5), _ink(15), -1)


def shelf(rng: np.random.Generator, canvas: Canvas, floor: int) -> None:
    """Draw a shelf with what stands on it."""
    bottom = _on_floor(rng, floor) if rng.random() < 0.6 else _on_wall(rng, floor)
    left, top, right, bottom = _box(rng, canvas, (80, 240), (80, 330), bottom)
    _fill(canvas, (left, top, right, bottom), rng.uniform(20, 160))
    row = int(rng.integers(30, 60))
    board = float(rng.uniform(60, 220))
    for base in range(top + row, bottom + 1, row):
        x = left + 3
        while x < right - 4 and rng.random() < 0.97:  # books; then the rest of the board is free
            width = int(rng.integers(3, 13))
            height = int(row * rng.uniform(0.55, 0.9))
            _fill(canvas, (x, base - height, min(right - 3, x + width), base), rng.uniform(15, 240))
            x += width + int(rng.random() < 0.2) * 5
        cv2.line(canvas, (left, base), (right, base), _ink(board), 3)
        if rng.random() < 0.4:  # a vase or a box before them
            centre = int(rng.integers(left, right)), base - 12
            cv2.ellipse(canvas, centre, (9, 12), 0, 0, 360, _ink(rng.uniform(30, 240)), -1)
    _fill(canvas, (left, top, right, bottom), board, 3)


def cabinet(rng: np.random.Generator, canvas: Canvas, floor: int) -> None:
    """Draw a cabinet with doors and knobs."""
    left, top, right, bottom = _box(rng, canvas, (60, 220), (60, 220), _on_floor(rng, floor))
    grey = rng.uniform(30, 220)
    _fill(canvas, (left, top, right, bottom), grey)
    columns, rows = int(rng.integers(1, 4)), int(rng.integers(1, 5))
    for column in range(columns):
        for row in range(rows):
            x0, x1 = (left + (right - left) * n // columns for n in (column, column + 1))
            y0, y1 = (top + (bottom - top) * n // rows for n in (row, row + 1))
            _fill(canvas, (x0 + 2, y0 + 2, x1 - 2, y1 - 2), grey + rng.uniform(-30, 30))
            _fill(canvas, (x0 + 2, y0 + 2, x1 - 2, y1 - 2), grey - 40, 2)
            knob = float(np.clip(grey + rng.choice([-90, 90]), 5, 250))
            cv2.circle(canvas, ((x0 + x1) // 2, y0 + 12), int(rng.integers(2, 6)), _ink(knob), -1)
    if rng.random() < 0.4:  # a television on it
        _fill(canvas, (left + 10, top - (right - left) // 2, right - 10, top - 5), rng.uniform(5, 40))


def sofa(rng: np.random.Generator, canvas: Canvas, floor: int) -> None:
    """Draw a sofa with cushions."""
    left, top, right, bottom = _box(rng, canvas, (200, 420), (110, 220), _on_floor(rng, floor))
    grey = rng.uniform(30, 210)
    for inset, share in ((0, 0.0), (18, 0.45)):  # back, seat
        y = top + round(share * (bottom - top))
        _fill(canvas, (left + inset, y, right - inset, bottom), grey + 60 * share)
    seats = int(rng.integers(2, 4))
    for seat in range(1, seats):
        x = left + seat * (right - left) // seats
        cv2.line(canvas, (x, top), (x, bottom), _ink(grey - 35), 2)
    for _ in range(int(rng.integers(0, 5))):
        x, y = int(rng.integers(left, right)), int(rng.integers(top, bottom))
        side = int(rng.integers(20, 45))
        size: Any = (side * 1.6, side * 1.6)  # some releases of OpenCV say that it wants int
        cushion = ((float(x), float(y)), size, float(rng.uniform(-30, 30)))
        corners = np.asarray(cv2.boxPoints(cushion)).astype(np.int32)
        _paint(rng, canvas, partial(_fill_polygon, corners))


def cloth(rng: np.random.Generator, canvas: Canvas) -> None:
    """Draw a patterned cloth."""
    centre = int(rng.integers(0, WIDTH)), int(rng.integers(150, HEIGHT))
    axes = int(rng.integers(30, 170)), int(rng.integers(25, 120))
    turn = float(rng.uniform(0, 180))
    _paint(rng, canvas, lambda mask: cv2.ellipse(mask, centre, axes, turn, 0, 360, _ink(1), -1))


def _paint(rng: np.random.Generator, canvas: Canvas, shape: Callable[[Canvas], object]) -> None:
    """Fill the shape that is drawn into a mask with a pattern and with soft folds."""
    mask = np.zeros_like(canvas)
    shape(mask)
    folds = cv2.GaussianBlur(rng.standard_normal(canvas.shape, np.float32), (0, 0), 12.0)
    cloth = rng.uniform(40, 210) + pattern(rng, canvas.shape, rng.uniform(5, 50))
    cloth += folds / folds.std() * rng.uniform(3, 20)
    canvas[:] = np.where(mask > 0, cloth, canvas)


def plant(rng: np.random.Generator, canvas: Canvas, floor: int) -> None:
    """Draw a plant in its pot."""
    left, top, right, bottom = _box(rng, canvas, (60, 180), (100, 280), _on_floor(rng, floor))
    x, base = (left + right) // 2, bottom - 40
    for _ in range(int(rng.integers(15, 90))):
        tip = int(rng.integers(left, right + 1)), int(rng.integers(top, base))
        grey = float(rng.uniform(25, 150))
        cv2.line(canvas, (x, base), tip, _ink(grey * 0.8), 1)
        leaf = int(rng.integers(6, 24)), int(rng.integers(2, 10))
        cv2.ellipse(canvas, tip, leaf, float(rng.uniform(0, 180)), 0, 360, _ink(grey), -1)
    pot = np.array([[x - 30, base], [x + 30, base], [x + 22, bottom], [x - 22, bottom]], np.int32)
    cv2.fillConvexPoly(canvas, pot, _ink(rng.uniform(60, 220)))


def lamp(rng: np.random.Generator, canvas: Canvas, floor: int) -> tuple[int, int]:
    """Draw a standing or a table lamp; return the place of its bulb."""
    x, y = int(rng.integers(20, WIDTH - 20)), int(rng.integers(40, max(50, floor - 20)))
    size = int(rng.integers(15, 45))
    cv2.line(canvas, (x, y), (x, min(HEIGHT, floor + 40)), _ink(rng.uniform(20, 120)), 4)
    shade = [[x - size // 2, y - size], [x + size // 2, y - size], [x + size, y + size], [x - size, y + size]]
    cv2.fillConvexPoly(canvas, np.array(shade, np.int32), _ink(rng.uniform(200, 255)))
    return x, y
