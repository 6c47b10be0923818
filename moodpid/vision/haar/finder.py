"""Searches a part of a picture in several ways, and looks closely at what each proposes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

from moodpid.vision.haar import cascades
from moodpid.vision.haar.evidence import FaceEvidence, Weighed
from moodpid.vision.haar.motion import Region
from moodpid.vision.haar.search import Search, propose
from moodpid.vision.haar.tone import ToneCurve
from moodpid.vision.haar.windows import cut_window, search_window
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, GreyImage

_ROLL = 20.0  # degrees, to either side: upright cascades find faces turned by up to 15
_MOST_PROPOSALS = 12  # of a search; the ones with the most hits come first
_SMALLEST = 0.8  # of the smallest face: what is found as smaller is left out
# Around the last place of a face: its width in the window, what is shown beside it, how much it may change
_WINDOW_PX, _WINDOW_MARGIN, _SHRINK, _GROW = 40, 0.42, 0.8, 1.28
_NEAR_GROWS = 1.055  # how much larger a face is found in so small a window: measured on pasted faces


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """A way to search.

    Attributes:
        cascade: Proposes faces.
        roll: How far these are turned, in degrees, clockwise.
    """

    cascade: cv2.CascadeClassifier
    roll: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A frame and what was worked out about it.

    Attributes:
        grey: Its pixels.
        curve: The tone curve that its faces need, if any.
        smallest_px: The smallest face to find.
    """

    grey: GreyImage
    curve: ToneCurve | None
    smallest_px: int


class FaceFinder:
    """The cascades, and how they are used.

    Args:
        cascade: Path of another cascade that proposes faces; empty for OpenCV's.

    Attributes:
        upright: The way that finds most.
        extras: The other ways: on either side, and with another cascade.

    Raises:
        CascadeError: A cascade is missing or is none.
    """

    def __init__(self, cascade: str = "") -> None:
        proposer = cascades.load(cascades.PROPOSER, cascade)
        second = cascades.load(cascades.SECOND_PROPOSER)
        self._proposer = proposer
        self._evidence = FaceEvidence(proposer)
        self.upright = Way(proposer)
        self.extras = (Way(proposer, _ROLL), Way(proposer, -_ROLL), Way(second))

    def candidates(
        self, picture: Picture, region: Region, way: Way, known: Callable[[Face], bool]
    ) -> Iterator[tuple[Weighed, int]]:
        """Yield each place that may be a face, with its evidence and the hits of the search.

        Args:
            picture: What to search.
            region: Which part of it.
            way: How.
            known: Returns whether a place need not be looked at.
        """
        search = Search(region, picture.smallest_px, way.roll)
        proposals = propose(way.cascade, picture.grey, search, picture.curve)
        unknown = (proposal for proposal in proposals if not known(proposal.face))
        for proposal in islice(unknown, _MOST_PROPOSALS):
            weighed = self.weigh(picture, proposal.face, proposal.hits)
            if weighed.face.width >= _SMALLEST * picture.smallest_px and _inside(weighed.face, picture):
                yield weighed, proposal.hits

    def weigh(self, picture: Picture, face: Face, hits: int) -> Weighed:
        """Return the evidence for a face, of which the search had so many hits."""
        return self._evidence.weigh(picture.grey, face, hits, picture.curve)

    def near(self, picture: Picture, last: Face) -> Face | None:
        """Return the face around its last place, None if it is not there any more."""
        window = cut_window(picture.grey, last, _WINDOW_PX, _WINDOW_MARGIN, picture.curve)
        found = search_window(self._proposer, window, _SHRINK, _GROW)
        return _without_bias(found.face) if found and _inside(found.face, picture) else None


def _inside(face: Face, picture: Picture) -> bool:
    """Return whether the middle of a face is in the picture; a window turned at its edge shows more."""
    (column, row), (height, width) = face.centre, picture.grey.shape
    return 0 <= column < width and 0 <= row < height


def _without_bias(face: Face) -> Face:
    """Return the face as large as it is: without this, it grows from look to look by up to a third."""
    column, row = face.centre
    side = round(face.width / _NEAR_GROWS)
    return replace(face, x=round(column - side / 2), y=round(row - side / 2), width=side, height=side)
