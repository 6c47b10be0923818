"""A picture that seemed to move is known again where a nudged camera sees it."""

from dataclasses import replace

import pytest

from moodpid.vision.haar.camera_shift import scene_of
from moodpid.vision.haar.missing_pictures import MissingPictures
from moodpid.vision.haar.stillness import FaceMotion
from moodpid.vision.types import Face
from tests.support.furnished_room import FurnishedRoom

ROOM = FurnishedRoom()
NUDGE, FURTHER = (12.0, -7.0), (40.0, -20.0)


def moved_to(nudge: tuple[float, float]) -> Face:
    return replace(ROOM.place, x=ROOM.place.x + round(nudge[0]), y=ROOM.place.y + round(nudge[1]))


class Watch:
    """A picture that is missing since second 0, and looks each quarter of a second."""

    def __init__(self) -> None:
        first = ROOM.view(0)
        self.missing, self.at_s = MissingPictures(), 0.0
        self.missing.add(FaceMotion(first, ROOM.place, -200.0), scene_of(first), 0.0)

    def look(self, seconds: float, nudge: tuple[float, float], *, covered: bool = False) -> None:
        for _ in range(round(4 * seconds)):
            self.at_s += 0.25
            view = ROOM.view(round(4 * self.at_s), nudge=nudge, covered=covered)
            self.missing.look(view, self.at_s)


def test_a_picture_is_back_where_the_nudged_camera_sees_it() -> None:
    watch = Watch()
    watch.look(1.25, NUDGE)
    assert watch.missing.recognize(moved_to(NUDGE))
    assert watch.missing.recognize(moved_to(NUDGE)) is None


@pytest.mark.parametrize("seen_s", [0.0, 1.25], ids=["before it was found", "after it was found"])
def test_a_covered_picture_is_back_only_when_seen(seen_s: float) -> None:
    watch = Watch()
    watch.look(seen_s, NUDGE)
    watch.look(5, NUDGE, covered=True)
    assert watch.missing.recognize(moved_to(NUDGE)) is None
    watch.look(1.25, NUDGE)
    assert watch.missing.recognize(moved_to(NUDGE))


def test_a_picture_is_followed_over_a_second_nudge() -> None:
    watch = Watch()
    watch.look(1.25, NUDGE)
    watch.look(2.5, FURTHER)
    assert watch.missing.recognize(moved_to(FURTHER))
