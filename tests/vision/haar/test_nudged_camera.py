"""A picture stays one when the camera is nudged; what moves by itself counts again."""

from collections.abc import Iterator

import pytest

from moodpid.vision.haar import HaarDetector
from moodpid.vision.types import Face, Frame, GreyImage
from tests.support.furnished_room import FurnishedRoom

KNOWN_S = 200.0
ROOM = FurnishedRoom()


def counted(shown: FurnishedRoom, views: Iterator[GreyImage]) -> list[int]:
    """How many persons are counted in each look, once the face is known for a picture."""
    detector, at_s = HaarDetector(64), 0.0
    while at_s < KNOWN_S:
        at_s += 2.0
        last = detector.detect(Frame(shown.view(round(at_s)), at_s))
    assert last == ()
    counts = []
    for grey in views:
        at_s += 0.25
        counts.append(len(detector.detect(Frame(grey, at_s))))
    return counts


@pytest.mark.parametrize("nudge", [(0.5, -0.4), (12.0, -7.0), (-70.0, 30.0)])
def test_a_picture_stays_one_when_the_camera_is_nudged(nudge: tuple[float, float]) -> None:
    counts = counted(ROOM, (ROOM.view(1000 + number, nudge=nudge) for number in range(60)))
    assert sum(counts) <= 4
    assert counts[-50:] == [0] * 50


def test_a_camera_may_be_nudged_again_and_again() -> None:
    def nudged() -> Iterator[GreyImage]:
        for number in range(120):
            yield ROOM.view(2000 + number, nudge=(10.0 * (number // 30), -8.0 * (number // 30)))

    counts = counted(ROOM, nudged())
    assert sum(counts) <= 3 * 4
    assert counts[-20:] == [0] * 20


@pytest.mark.parametrize("moved", [(3, 2), (-20, 6)])
def test_a_near_person_who_moves_counts(moved: tuple[int, int]) -> None:
    near = FurnishedRoom(Face(230, 100, 160, 160), body=True)
    counts = counted(near, (near.view(3000 + number, moved=moved) for number in range(60)))
    assert counts[-40:] == [1] * 40
