"""The figures of a face detector: recall, ghosts, rooms that stay occupied, CPU time, delay of arrivals."""

import ctypes
import itertools
import statistics
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.detection.contestants import Contestant, Detector
from benchmarks.detection.furniture import EDGE_PX, HEIGHT, WIDTH
from benchmarks.detection.heads import Pose, draw_person
from benchmarks.detection.rooms import Room, add_noise, draw_room
from benchmarks.detection.scenes import Case, frames, is_found

from moodpid.mood.emotion import UNIFORM, Mood
from moodpid.mood.mood_filter import FilterSettings, MoodFilter
from moodpid.mood.observation import FaceReading, Observation
from moodpid.vision.types import Frame, GreyImage

LOOK_S = 0.25  # the default rate of four looks per second
_STAY_LOOKS = 60  # after a ghost, until which the room is watched
_APART_S = 1000.0  # between frames that have nothing to do with each other
_EMPTY_LOOKS = 4  # before somebody arrives
_PATIENCE_LOOKS = 40


@dataclass(frozen=True, slots=True)
class Ghosts:
    """Faces in rooms without one.

    Attributes:
        per_1000: Frames with a face, of a thousand.
        occupied: Rooms that the mood filter took for occupied at the end.
        rooms: How many rooms were looked at.
    """

    per_1000: float
    occupied: int
    rooms: int


@dataclass(frozen=True, slots=True)
class Delay:
    """Looks from the one in which somebody arrives to the one in which a face is found; 0 is the same.

    Attributes:
        median, worst: Of those who were found.
        missed: How many were not found within ten seconds.
    """

    median: float
    worst: int
    missed: int


def recall(contestant: Contestant, case: Case, count: int) -> float:
    """Return the share of the faces of a case that are found in a first look."""
    detector = contestant.make()
    found = 0
    for number, shown in enumerate(frames(case, count)):
        # Earlier than the frame before: the detector begins afresh
        centres = [face.centre for face in detector.detect(Frame(shown.grey, -_APART_S * number))]
        found += any(is_found(shown, column, row) for column, row in centres)
    return found / count


def ghosts(contestant: Contestant, seeds: Iterable[int], looks: int) -> Ghosts:
    """Count faces in drawn rooms, so many looks into each, and longer where there is one."""
    detector = contestant.make()
    with_face = occupied = rooms = 0
    for seed in seeds:
        room = draw_room(seed)
        watch = _watch(detector, room, -_APART_S * rooms)
        rooms += 1
        seen = sum(bool(next(watch)[0]) for _ in range(looks))
        with_face += seen
        if seen:
            moods = [mood for _, mood in itertools.islice(watch, _STAY_LOOKS)]
            occupied += moods[-1] is not Mood.NOBODY
    return Ghosts(1000 * with_face / (rooms * looks), occupied, rooms)


def _watch(detector: Detector, room: Room, begin_s: float) -> Iterator[tuple[int, Mood]]:
    """Yield the number of faces in each look into a room, and the mood after it."""
    mood_filter = MoodFilter(FilterSettings())
    for number in itertools.count():
        frame = Frame(room.frame(number), begin_s + number * LOOK_S)
        faces = detector.detect(frame)
        readings = tuple(FaceReading(UNIFORM, f.width * f.height / (WIDTH * HEIGHT)) for f in faces)
        yield len(faces), mood_filter.update(Observation(frame.at_s, readings)).mood


def look_ms(detector: Detector, pictures: Sequence[GreyImage], step_s: float = LOOK_S) -> float:
    """Return the mean CPU time of a look in milliseconds, without the first one."""
    times = []
    for number, grey in enumerate(pictures):
        began_s = time.process_time()
        detector.detect(Frame(grey, number * step_s))
        times.append(1000 * (time.process_time() - began_s))
    return statistics.fmean(times[1:])


def empty_room_ms(contestant: Contestant, seeds: Iterable[int], looks: int) -> float:
    """Return the mean CPU time of a look into a furnished empty room."""
    rooms = [draw_room(seed) for seed in seeds]
    return statistics.fmean(
        look_ms(contestant.make(), [room.frame(number) for number in range(looks)]) for room in rooms
    )


def occupied_ms(contestant: Contestant, looks: int, *, whole_frame: bool) -> float:
    """Return the mean CPU time of a look at somebody who moves a little.

    Args:
        contestant: The detector.
        looks: How many.
        whole_frame: Whether the whole frame is searched in every look, instead of never after the first.
    """
    pictures = []
    rng = np.random.default_rng(0)
    for number in range(looks):
        picture = draw_room(50).picture[EDGE_PX : HEIGHT + EDGE_PX, EDGE_PX : WIDTH + EDGE_PX].copy()
        draw_person(3, 130, Pose()).paste(picture, (320 + number % 3, 240 + number % 2))
        pictures.append(add_noise(picture, rng, 3.0, 0.0))
    detector = contestant.make_thorough() if whole_frame else contestant.make()
    # All looks lie within the two seconds before the next full search
    return look_ms(detector, pictures, 1.9 / looks)


def added_mb(contestant: Contestant, looks: int) -> float:
    """Return how much resident memory a detector adds to this process, which must have run none before."""
    rng = np.random.default_rng(0)
    frames = []
    for number in range(looks):
        picture = draw_room(50).picture[EDGE_PX : HEIGHT + EDGE_PX, EDGE_PX : WIDTH + EDGE_PX].copy()
        draw_person(3, 130, Pose()).paste(picture, (320 + number, 240))
        frames.append(add_noise(picture, rng, 3.0, 0.0))
    ctypes.CDLL(None).malloc_trim(0)  # else the detector gets what drawing has left
    before_mb = _resident_mb()
    detector = contestant.make()
    for number, grey in enumerate(frames):
        detector.detect(Frame(grey, 0.5 * number))
    return _resident_mb() - before_mb


def _resident_mb() -> float:
    """Return VmRSS of /proc/self/status, see proc(5)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def arrivals(contestant: Contestant, count: int) -> Delay:
    """Measure how long people who come into a room are not seen, so many arrivals."""
    detector = contestant.make()
    delays: list[int] = []
    for number in range(count):
        rng = np.random.default_rng(20_000 + number)
        room = draw_room(20_000 + number)
        size = int(rng.integers(75, 170))
        place = int(rng.integers(size, WIDTH - size)), int(rng.integers(size, HEIGHT - size))
        pose = Pose(yaw=float(rng.uniform(-15, 15)), roll=float(rng.uniform(-10, 10)))
        person = draw_person(number, size, pose)
        for look in range(_EMPTY_LOOKS + _PATIENCE_LOOKS):
            picture = room.picture[EDGE_PX : HEIGHT + EDGE_PX, EDGE_PX : WIDTH + EDGE_PX].copy()
            if look >= _EMPTY_LOOKS:  # and nobody sits quite still
                person.paste(picture, (place[0] + look % 2, place[1] + look % 3))
            grey = add_noise(picture, rng, room.read_noise, room.shot_noise)
            faces = detector.detect(Frame(grey, look * LOOK_S - _APART_S * number))
            here = [f for f in faces if abs(f.centre[0] - place[0]) < size / 2]
            if look >= _EMPTY_LOOKS and here:
                delays.append(look - _EMPTY_LOOKS)
                break
    return Delay(statistics.median(delays), max(delays), count - len(delays))
