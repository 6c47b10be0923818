"""Every fault of a configuration file by its key path, with a suggestion where one is near."""

import difflib
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import StrEnum
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Struct

from moodpid.config.describe import explain, spell
from moodpid.config.key_paths import KeyPath
from moodpid.config.referenced_files import PATHS
from moodpid.config.schema import MAX_SENSES, SENSE_NAME, Config, PriorSource, SenseConfig, Share, SongSource
from moodpid.config.values import Name
from moodpid.mood.emotion import Emotion, Mood


def find_faults(tables: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Return every fault in the file, by its key path."""
    yield from _table_faults(tables, Config, ())
    match tables.get("camera"):
        case {"path": str(path), **rest} if path and rest.get("source") != "recording":
            yield (
                ("camera", "path"),
                'only source = "recording" reads a path; set the source or drop the path',
            )
    yield from _incomplete_pairs(tables.get("mqtt"))
    yield from _no_paths(tables)


def normalized(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tables with hosts and topics as they are meant, without blanks, brackets, a last slash."""
    result = dict(tables)
    for table, key, how in _NORMALIZED:
        values = result.get(table)
        if isinstance(values, dict) and isinstance(values.get(key), str):
            result[table] = {**values, key: how(values[key])}
    return result


def _plain_host(host: str) -> str:
    """Return `::1` for `[::1]`, as every address with a port has it."""
    host = host.strip(" \t")
    return host[1:-1] if host.startswith("[") and host.endswith("]") else host


def _plain_topic(topic: str) -> str:
    topic = topic.strip(" \t")
    return topic.rstrip("/") or topic


_NORMALIZED: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    ("player", "host", _plain_host),
    ("mqtt", "host", _plain_host),
    ("mqtt", "base_topic", _plain_topic),
    ("mqtt", "discovery_prefix", _plain_topic),
)

# A key of [mqtt] that has no effect without another is a misunderstanding
_REQUIRED_PAIRS = (
    ("tls_ca", "tls", "tls = true"),
    ("tls_certificate", "tls", "tls = true"),
    ("tls_key", "tls_certificate", "tls_certificate"),
    ("tls_certificate", "tls_key", "tls_key"),
    ("password_file", "username", "username"),
)


def _incomplete_pairs(mqtt: object) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(mqtt, dict):
        for key, needs, remedy in _REQUIRED_PAIRS:
            if mqtt.get(key) and not mqtt.get(needs):
                yield ("mqtt", key), f"does nothing without {remedy} in [mqtt]"


