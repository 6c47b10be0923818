"""A place counts as a face by evidence, or while something moves there and the evidence is fair."""

import numpy as np
import pytest

from moodpid.vision.haar.evidence import Votes, Weighed, log_odds
from moodpid.vision.haar.tracking import CERTAIN, KEEP, MOVING, TURNED, Tracker, overlap, same_place
from moodpid.vision.types import Face

GREY = np.random.default_rng(0).integers(0, 256, (480, 640), np.uint8)
FACE = Face(200, 120, 100, 100)


def tracker_with(odds: float, *, moved: bool, face: Face = FACE) -> Tracker:
    tracker = Tracker(ignore_pictures=True)
    tracker.admit(GREY, Weighed(face, odds), 5, 0.0, moved=moved)
    return tracker


@pytest.mark.parametrize(
    ("odds", "moved", "counts"),
    [
        (CERTAIN, False, True),
        (CERTAIN - 0.1, False, False),
        (MOVING, True, True),
        (MOVING - 0.1, True, False),
    ],
)
def test_a_place_that_moves_needs_less_evidence(odds: float, moved: bool, counts: bool) -> None:
    assert tracker_with(odds, moved=moved).anybody is counts


def test_a_turned_face_needs_more_evidence() -> None:
    face = Face(200, 120, 100, 100, roll=20.0)
    assert not tracker_with(CERTAIN, moved=False, face=face).anybody
    assert tracker_with(CERTAIN + TURNED, moved=False, face=face).anybody


def test_an_uncertain_face_counts_only_while_it_moves() -> None:
    tracker = tracker_with(1.0, moved=True)
    (track,) = tracker.tracks
    tracker.found(track, FACE, GREY, 0.25, moved=False)
    assert not tracker.anybody
    tracker.found(track, FACE, GREY, 0.5, moved=True)
    assert tracker.anybody


def test_a_face_that_kept_moving_counts_when_it_rests() -> None:
    tracker = tracker_with(1.0, moved=True)
    (track,) = tracker.tracks
    for number in range(1, 10):
        tracker.found(track, FACE, GREY, number / 4, moved=True)
    tracker.found(track, FACE, GREY, 3.0, moved=False)
    assert tracker.anybody


def test_a_certain_face_stays_one_until_little_speaks_for_it() -> None:
    tracker = tracker_with(CERTAIN, moved=False)
    (track,) = tracker.tracks
    tracker.reweigh(track, Weighed(FACE, KEEP), 5.0)
    assert track.certain
    tracker.reweigh(track, Weighed(FACE, KEEP - 0.1), 10.0)
    assert not track.certain
    tracker.reweigh(track, Weighed(FACE, KEEP), 15.0)
    assert not track.certain


@pytest.mark.parametrize(
    ("at_s", "face", "moved", "counts"),
    [
        (5.0, FACE, True, True),
        (5.0, FACE, False, False),
        (5.0, Face(420, 120, 100, 100), True, False),
        (5.0, Face(145, 65, 210, 210), True, False),
        (35.0, FACE, True, False),
    ],
)
def test_a_person_who_returns_needs_little_evidence(
    at_s: float, face: Face, moved: bool, counts: bool
) -> None:
    tracker = tracker_with(CERTAIN, moved=False)
    tracker.missed(tracker.tracks[0])
    for look_s in (3.5, at_s):
        tracker.forget_lost(look_s)
    tracker.admit(GREY, Weighed(face, KEEP), 5, at_s, moved=moved)
    assert tracker.anybody is counts


def test_a_person_is_not_expected_where_an_uncertain_face_was() -> None:
    tracker = tracker_with(MOVING, moved=True)
    tracker.forget_lost(3.5)
    assert not tracker.admit(GREY, Weighed(FACE, KEEP), 5, 5.0, moved=True)


def test_a_lost_face_is_forgotten_after_seconds() -> None:
    tracker = tracker_with(9.0, moved=False)
    tracker.forget_lost(3.0)
    assert len(tracker.tracks) == 1
    tracker.forget_lost(3.1)
    assert tracker.tracks == []


def test_of_two_faces_that_merge_the_older_stays() -> None:
    tracker = tracker_with(9.0, moved=False)
    tracker.admit(GREY, Weighed(Face(400, 120, 100, 100), 9.0), 5, 1.0, moved=False)
    older, newer = tracker.tracks
    tracker.found(newer, Face(210, 120, 100, 100), GREY, 2.0, moved=True)
    tracker.merge()
    assert tracker.tracks == [older]


def test_a_face_inside_a_larger_box_is_another_proposal() -> None:
    small, large = Face(230, 150, 40, 40), FACE
    assert overlap(small, large)
    assert not same_place(large, small)


def test_every_vote_raises_the_odds() -> None:
    few = log_odds(Votes(1, 1, 1, 1, 1))
    assert few > log_odds(Votes(1, 0, 0, 0, 0))
    for votes in (Votes(9, 1, 1, 1, 1), Votes(1, 9, 1, 1, 1), Votes(1, 1, 1, 9, 1), Votes(1, 1, 1, 1, 9)):
        assert log_odds(votes) > few


@pytest.mark.parametrize("picture", [True, False])
def test_a_small_face_never_hides_a_near_one(picture: bool) -> None:
    tracker = tracker_with(9.0, moved=False, face=Face(425, 25, 60, 60))
    (poster,) = tracker.tracks
    poster.picture, poster.counts = picture, not picture
    near = Face(200, 50, 300, 300)
    assert overlap(poster.face, near)
    assert not poster.matches(near)
    assert tracker.admit(GREY, Weighed(near, 9.0), 5, 200.0, moved=False)
    tracker.merge()
    assert [(track.face, track.counts) for track in tracker.tracks] == [
        (poster.face, not picture),
        (near, True),
    ]


def test_a_larger_box_around_a_picture_is_the_picture() -> None:
    tracker = tracker_with(9.0, moved=False)
    (poster,) = tracker.tracks
    poster.picture = True
    assert poster.matches(Face(140, 60, 220, 220))
