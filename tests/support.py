"""What tests import by name: the programs they need, and the watch over log calls."""

import logging

import pytest
from servers import find


def require(*programs: str) -> None:
    """Skip the test, with the reason, where a program is not installed."""
    for program in programs:
        if find(program) is None:
            pytest.skip(f"{program} is not installed: tools/test installs it")


class FormatWatch(logging.Handler):
    """Formats every record, whatever its level, and remembers those that cannot be."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        try:
            record.getMessage()
        except (TypeError, ValueError, KeyError) as error:
            self.faults.append(
                f"{record.pathname}:{record.lineno}: {record.msg!r} % {record.args!r}: {error}"
            )
