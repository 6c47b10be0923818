"""What tests import by name: the programs they need, songs that last, and the watch over log calls."""

import logging
import struct
from pathlib import Path

import pytest
from demo.synth import RATE_HZ

from tests.support.servers import find

SONG_S = 600.0


def require(*programs: str) -> None:
    """Skip the test, with the reason, where a program is not installed."""
    for program in programs:
        if find(program) is None:
            pytest.skip(f"{program} is not installed: tools/test installs it")


def lengthen(song: Path, seconds: float) -> None:
    """Let a song of the library go on in silence until it lasts `seconds`; a sparse file takes no room."""
    data = song.read_bytes().index(b"data") + 4
    size = 2 * int(seconds * RATE_HZ)
    with song.open("r+b") as file:
        # Of the RIFF chunk, and of the samples in it
        for place, length in ((4, data - 4 + size), (data, size)):
            file.seek(place)
            file.write(struct.pack("<I", length))
        file.truncate(data + 4 + size)


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
