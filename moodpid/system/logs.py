"""Where log lines go: into the journal with their fields under systemd, to stderr otherwise."""

import logging
import os
import sys

from moodpid.text import clean, clean_lines

MAX_LINE_CHARS = 4000


class CleanFormatter(logging.Formatter):
    """Formats log records, of libraries too, without control characters and within `MAX_LINE_CHARS`.

    A message is one line, so that nothing in it can pass for the next one; a traceback keeps its lines.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the text of `record`."""
        safe = logging.makeLogRecord(record.__dict__)
        safe.msg, safe.args = clean(record.getMessage(), MAX_LINE_CHARS), None
        return clean_lines(super().format(safe))


def set_up(level: int = logging.INFO) -> None:
    """Send log lines to the journal under systemd, else to standard error; of libraries only warnings.

    Args:
        level: The lowest level of our own lines that is logged.
    """
    handler = _journal() if _stderr_is_journal() else None
    # The journal keeps time, level and logger in fields of their own
    line, time_format = (
        ("%(message)s", None) if handler else ("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
    )
    attach(handler or logging.StreamHandler(sys.stderr), max(level, logging.WARNING), line, time_format)
    logging.getLogger("moodpid").setLevel(level)


def attach(handler: logging.Handler, level: int, line: str, time_format: str | None = None) -> None:
    """Make `handler` the one of the root logger, with a `CleanFormatter`, and report no fault of its own."""
    handler.setFormatter(CleanFormatter(line, time_format))
    logging.basicConfig(level=level, handlers=[handler])
    # A log that cannot be written (a closed standard error) must not print a traceback for each line
    logging.raiseExceptions = False


def _stderr_is_journal() -> bool:
    """Return whether JOURNAL_STREAM names standard error's device and inode (systemd.exec(5))."""
    try:
        status = os.fstat(sys.stderr.fileno())
    except (AttributeError, OSError, ValueError):  # no stderr at all: the descriptor was closed
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _journal() -> logging.Handler | None:
    try:
        from systemd.journal import JournalHandler  # noqa: PLC0415 - only where systemd starts us
    except ImportError:
        return None
    handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="moodpid")
    return handler
