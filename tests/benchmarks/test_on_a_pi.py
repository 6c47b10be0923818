"""What is expected of a Pi follows from what was measured here and from a published benchmark."""

import pytest
from benchmarks.on_a_pi import BOARDS, WIDER_VECTORS, Board, expect, rating

HERE_MS = {"full_frame": 40.0, "window": 8.0, "empty_room": 10.0}
TOLD = """
Avr:      357    11   3180    356  |       5563    11   4338    478
Tot:              11   3759    417
"""


def test_the_rating_is_taken_at_full_use_of_the_core() -> None:
    assert rating(TOLD) == 3759


def test_a_rating_that_is_not_there_is_reported() -> None:
    with pytest.raises(ValueError, match="no total"):
        rating("Segmentation fault")


def test_half_the_speed_takes_at_least_twice_as_long() -> None:
    slow = expect(Board("slow", "a core", 1000, ""), 2000.0, HERE_MS)
    assert slow.ratio == (2.0, 2.0 * WIDER_VECTORS)
    assert slow.window_ms == (16.0, 16.0 * WIDER_VECTORS)


def test_with_a_face_every_eighth_look_searches_the_whole_frame() -> None:
    same = expect(Board("same", "a core", 1000, ""), 1000.0, HERE_MS)
    assert same.somebody[0] == pytest.approx(4 * (40 / 8 + 7 * 8 / 8) / 1000)
    assert same.nobody[0] == pytest.approx(4 * 10 / 1000)


def test_later_boards_are_faster() -> None:
    assert sorted(BOARDS, key=lambda board: board.mips) == list(BOARDS)
