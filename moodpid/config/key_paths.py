"""Where in the text of a configuration file a table or key stands, and how people call it."""

import re
from collections.abc import Iterator

Place = tuple[str, ...]

_HEADER = re.compile(r"\s*\[\s*([\w.\"'-]+)\s*\]")
_KEY = re.compile(r"\s*([\w.\"'-]+)\s*=")


def places(text: str) -> Iterator[tuple[int, Place]]:
    """Each table's header and each key that is written in the usual way, with its line, counted from 1."""
    table: Place = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            yield number, table
        elif key := _KEY.match(line):
            yield number, (*table, *_parts(key[1]))


def _parts(dotted: str) -> Place:
    return tuple(part.strip("\"'") for part in dotted.split("."))


def show(place: Place) -> str:
    """A place as people read it: `[table] key`."""
    return f"[{'.'.join(place[:-1])}] {place[-1]}" if len(place) > 1 else f"[{place[0]}]"


def line_of(text: str, place: Place) -> int | None:
    """The line of a key or table, or of the table around it; None if neither is written the usual way."""
    lines: dict[Place, int] = {}
    for number, found in places(text):
        lines.setdefault(found, number)
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return None
