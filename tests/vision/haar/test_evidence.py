"""The evidence for a face is the same wherever in the picture it lies."""

import numpy as np
import pytest

from moodpid.mood.emotion import Emotion
from moodpid.vision.haar import cascades
from moodpid.vision.haar.evidence import FaceEvidence, Votes
from moodpid.vision.types import Face, GreyImage
from tests.support.rooms import room

SIDE = 120
MIDDLE = Face(260, 180, SIDE, SIDE)


@pytest.fixture(scope="module")
def evidence() -> FaceEvidence:
    return FaceEvidence(cascades.load(cascades.PROPOSER, ""))


def moved(face: Face) -> GreyImage:
    """A room whose face was moved from the middle to there."""
    picture = room((Emotion.NEUTRAL, MIDDLE.x, MIDDLE.y, SIDE))
    shifted = np.roll(picture, (face.y - MIDDLE.y, face.x - MIDDLE.x), axis=(0, 1))
    return np.ascontiguousarray(shifted)


def votes(evidence: FaceEvidence, picture: GreyImage, face: Face) -> Votes:
    return evidence.votes(picture, face, 5, None)[1]


@pytest.mark.parametrize(
    "place", [(0, 180), (640 - SIDE, 180), (260, 0), (260, 480 - SIDE), (0, 0), (640 - SIDE, 0)]
)
def test_at_the_edges_the_eyes_are_seen(evidence: FaceEvidence, place: tuple[int, int]) -> None:
    there = Face(*place, SIDE, SIDE)
    in_the_middle = votes(evidence, moved(MIDDLE), MIDDLE).eyes
    assert in_the_middle >= 4
    assert votes(evidence, moved(there), there).eyes >= 0.8 * in_the_middle
