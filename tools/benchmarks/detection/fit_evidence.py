#!/usr/bin/env python3
"""Fit the weights with which `moodpid.vision.haar.evidence` joins the votes of its cascades.

    .venv/bin/python tools/benchmarks/detection/fit_evidence.py [--rooms 150] [--faces 150]

Proposals of drawn empty rooms are no faces; those at the place of a drawn face or head are, in all the cases
of `scenes.py`. A logistic regression on the logarithms of the votes separates the two. Prints weights and
offset for `_WEIGHTS` and `_OFFSET`, and how many of each kind lie on the right side of the odds that a place
needs by itself. The seeds are others than those of `compare.py`.
"""

import argparse
import math
import sys
from collections.abc import Iterable, Iterator
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.detection.contestants import MIN_FACE_PX
from benchmarks.detection.rooms import draw_room
from benchmarks.detection.scenes import CASES, frames, is_found

from moodpid.vision.haar import cascades
from moodpid.vision.haar.evidence import FaceEvidence, Votes
from moodpid.vision.haar.motion import ChangeDetector, whole
from moodpid.vision.haar.search import Search, propose
from moodpid.vision.haar.tone import tone_curve
from moodpid.vision.haar.tracking import CERTAIN
from moodpid.vision.types import Face, GreyImage

Floats = NDArray[np.float64]
_FIRST_ROOM, _FIRST_PLACES = 70_000, 71
_MOST_PROPOSALS = 12  # of a frame, as the detector has it
_SHRINK = 0.01  # of the weights, so that a vote that separates all cannot grow without bound
_STEPS = 25


class Collector:
    """Collects the votes for the proposals of frames."""

    def __init__(self) -> None:
        self._proposer = cascades.load(cascades.PROPOSER)
        self._evidence = FaceEvidence(self._proposer)

    def votes(self, grey: GreyImage) -> Iterator[tuple[Face, Votes]]:
        """Yield each proposal of a frame with its votes."""
        changes = ChangeDetector()
        changes.update(grey)
        curve = tone_curve(changes.thumbnail)
        search = Search(whole(grey), MIN_FACE_PX)
        for proposal in propose(self._proposer, grey, search, curve)[:_MOST_PROPOSALS]:
            yield self._evidence.votes(grey, proposal.face, proposal.hits, curve)


def no_faces(collector: Collector, rooms: int) -> list[Votes]:
    """Return the votes of what was proposed in empty rooms."""
    found = []
    for seed in range(_FIRST_ROOM, _FIRST_ROOM + rooms):
        found += [votes for _, votes in collector.votes(draw_room(seed).frame(seed))]
    return found


def faces(collector: Collector, count: int) -> list[Votes]:
    """Return the votes of what was proposed at the places of faces, upright ones, of all cases in turn."""
    upright = [case for case in CASES if not case.pose.roll]
    found = []
    for case in upright:
        for shown in frames(replace(case, seed=_FIRST_PLACES), math.ceil(count / len(upright))):
            for face, votes in collector.votes(shown.grey):
                if is_found(shown, *face.centre):
                    found.append(votes)
    return found


def features(votes: Iterable[Votes]) -> Floats:
    """Return the logarithms that are weighted, and a 1 for the offset, shape (places, 6)."""
    return np.array([[*(math.log1p(count) for count in astuple(one)), 1.0] for one in votes])


def fit(yes: Floats, no: Floats) -> Floats:
    """Return the weights of a logistic regression, both kinds counting alike, by Newton's method.

    Bishop, "Pattern Recognition and Machine Learning" (2006), section 4.3.3.
    """
    rows = np.concatenate([yes, no])
    truth = np.concatenate([np.ones(len(yes)), np.zeros(len(no))])
    share = np.where(truth == 1, 0.5 / len(yes), 0.5 / len(no))
    shrink = _SHRINK * np.diag([*np.ones(rows.shape[1] - 1), 0.0]) / rows.shape[1]
    weights = np.zeros(rows.shape[1])
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-rows @ weights))
        slope = rows.T @ (share * (truth - p)) - shrink @ weights
        curvature = (rows * (share * p * (1 - p))[:, np.newaxis]).T @ rows + shrink
        weights = weights + np.linalg.solve(curvature + 1e-9 * np.eye(len(weights)), slope)
    return np.asarray(weights)


def main() -> int:
    """Collect, fit and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rooms", type=int, default=150)
    parser.add_argument("--faces", type=int, default=150, help="frames with a face")
    options = parser.parse_args()
    collector = Collector()
    no, yes = features(no_faces(collector, options.rooms)), features(faces(collector, options.faces))
    weights = fit(yes, no)
    print(f"{len(yes)} proposals at faces, {len(no)} elsewhere")
    print("_WEIGHTS =", tuple(round(float(w), 2) for w in weights[:-1]))
    print("_OFFSET =", round(float(weights[-1]), 2))
    kept, rejected = (yes @ weights >= CERTAIN).mean(), (no @ weights < CERTAIN).mean()
    print(f"at log odds of {CERTAIN}: {kept:.1%} of the faces kept, {rejected:.1%} of the others rejected")
    return 0


if __name__ == "__main__":
    sys.exit(main())
