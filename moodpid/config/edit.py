"""Set keys in the text of the commented default configuration, which keeps its comments."""

import json
import re
from collections.abc import Mapping
from typing import Final

from moodpid.config.schema import Config

TomlValue = str | int | float | bool
_COMMENT_COLUMN: Final = 26  # where the default configuration has its comments


def set_keys(text: str, values: Mapping[tuple[str, str], TomlValue]) -> str:
    """Return the text with each key of a table set.

    Args:
        text: The default configuration, or one that was made of it: a key is set where it stands, as a
            comment or not.
        values: By table and key, such as `("camera", "source")`.

    Raises:
        LookupError: The text has no such table, or no such key in it.
    """
    lines = text.splitlines()
    for (table, key), value in values.items():
        number = _line_of(lines, table, key)
        lines[number] = _set_value(lines[number], key, value)
    return "\n".join(lines) + "\n"


def changes(config: Config, names: Mapping[str, tuple[str, ...]]) -> dict[tuple[str, str], TomlValue]:
    """Return the named keys, by table, whose values differ from the defaults."""
    default = Config()
    found: dict[tuple[str, str], TomlValue] = {}
    for table, keys in names.items():
        for key in keys:
            value = getattr(getattr(config, table), key)
            if value != getattr(getattr(default, table), key):
                found[table, key] = value
    return found


def _line_of(lines: list[str], table: str, key: str) -> int:
    inside = False
    for number, line in enumerate(lines):
        if line.startswith("["):
            inside = line.split("#")[0].strip() == f"[{table}]"
        elif inside and re.match(rf"(# )?{re.escape(key)} *=", line):
            return number
    raise LookupError(f"the configuration has no {key} in [{table}]")


def _set_value(line: str, key: str, value: TomlValue) -> str:
    comment = re.search(r"""=\s*(?:"[^"]*"|[^"#\s]+)\s*(#.*)$""", line)
    text = json.dumps(value, ensure_ascii=False)  # a string, number or truth value is the same in TOML
    setting = f"{key} = {text}"
    return f"{setting:<{_COMMENT_COLUMN - 1}} {comment[1]}" if comment else setting
