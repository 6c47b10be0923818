"""The watch over log calls that runs around every test."""

import logging

from tests.support.environment import FormatWatch


def _record(text: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("moodpid", logging.DEBUG, __file__, 1, text, arguments, None)


def test_a_log_call_with_wrong_arguments_is_a_fault() -> None:
    watch = FormatWatch()
    watch.handle(_record("%d songs", "three"))
    assert len(watch.faults) == 1


def test_a_log_call_that_fits_is_none() -> None:
    watch = FormatWatch()
    watch.handle(_record("%d songs by %s", 3, "Ada"))
    assert not watch.faults
