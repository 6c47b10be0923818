"""Evenings drawn as videos, so that detector and classifier have their part in what is reported.

The faces of the data stand in a drawn room, with soft edges, sway a little, and disappear while their person
is turned away. The video goes through `moodpid replay` as a user's would. Beside it stand version 0.1.0, with
its detector and the same network, and the present filter with the true places of the faces, which shows what
detection costs.
"""

import json
import math
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from benchmarks.detection.contestants import VERSION_0_1_0
from benchmarks.detection.furniture import EDGE_PX, HEIGHT, WIDTH, Canvas
from benchmarks.detection.rooms import add_noise, draw_room
from benchmarks.living_room.contenders import MOODS, Follow, moodpid, release_0_1_0
from benchmarks.living_room.evenings import HOME, LOOKS_HZ, NOBODY, Evening, Faces, Ints

from moodpid.mood.emotion import EmotionScores, Mood
from moodpid.vision.classifier import TfliteClassifier
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, Frame, GreyImage

_LARGEST_PX, _SMALLEST_PX = 240, 66
_SWAY_S = 7.0
_SOFT = 0.15  # of a face's half side, at its edge
_FIRST_ROOM = 40_000
_LIMIT_S = 7200.0
RELEASE, KNOWN, REPLAY = "moodpid 0.1.0", "moodpid, the faces' places known", "moodpid replay"


@dataclass(slots=True, eq=False)
class Seen:
    """What one way to find faces saw of an evening.

    Attributes:
        readings: The scores and the area of each face, look by look.
    """

    readings: list[list[tuple[tuple[float, ...], float]]] = field(default_factory=list)

    def add(self, faces: Sequence[tuple[EmotionScores, Face]]) -> None:
        """Take the faces of the next look."""
        self.readings.append([(one.probabilities, box.area / (WIDTH * HEIGHT)) for one, box in faces])

    def evening(self, truth: Ints) -> Evening:
        """Return the evening as it was seen."""
        people = max(1, *map(len, self.readings))
        scores = np.full((len(truth), people, NOBODY), 1 / NOBODY)
        areas = np.zeros((len(truth), people))
        for look, faces in enumerate(self.readings):
            for person, (one, area) in enumerate(faces):
                scores[look, person], areas[look, person] = one, area
        return Evening(truth, scores, areas, np.full(areas.shape, -1), areas)


