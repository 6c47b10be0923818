"""Set keys in the text of a configuration, which keeps its comments and its order."""

import itertools
import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from moodpid.config.schema import Config

TomlValue = str | int | float | bool
Changes = Mapping[tuple[str, str], TomlValue | None]
"""New values by table and key, such as `("camera", "source")`; None for a key that is to be a comment."""

_COMMENT_COLUMN: Final = 26  # where the default configuration has its comments
_HEADER: Final = re.compile(r"\s*\[\s*([^\[\]]*?)\s*\]\s*(#.*)?$")
_COMMENTED_HEADER: Final = re.compile(r"\s*#\s*\[")  # what is shown below it is of another table
_VALUE_AND_COMMENT: Final = re.compile(r"""=\s*(?:"(?:\\.|[^"\\])*"|'[^']*'|[^"'#\s]+)\s*(#.*)$""")


def set_keys(text: str, values: Changes) -> str:
    """Return the text with each key of a table set.

    A key is set where it stands; else where a comment shows its default, above the commented header of any
    other table; else below the header of its table, which is appended where the text has none.

    Args:
        text: A configuration with its tables below headers of their own, as people write them. Of other
            TOML, such as dotted keys, the result may mean something else: parse it.
        values: By table and key.

    Raises:
        LookupError: The configuration has no such key.
    """
    if not values:
        return text
    lines = text.rstrip("\n").split("\n")
    for table in dict.fromkeys(table for table, _ in values):
        if table not in map(_opens, lines):
            lines += [*([""] if lines[-1] else []), f"[{table}]"]
    for (table, key), value in reversed([*values.items()]):  # so that what is inserted keeps its order
        _set_key(lines, table, key, value)
    return "\n".join(lines) + "\n"


def changes(config: Config, names: Mapping[str, Iterable[str]], before: Config) -> Changes:
    """Return the named keys, by table, whose values differ from what they were before."""
    found: dict[tuple[str, str], TomlValue | None] = {}
    for table, keys in names.items():
        for key in keys:
            value = getattr(getattr(config, table), key)
            if value != getattr(getattr(before, table), key):
                found[table, key] = value
    return found


def _opens(line: str) -> str | None:
    """Return the table whose header the line is; None for any other line."""
    header = _HEADER.match(line)
    return header[1].strip("\"'") if header else None


def _set_key(lines: list[str], table: str, key: str, value: TomlValue | None) -> None:
    header = next(n for n, line in enumerate(lines) if _opens(line) == table)
    end = next((n for n in range(header + 1, len(lines)) if _opens(lines[n]) is not None), len(lines))
    written = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
    number = next((n for n in range(header + 1, end) if written.match(lines[n])), None)
    if value is None:
        if number is not None:
            lines[number] = f"# {lines[number].lstrip()}"
        return
    if number is None:
        shown = re.compile(rf"# {re.escape(key)} *= *{_shown_default(table, key)}\s*(#.*)?$")
        below = itertools.takewhile(lambda n: not _COMMENTED_HEADER.match(lines[n]), range(header + 1, end))
        number = next((n for n in below if shown.match(lines[n])), None)
    if number is None:
        number = header + 1
        lines.insert(number, "")
    lines[number] = _set_value(lines[number], key, value)


def _shown_default(table: str, key: str) -> str:
    """Return a pattern for the value that the default configuration shows in a comment."""
    try:
        value = getattr(getattr(Config(), table), key)
    except AttributeError:
        raise LookupError(f"the configuration has no {key} in [{table}]") from None
    return r"\S+" if value is None else re.escape(_toml(value))  # such as the port that depends on TLS


def _set_value(line: str, key: str, value: TomlValue) -> str:
    comment = _VALUE_AND_COMMENT.search(line)
    indent = line[: len(line) - len(line.lstrip())]
    setting = f"{indent}{key} = {_toml(value)}"
    return f"{setting:<{_COMMENT_COLUMN - 1}} {comment[1]}" if comment else setting


def _toml(value: TomlValue) -> str:
    return json.dumps(value, ensure_ascii=False)  # a string, number or truth value is the same in TOML
