"""Where in the text of a configuration file a table or key stands, and how it is printed."""

import re
from collections.abc import Iterator

KeyPath = tuple[str, ...]

_HEADER = re.compile(r"\s*\[\s*([\w.\"'-]+)\s*\]")
_KEY = re.compile(r"\s*([\w.\"'-]+)\s*=")


def find_keys(text: str) -> Iterator[tuple[int, KeyPath]]:
    """Return the line of each table's header and each key written in the usual way, counted from 1."""
    table: KeyPath = ()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            table = _parts(header[1])
            yield number, table
        elif key := _KEY.match(line):
            yield number, (*table, *_parts(key[1]))


def _parts(dotted: str) -> KeyPath:
    return tuple(part.strip("\"'") for part in dotted.split("."))


def format_key(place: KeyPath) -> str:
    """Return a key path as people read it: `[table] key`."""
    return f"[{'.'.join(place[:-1])}] {place[-1]}" if len(place) > 1 else f"[{place[0]}]"


def line_of(text: str, place: KeyPath) -> int | None:
    """Return the line of a key or its table; None if neither is written in the usual way."""
    lines: dict[KeyPath, int] = {}
    for number, found in find_keys(text):
        lines.setdefault(found, number)
    for length in range(len(place), 0, -1):
        if place[:length] in lines:
            return lines[place[:length]]
    return None
