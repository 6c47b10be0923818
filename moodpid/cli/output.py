"""What the command line prints: lines on standard output, and errors that begin with the program's name."""

import json
import sys
from typing import Any

PREFIX = "moodpid: "


class UnwritableError(OSError):
    """Standard output cannot be written, which is no fault of moodpid's."""


def print_json(record: dict[str, Any]) -> None:
    """Print one JSON object on a line of its own."""
    print_line(json.dumps(record))


def print_line(line: str) -> None:
    """Print a line.

    Raises:
        BrokenPipeError: The reader has closed the pipe.
        UnwritableError: The line cannot be written for another reason.
    """
    try:
        print(line, flush=True)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UnwritableError(error.errno, error.strerror) from error


def print_error(line: str) -> None:
    """Print a line on standard error."""
    print(f"{PREFIX}{line}", file=sys.stderr, flush=True)
