"""A small part of the comparison of detectors, so that no change makes ghosts or loses faces unnoticed."""

import numpy as np
import pytest
from benchmarks.detection import fit_evidence, measure
from benchmarks.detection.contestants import MOODPID, VERSION_0_1_0
from benchmarks.detection.heads import Pose, draw_person
from benchmarks.detection.rooms import draw_room
from benchmarks.detection.scenes import CASES

BY_NAME = {case.name: case for case in CASES}


def test_one_seed_draws_the_same_rooms_heads_and_sensors() -> None:
    one, other = draw_room(5), draw_room(5)
    assert np.array_equal(one.frame(3), other.frame(3))
    assert not np.array_equal(one.frame(3), one.frame(4))
    one_head, other_head = (draw_person(2, 90, Pose(yaw=30.0)).picture for _ in range(2))
    assert np.array_equal(one_head, other_head)


@pytest.mark.parametrize(
    ("case", "least"),
    [
        ("60 px wide", 0.9),
        ("roll 25°", 0.95),
        ("light x 0.15", 0.95),
        ("light x 0.10, lamp in view", 0.9),
        ("… yaw 35°", 0.9),
    ],
)
def test_faces_are_found(case: str, least: float) -> None:
    assert measure.recall(MOODPID, BY_NAME[case], 8) >= least


def test_empty_rooms_have_few_ghosts_and_stay_empty() -> None:
    found = measure.ghosts(MOODPID, range(500, 512), looks=3)
    assert found.per_1000 <= 60  # one look into 36
    assert found.occupied == 0


def test_whoever_arrives_is_found_as_soon_as_before() -> None:
    delay = measure.arrivals(MOODPID, 6)
    assert (delay.median, delay.worst, delay.missed) == (0, 0, 0)


def test_a_look_costs_less_than_it_did() -> None:
    before = measure.empty_room_ms(VERSION_0_1_0, [3], 9)
    assert measure.empty_room_ms(MOODPID, [3], 9) < 0.3 * before
    before = measure.occupied_ms(VERSION_0_1_0, 8, whole_frame=False)
    assert measure.occupied_ms(MOODPID, 8, whole_frame=False) < 0.75 * before


def test_the_fit_of_the_evidence_finds_the_weights_behind_it() -> None:
    rng = np.random.default_rng(0)
    truth = np.array([1.0, 0.5, -2.0])
    rows = np.column_stack([rng.uniform(0, 3, (20_000, 2)), np.ones(20_000)])
    face = rng.random(20_000) < 1 / (1 + np.exp(-rows @ truth))
    weights = fit_evidence.fit(rows[face], rows[~face])
    # Both kinds count alike: their shares move the offset alone
    assert weights[:2] == pytest.approx(truth[:2], abs=0.1)
    assert weights[2] + np.log(face.mean() / (1 - face.mean())) == pytest.approx(truth[2], abs=0.15)
