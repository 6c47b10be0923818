"""Where log lines go: into the journal with their fields under systemd, to stderr otherwise."""

import logging
import os
import sys


def set_up(level: int = logging.INFO) -> None:
    """Send the log lines of this process where its reader expects them; of libraries only their warnings.

    Args:
        level: The least of our own lines that are told.
    """
    handler = _journal() if _stderr_is_journal() else None
    # The journal keeps time, level and logger in fields of their own
    line, time_format = (
        ("%(message)s", None) if handler else ("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
    )
    handler = handler or logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(line, time_format))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler])
    logging.getLogger("moodpid").setLevel(level)


def _stderr_is_journal() -> bool:
    """As systemd.exec(5) says of JOURNAL_STREAM: it names the device and inode of the journal's socket."""
    try:
        status = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{status.st_dev}:{status.st_ino}"


def _journal() -> logging.Handler | None:
    try:
        from systemd.journal import JournalHandler  # noqa: PLC0415 - only where systemd starts us
    except ImportError:
        return None
    handler: logging.Handler = JournalHandler(SYSLOG_IDENTIFIER="moodpid")
    return handler
