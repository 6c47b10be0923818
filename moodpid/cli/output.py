"""What the command line prints: lines on standard output, and errors that begin with the program's name."""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

from moodpid.text import clean_lines

PREFIX = "moodpid: "


class UnwritableError(OSError):
    """Standard output cannot be written, which is no fault of moodpid's."""


def prepare_streams() -> None:
    """Make the standard streams safe: open, and with an escape for what they cannot encode or decode."""
    for fd in (0, 1, 2):
        try:
            os.fstat(fd)
        except OSError:  # closed: the next file or socket to be opened would be taken for it
            os.open(os.devnull, os.O_RDWR)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - until the end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")


def print_json(record: dict[str, Any]) -> None:
    """Print one JSON object on a line of its own."""
    print_line(json.dumps(record))


def print_line(line: str) -> None:
    """Print a line, without control characters that it may quote.

    Raises:
        BrokenPipeError: The reader has closed the pipe.
        UnwritableError: The line cannot be written for another reason.
    """
    try:
        print(clean_lines(line), flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UnwritableError(error.errno, error.strerror) from error


def print_error(line: str) -> None:
    """Print a line on standard error, without control characters that it may quote."""
    print(f"{PREFIX}{clean_lines(line)}", file=sys.stderr, flush=True)
