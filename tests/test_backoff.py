"""Pauses between tries grow to a limit and are jittered."""

from hypothesis import given
from hypothesis import strategies as st

from moodpid.backoff import Backoff


@given(failures=st.integers(0, 2000), first_s=st.floats(0.01, 10), longest_s=st.floats(0.01, 1000))
def test_pauses_grow_to_their_limit_and_are_never_none(
    failures: int, first_s: float, longest_s: float
) -> None:
    backoff = Backoff(first_s, longest_s)
    backoff.failures = failures
    pause_s = backoff.next_pause_s()
    expected_s = min(longest_s, first_s * 2.0 ** min(failures, 32))
    assert expected_s / 2 <= pause_s <= expected_s


def test_after_a_success_it_begins_again() -> None:
    backoff = Backoff(1.0, 10.0)
    for _ in range(10):
        backoff.next_pause_s()
    backoff.reset()
    assert backoff.next_pause_s() <= 1.0


def test_pauses_are_spread_over_the_upper_half() -> None:
    backoff = Backoff(10.0, 10.0)
    pauses = [backoff.next_pause_s() for _ in range(200)]
    assert min(pauses) < 6.0
    assert max(pauses) > 9.0