class Painter:
    """Draws the frames of one household's evenings.

    Args:
        images: The faces of the data, shape (faces, 48, 48).
        number: Of the household, from which its room is drawn.
    """

    def __init__(self, images: GreyImage, number: int) -> None:
        self._images = images
        self._room = draw_room(_FIRST_ROOM + number)
        self._face = lru_cache(maxsize=64)(self._enlarged)

    def frames(self, evening: Evening) -> Iterator[tuple[GreyImage, list[Face]]]:
        """Yield each look, shape (480, 640), and the places of the faces in it."""
        random = np.random.default_rng(len(evening.truth))
        inner = self._room.picture[EDGE_PX : HEIGHT + EDGE_PX, EDGE_PX : WIDTH + EDGE_PX]
        for look, (shown, sizes) in enumerate(
            zip(evening.shown.tolist(), evening.sizes.tolist(), strict=True)
        ):
            picture, places = inner.copy(), []
            for person, (face, size) in enumerate(zip(shown, sizes, strict=True)):
                if face >= 0:
                    places.append(self._place(look, person, len(shown), size))
                    self._paste(picture, face, places[-1])
            yield add_noise(picture, random, self._room.read_noise, self._room.shot_noise), places

    def _place(self, look: int, person: int, people: int, size: float) -> Face:
        largest = min(_LARGEST_PX, WIDTH // people - 8)
        side = round(min(largest, max(_SMALLEST_PX, math.sqrt(size * WIDTH * HEIGHT))))
        turn = 2 * math.pi * (look / LOOKS_HZ / _SWAY_S + person / 3)
        column = WIDTH * (person + 0.5) / people + side / 25 * math.sin(turn)
        row = HEIGHT * 0.48 + side / 60 * math.sin(2 * turn)
        return Face(round(column - side / 2), round(row - side / 2), side, side)

    def _paste(self, picture: Canvas, face: int, place: Face) -> None:
        there = picture[place.y : place.y + place.height, place.x : place.x + place.width]
        there += (self._face(face, place.width) - there) * _mask(place.width)

    def _enlarged(self, face: int, side: int) -> Canvas:
        large = cv2.resize(self._images[face], (side, side), interpolation=cv2.INTER_CUBIC)
        return np.asarray(large, np.float32)


@lru_cache
def _mask(side: int) -> Canvas:
    """Return 1 where a face covers the room, 0 outside, soft at its edge."""
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    return np.asarray(np.clip((1 - np.maximum(abs(x), abs(y))) / _SOFT, 0, 1), np.float32)


def replay(video: Path, looks: int) -> Ints:
    """Return the mood of each look that `moodpid replay` reports of a video."""
    command = [sys.executable, "-m", "moodpid", "replay", str(video), "--json", "--looks"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=_LIMIT_S)
    numbers = {str(mood): number for number, mood in enumerate(MOODS)}
    reports = np.full(looks, numbers[str(Mood.NOBODY)])
    for line in done.stdout.splitlines():
        record = json.loads(line)
        reports[min(looks - 1, round(record["at"] * LOOKS_HZ)) :] = numbers[record["mood"]]
    return reports


class Cinema:
    """Shows the evenings of households to each way to follow them.

    Args:
        faces: The faces as the classifier reads them.
        images: The same faces, shape (faces, 48, 48).
        model: The classifier's.
        only: Only ways whose name contains one of these words.
    """

    def __init__(self, faces: Faces, images: GreyImage, model: Path, only: Sequence[str] = ("",)) -> None:
        self._images, self._classifier = images, TfliteClassifier(model)
        self._ways: dict[str, Follow] = {
            RELEASE: release_0_1_0(self._classifier.prior),
            KNOWN: moodpid(faces, HOME, learns=True),
        }
        self.names = [name for name in (RELEASE, KNOWN, REPLAY) if any(one in name for one in only)]

    def show(self, homes: Sequence[Sequence[Evening]]) -> dict[str, list[list[Ints]]]:
        """Return what each way reports of each household's evenings."""
        reports: dict[str, list[list[Ints]]] = {name: [] for name in self.names}
        for number, evenings in enumerate(homes):
            shown = [self._show_one(Painter(self._images, number), evening) for evening in evenings]
            for name in self.names:
                if name == REPLAY:
                    reports[name].append([replayed for _, replayed in shown])
                else:
                    reports[name].append(self._ways[name]([seen[name] for seen, _ in shown]))
        return reports

    def _show_one(self, painter: Painter, evening: Evening) -> tuple[dict[str, Evening], Ints]:
        """Return an evening as its faces are seen, and what is reported of its video."""
        seen = {name: Seen() for name in self.names if name != REPLAY}
        detector = VERSION_0_1_0.make()
        with tempfile.TemporaryDirectory() as folder:
            video = Path(folder) / "evening.mkv"
            writer = open_writer(video)
            for number, (grey, places) in enumerate(painter.frames(evening)):
                writer.write(grey)
                if RELEASE in seen:
                    frame = Frame(grey, number / LOOKS_HZ)
                    boxes = detector.detect(frame)
                    seen[RELEASE].add([(self._classifier.classify(frame, box), box) for box in boxes])
                if KNOWN in seen:
                    parts = [_part(grey, place) for place in places]
                    scores = map(self._classifier.classify_crop, parts)
                    seen[KNOWN].add(list(zip(scores, places, strict=True)))
            writer.release()
            looks = len(evening.truth)
            replayed = replay(video, looks) if REPLAY in self.names else np.full(looks, NOBODY)
        return {name: one.evening(evening.truth) for name, one in seen.items()}, replayed


def open_writer(video: Path) -> cv2.VideoWriter:
    """Return what writes the frames of a video."""
    return cv2.VideoWriter(
        str(video),
        cv2.CAP_FFMPEG,
        cv2.VideoWriter.fourcc(*"FFV1"),  # without loss: noise is a part of what is measured
        LOOKS_HZ,
        (WIDTH, HEIGHT),
        isColor=False,
    )


def _part(grey: GreyImage, place: Face) -> GreyImage:
    return grey[place.y : place.y + place.height, place.x : place.x + place.width]
