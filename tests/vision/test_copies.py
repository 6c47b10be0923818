"""A look makes no copy of the frame, and a whole search only small pictures."""

import tracemalloc
from collections.abc import Callable

import numpy as np

from moodpid.mood.emotion import Emotion
from moodpid.vision.haar import HaarDetector
from moodpid.vision.opencv import as_grey
from moodpid.vision.types import Frame
from tests.support.rooms import room

FRAME_BYTES = 640 * 480


def most_allocated(work: Callable[[], object]) -> float:
    """Return the most memory that arrays took at once, in frames; OpenCV's results are arrays of numpy."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1] / FRAME_BYTES
    finally:
        tracemalloc.stop()


def test_the_memory_of_a_copy_is_counted() -> None:
    grey = room()
    assert most_allocated(grey.copy) >= 1.0


def test_following_a_face_copies_no_frame() -> None:
    detector = HaarDetector(64)
    detector.detect(Frame(room((Emotion.HAPPY, 200, 120, 160)), 0.0))
    frame = Frame(room((Emotion.HAPPY, 204, 122, 160)), 0.25)
    assert most_allocated(lambda: detector.detect(frame)) < 0.7


def test_an_empty_room_that_stays_the_same_copies_no_frame() -> None:
    detector = HaarDetector(64)
    detector.detect(Frame(room(), 0.0))
    frame = Frame(room(), 0.25)
    # Float thumbnails, which are compared
    assert most_allocated(lambda: detector.detect(frame)) < 0.95


def test_a_search_of_the_whole_frame_copies_no_frame() -> None:
    frame = Frame(room((Emotion.HAPPY, 200, 120, 160)), 0.0)
    detector = HaarDetector(64)
    assert most_allocated(lambda: detector.detect(frame)) < 1.0


def test_a_grey_picture_is_not_converted() -> None:
    picture = np.zeros((480, 640), np.uint8)
    assert most_allocated(lambda: as_grey(picture)) < 0.1


def test_a_colour_picture_is_converted_once() -> None:
    picture = np.zeros((480, 640, 3), np.uint8)
    assert most_allocated(lambda: as_grey(picture)) < 1.2
