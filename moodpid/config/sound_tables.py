"""The tables without faults of a configuration file that has some, each parsed alone."""

import re
import tomllib
from collections.abc import Iterator
from typing import Any, Final

from moodpid.config.key_paths import find_keys
from moodpid.config.validation import find_faults, normalized

_BROKEN: Final = (ValueError, RecursionError)  # what tomllib raises


def find_sound_tables(text: str) -> dict[str, Any]:
    """Return the tables that have no fault; what was no UTF-8 in them (U+FFFD) is one."""
    try:
        tables = tomllib.loads(text) if "\ufffd" not in text else _parsed_alone(text)
    except _BROKEN:
        tables = _parsed_alone(text)
    tables = normalized(tables)
    faulty = {place[0] for place, _ in find_faults(tables)}
    return {name: table for name, table in tables.items() if name not in faulty}


def find_lost_servers(text: str, sound: dict[str, Any]) -> frozenset[str]:
    """Return which of the tables `player` and `mqtt` seem to be in the text, but not whole in a sound table.

    Args:
        text: Of a configuration with faults.
        sound: Its tables without one.
    """

    def count(word: str) -> int:
        return len(re.findall(rf"(?m)^[^#\n]*\b{word}", text.replace("\0", "")))  # zeros of UTF-16

    lost = {table for table in ("player", "mqtt") if table not in sound and count(table)}
    # Keys may stand below another header, or a misspelt one. A password would go to another server then
    if count(r"host\b") > sum("host" in table for table in sound.values() if isinstance(table, dict)):
        lost |= {table for table in ("player", "mqtt") if "host" not in sound.get(table, {})}
    # ... or in clear
    if any(count(key) and key not in sound.get("mqtt", {}) for key in ("tls", "transport", "username")):
        lost.add("mqtt")
    return frozenset(lost)


def _parsed_alone(text: str) -> dict[str, Any]:
    """Return the tables that are valid TOML, without those that have an invalid part or stand in two."""
    tables: dict[str, Any] = {}
    broken: set[str] = set()
    for part in _parts(text):
        try:
            if "\ufffd" in part:
                raise ValueError
            found = tomllib.loads(part)
        except _BROKEN:
            broken.update(path[0] for _, path in find_keys(part))
            continue
        broken.update(found.keys() & tables.keys())
        tables.update(found)
    return {name: table for name, table in tables.items() if name not in broken}


def _parts(text: str) -> Iterator[str]:
    """Yield the lines below the headers of each table, those of its subtables included."""
    lines, found = text.split("\n"), [*find_keys(text)]
    headers = {number: path[0] for number, path in found if lines[number - 1].lstrip().startswith("[")}
    parts: dict[str, list[str]] = {}
    table = ""
    for number, line in enumerate(lines, start=1):
        table = headers.get(number, table)
        parts.setdefault(table, []).append(line)
    yield from map("\n".join, parts.values())
