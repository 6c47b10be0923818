"""The file that `moodpid setup` changes: the values of the present one, and its text with other values."""

import codecs
import tomllib
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from msgspec import structs

from moodpid import wiring
from moodpid.config import Config, convert, parse, read_text
from moodpid.config.edit import TomlValue, changes, set_keys
from moodpid.config.key_paths import KeyPath, find_keys, format_key
from moodpid.config.sound_tables import find_lost_servers, find_sound_tables
from moodpid.errors import ConfigError

_KEYS: Final = {
    "device": ("id", "name"),
    "camera": ("source", "device", "path", "loop"),
    "player": ("enabled", "host", "port", "password_file"),
    "mqtt": (
        *("enabled", "host", "port", "username", "password_file"),
        *("transport", "tls", "tls_ca", "tls_certificate", "tls_key"),
    ),
}
_NAMED: Final = 12  # of what is left out, in one line


@dataclass(frozen=True, slots=True)
class BaseFile:
    """The text that setup changes.

    Attributes:
        folder: Where relative paths in it start from.
        text: That of the present file, or of the default configuration.
        text_config: The configuration in the text.
        present: The present values that the text can take over.
        is_present: The text is that of the present file.
        is_owned: The present values are those of a file that a user, or an earlier setup, has changed.
        names_broker: That file names the broker's host.
        names_id: That file names the device's id.
        left_out: The keys of the present file that the text does not have.
        lost: Which of `player` and `mqtt` that file has with faults, so that their server is unknown.
    """

    folder: Path
    text: str
    text_config: Config
    present: Config
    is_present: bool
    is_owned: bool = False
    names_broker: bool = False
    names_id: bool = False
    left_out: tuple[str, ...] = ()
    lost: frozenset[str] = frozenset()

    def with_values_of(self, config: Config) -> str:
        """Return the text with the values that setup asks for; raises ValueError for one that cannot be."""
        values = {
            key_path: self._relative(value) if key_path[1] == "password_file" else value
            for key_path, value in changes(config, _KEYS, self.text_config).items()
        }
        text = set_keys(self.text, values)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("it has letters that are no UTF-8") from None
        try:
            parse(text, "")
        except ConfigError as error:
            raise ValueError("; ".join(line.partition(": ")[2] for line in error.lines)) from None
        return text

    def _relative(self, file: TomlValue | None) -> TomlValue | None:
        """Return the name alone of a file that lies beside the configuration."""
        beside = file and Path(str(file)).parent == self.folder.resolve()
        return Path(str(file)).name if beside else file


def with_line_ends_of(there: bytes, text: str) -> str:
    """Return a text with the line ends and the byte order mark of a file, as Windows has them.

    Args:
        there: What the file holds; where it has line ends of both kinds, the text keeps its own.
        text: With plain line ends.
    """
    mark = "\ufeff" if there.startswith(codecs.BOM_UTF8) else ""
    is_windows = 0 < there.count(b"\r\n") == there.count(b"\n")
    return mark + (text.replace("\n", "\r\n") if is_windows else text)


def read_default() -> str:
    """Return the text of the default configuration."""
    return (wiring.BUNDLED_MODEL.parent / "moodpid.toml").read_text(encoding="utf-8")


def read_base(path: Path) -> BaseFile:
    """Return the text to change: that of the present file, or the default where it cannot be used.

    Raises:
        OSError: The file is there and cannot be read.
    """
    folder, default = path.parent, Config()
    try:
        text = read_text(path)
        present = parse(text, "", folder)
    except FileNotFoundError:
        return BaseFile(folder, read_default(), default, default, is_present=False)
    except (ConfigError, UnicodeDecodeError):
        return _from_faulty(path.read_bytes().decode("utf-8-sig", "replace").replace("\r\n", "\n"), folder)
    tables = tomllib.loads(text)
    if not _can_be_edited(text, present, folder):
        return _taken_over(text, folder, present, tables)
    is_owned = text != read_default()
    return BaseFile(
        folder,
        text,
        present,
        present,
        is_present=True,
        is_owned=is_owned,
        names_broker="host" in tables.get("mqtt", {}),
        names_id="id" in tables.get("device", {}),
    )


def _from_faulty(text: str, folder: Path) -> BaseFile:
    """Return the default's text, and what the present text has in tables without faults."""
    tables = find_sound_tables(text)
    base = _taken_over(text, folder, convert(tables, folder), tables)
    return replace(base, is_owned=bool(text.strip()), lost=find_lost_servers(text, tables))


def _taken_over(text: str, folder: Path, present: Config, tables: Mapping[str, Any]) -> BaseFile:
    """Return the default's text, and of these tables of the present text what setup asks for."""
    default = Config()
    known = {
        table: structs.replace(
            getattr(default, table), **{key: getattr(getattr(present, table), key) for key in keys}
        )
        for table, keys in _KEYS.items()
    }
    taken = {(table, key) for table, keys in _KEYS.items() if table in tables for key in keys}
    return BaseFile(
        folder,
        read_default(),
        default,
        structs.replace(default, **known),
        is_present=False,
        is_owned=True,
        names_broker="host" in tables.get("mqtt", {}),
        names_id="id" in tables.get("device", {}),
        left_out=_keys_in(text, taken=taken),
    )


def _can_be_edited(text: str, config: Config, folder: Path) -> bool:
    """Return whether keys that are set to what they are leave the configuration as it is."""
    same = {
        (table, key): value
        for table, keys in _KEYS.items()
        for key in keys
        if (value := getattr(getattr(config, table), key)) is not None
    }
    try:
        return parse(set_keys(text, same), "", folder) == config
    except ConfigError:
        return False


def _keys_in(text: str, *, taken: AbstractSet[KeyPath]) -> tuple[str, ...]:
    """Return the keys that a text sets, as people read them, but for those that are taken over."""
    try:
        found = [*_leaves(tomllib.loads(text))]
    except (ValueError, RecursionError):
        found = [path for _, path in find_keys(text)]
    keys = (path for path in found if len(path) > 1 and path not in taken)
    return tuple(dict.fromkeys(format_key(path) for path in keys))


def _leaves(table: Mapping[str, Any], above: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the paths of all keys of a table, and of the tables in it."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, (*above, key))
        else:
            yield (*above, key)


def describe_left_out(keys: tuple[str, ...], copy: Path) -> str:
    """Return one line about the keys that are not taken over, and where they still stand."""
    named = ", ".join(keys[:_NAMED]) + (f" and {len(keys) - _NAMED} more" if len(keys) > _NAMED else "")
    left_out = f"; left out: {named}" if named else ""
    return f"the file that was there could not be edited, and is kept as {copy.name}{left_out}"
