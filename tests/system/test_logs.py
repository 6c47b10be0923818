"""Log lines: one line each, without control characters, and no fault of the log ends anything."""

import io
import logging
import sys

import pytest

from moodpid.system.logs import MAX_LINE_CHARS, CleanFormatter
from moodpid.text import is_one_line


def formatted(message: str, *arguments: object) -> str:
    record = logging.LogRecord("moodpid", logging.INFO, "", 0, message, arguments, None)
    return CleanFormatter("%(levelname)s %(message)s").format(record)


def test_control_characters_do_not_reach_the_log() -> None:
    assert formatted("song %s", "\x1b[31mred\x07") == "INFO song [31mred"


def test_a_message_cannot_forge_the_next_line() -> None:
    assert formatted("song %s", "a\n12:00:00 ERROR b") == "INFO song a 12:00:00 ERROR b"


def test_a_long_message_is_cut() -> None:
    assert len(formatted("%s", "x" * 1_000_000)) <= MAX_LINE_CHARS + len("INFO ")


def test_a_traceback_keeps_its_lines_and_loses_its_controls() -> None:
    try:
        raise ValueError("\x1b[2J")  # noqa: TRY301 - a traceback is wanted
    except ValueError:
        record = logging.LogRecord("moodpid", logging.ERROR, "", 0, "bug", (), sys.exc_info())
    lines = CleanFormatter("%(message)s").format(record).split("\n")
    assert lines[0] == "bug"
    assert lines[-1] == "ValueError: [2J"
    assert all(is_one_line(line) for line in lines)


def test_a_stream_that_is_closed_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    stream.close()
    handler.handle(logging.LogRecord("moodpid", logging.INFO, "", 0, "lost", (), None))
