"""Weighs whether a proposal is a face: by five cascades in a small window around it.

A face is found by many overlapping windows, by two cascades, has eyes in its upper half, and is often found
from the side as well; what only looks like one to the proposer is found by few. The weights are those of a
logistic regression, see `tools/benchmarks/detection`.
"""

import math
from dataclasses import astuple, dataclass

import numpy as np

from moodpid.vision.haar import cascades
from moodpid.vision.haar.tone import ToneCurve
from moodpid.vision.haar.windows import FaceWindow, cut_window, search_window, with_surroundings
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, GreyImage

_MARGIN = 0.35  # of the face's width, around it in a window
_FACE_PX, _EYES_PX = 52, 96  # the face's width in the window for faces, and in the one for eyes
_SHRINK, _GROW = 0.66, 1.45  # how much the proposal's size may be wrong
_PROFILE_SHRINK, _PROFILE_GROW = 0.6, 1.5
_UPPER = 0.62  # of the face: the eyes are not below
_EYE_STEP, _EYE_PX, _LARGEST_EYE = 1.1, 20, 0.5  # the cascade's own size in pixels; of the face's width


@dataclass(frozen=True, slots=True)
class Votes:
    """How many overlapping windows of each kind show a face or its parts, in one place.

    Attributes:
        search: Of the coarse search that proposed the place.
        proposer: Of the cascade that proposes, at a fine step.
        confirmer: Of the other frontal cascade.
        eyes: Of the eye on the left and the eye on the right.
        profile: Of the cascade for faces from the side, looking to the side with more of them.
    """

    search: int
    proposer: int
    confirmer: int
    eyes: int
    profile: int


_WEIGHTS = (1.19, 0.62, 1.26, 1.62, 1.31)  # in the order of `Votes`
_OFFSET = -5.91


@dataclass(frozen=True, slots=True)
class Weighed:
    """A proposal after a close look.

    Attributes:
        face: The proposal's place, more exactly.
        log_odds: The logarithm of the odds that it is a face.
    """

    face: Face
    log_odds: float


def log_odds(votes: Votes) -> float:
    """Return the logarithm of the odds that there is a face where these votes were given."""
    return _OFFSET + sum(
        weight * math.log1p(count) for weight, count in zip(_WEIGHTS, astuple(votes), strict=True)
    )


class FaceEvidence:
    """Looks closely at proposals.

    Args:
        proposer: The cascade that proposes faces.

    Raises:
        CascadeError: One of the other cascades is missing or is none.
    """

    def __init__(self, proposer: cv2.CascadeClassifier) -> None:
        self._proposer = proposer
        self._confirmer = cascades.load(cascades.CONFIRMER)
        self._eyes = cascades.load(cascades.EYES)
        self._profile = cascades.load(cascades.PROFILE)

    def weigh(self, grey: GreyImage, face: Face, hits: int, curve: ToneCurve | None) -> Weighed:
        """Return the evidence for a face.

        Args:
            grey: The frame.
            face: The place in it.
            hits: How many windows of the search took it for a face.
            curve: The tone curve of the frame.
        """
        place, votes = self.votes(grey, face, hits, curve)
        return Weighed(place, log_odds(votes))

    def votes(self, grey: GreyImage, face: Face, hits: int, curve: ToneCurve | None) -> tuple[Face, Votes]:
        """Return a face's place more exactly, and the votes for it; arguments as of `weigh`."""
        window = cut_window(grey, face, _FACE_PX, _MARGIN, curve)
        whole = cut_window(*with_surroundings(grey, face, _MARGIN), _EYES_PX, _MARGIN, curve)
        found = search_window(self._proposer, window, _SHRINK, _GROW)
        agreed = search_window(self._confirmer, window, _SHRINK, _GROW)
        place = found or agreed
        votes = Votes(
            search=hits,
            proposer=found.count if found else 0,
            confirmer=agreed.count if agreed else 0,
            eyes=self._eye_votes(whole),
            profile=max(self._profile_votes(window), self._profile_votes(window.mirrored())),
        )
        return place.face if place else face, votes

    def _profile_votes(self, window: FaceWindow) -> int:
        found = search_window(self._profile, window, _PROFILE_SHRINK, _PROFILE_GROW)
        return found.count if found else 0

    def _eye_votes(self, window: FaceWindow) -> int:
        border = round(_MARGIN * _EYES_PX)
        upper = window.grey[border : border + round(_UPPER * _EYES_PX), border - 4 : border + _EYES_PX + 4]
        if min(upper.shape) < _EYE_PX:
            return 0
        boxes, counts = self._eyes.detectMultiScale2(
            upper,
            scaleFactor=_EYE_STEP,
            minNeighbors=1,
            minSize=(_EYE_PX, _EYE_PX),
            maxSize=(round(_LARGEST_EYE * _EYES_PX),) * 2,
        )
        middle = upper.shape[1] / 2
        sides = [0, 0]
        for (x, _, width, _), count in zip(np.asarray(boxes), np.asarray(counts), strict=True):
            right = int(x + width / 2 >= middle)
            sides[right] = max(sides[right], int(count))
        return sum(sides)
