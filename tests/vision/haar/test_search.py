"""What the coarse search proposes lies in the frame, and each place once."""

import numpy as np
import pytest

from moodpid.vision.haar import finder
from moodpid.vision.haar.evidence import Weighed
from moodpid.vision.haar.motion import Region
from moodpid.vision.haar.search import Proposal, Search, propose
from moodpid.vision.haar.windows import Hits
from moodpid.vision.types import Face, GreyImage

FRAME = np.full((480, 640), 128, np.uint8)
WHOLE = Region(0, 0, 640, 480)


class HitsAt:
    """A cascade that takes windows at these columns and rows for faces."""

    def __init__(self, *places: tuple[int, int], side: int = 20) -> None:
        self._boxes = np.array([(x, y, side, side) for x, y in places], np.int32)
        self.shown: GreyImage | None = None

    def getOriginalWindowSize(self) -> tuple[int, int]:  # noqa: N802 - OpenCV's name
        return 20, 20

    def detectMultiScale(self, picture: GreyImage, **_: object) -> object:  # noqa: N802
        self.shown = picture
        return self._boxes if len(self._boxes) else ()


def places(cascade: HitsAt, search: Search) -> list[Proposal]:
    return propose(cascade, FRAME, search, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("roll", [-20.0, 20.0])
def test_the_corners_of_a_turned_picture_hold_no_face(roll: float) -> None:
    look = HitsAt()
    assert places(look, Search(WHOLE, 64, roll)) == []
    assert look.shown is not None
    height, width = look.shown.shape
    corners = [(x, y) for x in (0, width - 20) for y in (0, height - 20)]
    inside = (width // 2 - 10, height // 2 - 10)
    (found,) = places(HitsAt(*corners, inside), Search(WHOLE, 64, roll))
    assert found.face.centre == pytest.approx((320, 240), abs=2)


def test_a_face_found_beyond_the_edge_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    beyond, within = Face(-70, 100, 60, 60), Face(-20, 100, 60, 60)
    for place, found in ((beyond, False), (within, True)):
        monkeypatch.setattr(finder, "search_window", lambda *_, place=place: Hits(place, 9))
        near = finder.FaceFinder().near(finder.Picture(FRAME, None, 64), Face(0, 100, 60, 60, 20.0))
        assert (near is not None) == found


def test_hits_of_one_face_are_one_place_at_their_mean() -> None:
    hits = [(100, 50), (102, 50), (101, 53), (30, 30)]
    face, other = places(HitsAt(*hits), Search(WHOLE, 20 / 0.78))
    assert (face.hits, other.hits) == (3, 1)
    assert face.face.centre == pytest.approx((111, 61), abs=1)


def test_known_places_leave_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    places_ = [Face(40 * n, 100, 40, 40) for n in range(13)]
    monkeypatch.setattr(finder, "propose", lambda *_: [Proposal(face, 5) for face in places_])
    made = finder.FaceFinder()
    monkeypatch.setattr(made, "weigh", lambda _picture, face, _hits: Weighed(face, 9.0))
    picture = finder.Picture(FRAME, None, 20)
    found = made.candidates(picture, WHOLE, made.upright, lambda face: face is not places_[-1])
    assert [weighed.face for weighed, _ in found] == places_[-1:]