def _no_paths(tables: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield what a shell or a file manager would understand where the service reads a path."""
    for table, key, _ in PATHS:
        values = tables.get(table)
        path = values.get(key) if isinstance(values, dict) else None
        if not isinstance(path, str):
            continue
        if path.startswith("~"):
            yield (table, key), "write the whole path: the service has no home that ~ could mean"
        elif "://" in path:
            remedy = ": mount that share, and write where it is" if key == "music" else ""
            yield (table, key), f"is an address and no path{remedy}"


def _table_faults(
    table: Mapping[str, Any], struct: type[Struct], at: KeyPath
) -> Iterator[tuple[KeyPath, str]]:
    hints = get_type_hints(struct, include_extras=True)
    for key, value in table.items():
        place = (*at, key)
        if key not in hints:
            yield place, _unknown(key, value, hints, at)
        elif isinstance(hints[key], type) and issubclass(hints[key], Struct):
            yield from _part_faults(value, hints[key], place)
        elif place == ("player", "playlists") and isinstance(value, dict):
            yield from _playlist_faults(value, place)
        elif place == ("player", "lift") and isinstance(value, dict):
            yield from _lift_faults(value, place)
        elif place == ("senses",) and isinstance(value, dict):
            yield from _sense_faults(value)
        elif place == ("mood", "prior"):
            yield from _prior_faults(value, place)
        else:
            yield from _value_faults(value, hints[key], place)


def _part_faults(value: object, struct: type[Struct], place: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Yield the faults of a table's values; if there are none, that of their combination."""
    if not isinstance(value, dict):
        yield place, f"is a table: write [{place[-1]}] on a line of its own"
        return
    faults = list(_table_faults(value, struct, place))
    yield from faults
    if not faults:
        try:
            msgspec.convert(value, struct)
        except msgspec.ValidationError as error:
            yield place, str(error)  # in our own words


def _unknown(key: str, value: object, known: Iterable[str], at: KeyPath) -> str:
    """Return the fault of an unknown key, which may stand below the wrong table's header."""
    homes = _broker_faults(key)
    if not at and isinstance(value, dict):
        return f"unknown table{did_you_mean(key, [f'{home}.{key}' for home in homes] or known)}"
    what = "no such setting" if at else "is a key, above the header of any table"
    if homes:
        return f"{what}; it belongs below {' or '.join(f'[{home}]' for home in homes)}"
    return f"{what}{did_you_mean(key, known)}"


def _broker_faults(key: str) -> list[str]:
    """Return the tables that have such a key."""
    tables = {
        name: get_type_hints(struct)
        for name, struct in get_type_hints(Config).items()
        if isinstance(struct, type) and issubclass(struct, Struct)
    }
    return ["player.playlists"] if key in set(Mood) else [name for name in tables if key in tables[name]]


def _playlist_faults(table: Mapping[str, Any], at: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    """Return the faults of keys that are moods; `nobody = []` leaves the player alone."""
    for mood, value in table.items():
        place = (*at, mood)
        if mood not in set(Mood):
            yield place, f"unknown mood{did_you_mean(mood, Mood)} There are {', '.join(Mood)}"
        elif value == [] and mood == Mood.NOBODY:
            continue
        elif value == []:
            yield (
                place,
                f'is empty: name a stored playlist, such as ["{mood.capitalize()}"], or drop the line',
            )
        elif not isinstance(value, list):
            yield from _value_faults(value, tuple[Name, ...], place)
        else:
            for entry in value:
                yield from _entry_faults(entry, place)


def _entry_faults(entry: object, place: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if not isinstance(entry, dict):
        yield from ((place, f"an entry {what}") for _, what in _value_faults(entry, Name, place))
        return
    known = get_type_hints(SongSource, include_extras=True)
    unknown = [key for key in entry if key not in known]
    for key in unknown:
        meant = did_you_mean(key, known)
        yield place, f"no setting {spell(key)} in {{…}}{meant} There are {', '.join(known)}"
    if unknown:
        return
    wrong = [
        (place, f"{key} {what}")
        for key, value in entry.items()
        for _, what in _value_faults(value, known[key], place)
    ]
    yield from wrong or _value_faults(entry, SongSource, place)


def _lift_faults(table: Mapping[str, Any], at: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    moods = [mood for mood in Mood if mood is not Mood.NOBODY]
    for mood, value in table.items():
        if not isinstance(value, str):
            yield (*at, mood), "is one mood to lead to; playlists stand below [player.playlists]"
            continue
        for word in (mood, value):
            if word not in moods:
                meant = did_you_mean(word, moods)
                yield (*at, mood), f"unknown mood {spell(word)}{meant} There are {', '.join(moods)}"


def _sense_faults(table: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    for name, sense in table.items():
        place = ("senses", name)
        if not re.fullmatch(SENSE_NAME, name):
            yield (
                place,
                "a sense is named by small letters, digits, - and _, at most 31: it is part of a topic",
            )
        elif isinstance(sense, dict):
            yield from _table_faults(sense, SenseConfig, place)
        else:
            yield place, f"is a table: write [senses.{name}] on a line of its own"
    if len(table) > MAX_SENSES:
        yield ("senses",), f"has {len(table)} senses; {MAX_SENSES} are the most"


def _prior_faults(value: object, place: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if not isinstance(value, dict):
        for _, what in _value_faults(value, PriorSource, place):
            yield place, f"{what}, or write a table of shares, such as {{ happy = 0.4 }}"
        return
    for mood, share in value.items():
        if mood not in set(Emotion):
            meant = did_you_mean(mood, Emotion)
            yield (*place, mood), f"unknown mood{meant} There are {', '.join(Emotion)}"
        else:
            yield from _value_faults(share, Share, (*place, mood))
    if not value:
        yield place, "is empty: name the share of a mood, such as { happy = 0.4 }, or drop the line"


def _value_faults(value: object, hint: object, place: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    if isinstance(value, float) and not math.isfinite(value):
        yield place, f"expected a finite number, not {value}"
        return
    if place[1:] == ("host",) and isinstance(value, str) and (what := _host_fault(value)):
        yield place, what
        return
    try:
        msgspec.convert(value, hint)
    except (msgspec.ValidationError, ValueError) as error:  # Python spells no number of 4,300 digits
        if options := _options(hint):
            meant = did_you_mean(value, options) if isinstance(value, str) else "."
            yield place, f"unknown value {spell(value)}{meant} There are {', '.join(options)}"
        elif hint is SongSource:
            yield place, str(error)  # in our own words
        else:
            yield place, explain(value, hint)


def _host_fault(host: str) -> str:
    """Return the fault of a host that the schema's pattern lets through; empty for none."""
    if "@" in host[1:]:
        # Never quoted: what stands before the @ is a password
        return (
            "has something before an @: write the host alone; a password goes into the file of password_file"
        )
    if not host.startswith(("/", "@")):  # a socket on this machine
        try:
            host.encode("idna")  # as Python does to look it up
        except UnicodeError:
            return f"cannot be the name or address of a machine: {spell(host)}"
    return ""


def _options(hint: object) -> list[str]:
    """Return the valid words or numbers, if they can be listed."""
    if get_origin(hint) is Literal:
        return [str(option) for option in get_args(hint)]
    # A word that may be left out is a union of its words and None
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    enums = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, StrEnum)]
    return [str(option) for kind in enums for option in kind]


def did_you_mean(word: str, known: Iterable[object]) -> str:
    """Return `, did you mean WORD?` where one of `known` is near, else a full stop."""
    close = difflib.get_close_matches(word, [str(k) for k in known], n=1, cutoff=0.5)
    return f", did you mean {close[0]}?" if close else "."
