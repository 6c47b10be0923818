"""However often there is a reason, the log gets a line a minute."""

import logging

import pytest

from moodpid.rate_limit import INTERVAL_S, ThrottledLogger


def test_a_thousand_reasons_in_a_minute_make_one_line(caplog: pytest.LogCaptureFixture) -> None:
    murmur = ThrottledLogger(logging.getLogger("moodpid.test"))
    for n in range(1000):
        murmur.warn(f"reason {n}", now_s=n * INTERVAL_S / 1000)
    assert [record.getMessage() for record in caplog.records] == ["reason 0"]


def test_the_next_line_says_how_many_were_kept_back(caplog: pytest.LogCaptureFixture) -> None:
    murmur = ThrottledLogger(logging.getLogger("moodpid.test"))
    for now_s in (0.0, 1.0, 2.0, INTERVAL_S):
        murmur.warn("nonsense", now_s)
    assert caplog.records[-1].getMessage() == "nonsense (2 more like it in the last minute)"
