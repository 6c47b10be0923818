"""The configuration: a TOML file becomes frozen structs; every default stands here."""

import difflib
import math
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from moodpid.errors import ConfigError
from moodpid.mood.emotion import Mood

DEFAULT_PATH = Path("/etc/moodpid/moodpid.toml")

Positive = Annotated[float, Meta(gt=0)]
Seconds = Annotated[float, Meta(ge=0)]
Port = Annotated[int, Meta(ge=1, le=65535)]
Name = Annotated[str, Meta(min_length=1)]
TopicPart = Annotated[str, Meta(pattern=r"^[^+#\x00]+$", description="a topic without + and #")]
Identifier = Annotated[
    str, Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$", description="small letters, digits, - and _, at most 63")
]


class CameraSource(StrEnum):
    """Where frames come from."""

    PICAMERA2 = "picamera2"
    WEBCAM = "webcam"
    RECORDING = "recording"


class Change(StrEnum):
    """When the music changes after the mood did."""

    NEXT = "next"
    NOW = "now"
    QUEUE = "queue"


class Strategy(StrEnum):
    """Where the music leads."""

    MATCH = "match"
    LIFT = "lift"


class _Table(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file."""


class Device(_Table, frozen=True):
    """Who this moodpid is in the home."""

    id: Identifier = "moodpid"
    name: Name = "moodpid"


class Camera(_Table, frozen=True):
    """Where frames come from, how large and how often."""

    source: CameraSource = CameraSource.PICAMERA2
    device: Annotated[int, Meta(ge=0)] = 0
    path: str = ""
    loop: bool = False
    width: Annotated[int, Meta(ge=160, le=4096)] = 640
    height: Annotated[int, Meta(ge=120, le=4096)] = 480
    fps: Annotated[float, Meta(ge=0.5, le=30)] = 4.0


class Vision(_Table, frozen=True):
    """What counts as a face, and which network reads it; empty paths mean the ones that come along."""

    min_face_px: Annotated[int, Meta(ge=24)] = 64
    model: str = ""
    cascade: str = ""


class MoodTable(_Table, frozen=True):
    """How looks are smoothed into a mood; see `moodpid.mood.filter.FilterSettings`."""

    smoothing_s: Positive = 1.0
    change_every_s: Positive = 60.0
    threshold: Annotated[float, Meta(ge=0.5, lt=1)] = 0.7
    dwell_s: Seconds = 8.0
    somebody_after_s: Positive = 1.0
    nobody_after_s: Positive = 10.0
    memory_s: Positive = 120.0


class Entry(_Table, frozen=True):
    """A place to take songs from: one of the three; `weight` says how often, against the others' weights."""

    playlist: str = ""
    filter: str = ""
    folder: str = ""
    weight: Positive = 1.0

    def __post_init__(self) -> None:
        if sum(map(bool, (self.playlist, self.filter, self.folder))) != 1:
            raise ValueError("an entry has one of playlist, filter and folder")
        if self.filter and not (self.filter.startswith("(") and self.filter.endswith(")")):
            raise ValueError("a filter is an expression in parentheses, such as '(genre == \"Jazz\")'")

    @property
    def name(self) -> str:
        """For people: a playlist by its name, a filter as it is, a folder with a slash behind it."""
        return self.playlist or self.filter or f"{self.folder.rstrip('/')}/"


# Towards calm and cheerful, by way of calm: nobody is cheered up out of anger in one song
_LIFT: dict[Mood, Mood] = {
    Mood.ANGRY: Mood.NEUTRAL,
    Mood.DISGUST: Mood.NEUTRAL,
    Mood.FEAR: Mood.NEUTRAL,
    Mood.SAD: Mood.NEUTRAL,
    Mood.SURPRISE: Mood.HAPPY,
    Mood.NEUTRAL: Mood.HAPPY,
    Mood.HAPPY: Mood.HAPPY,
}


class Player(_Table, frozen=True):
    """The MPD server and what it should play in which mood."""

    enabled: bool = True
    host: Name = "localhost"
    port: Port = 6600
    password_file: str = ""
    change: Change = Change.NEXT
    autoplay: bool = False
    hands_off_s: Seconds = 900.0
    partition: str = ""
    strategy: Strategy = Strategy.MATCH
    no_repeat_h: Seconds = 2.0
    lift: dict[Mood, Mood] = {}
    playlists: dict[Mood, tuple[Name | Entry, ...]] = {}

    @property
    def lists(self) -> dict[Mood, tuple[Entry, ...]]:
        """The playlists with every entry in its long form."""
        return {
            mood: tuple(Entry(playlist=entry) if isinstance(entry, str) else entry for entry in entries)
            for mood, entries in self.playlists.items()
        }

    @property
    def names(self) -> dict[Mood, tuple[str, ...]]:
        """The playlists by the names that people know them by."""
        return {mood: tuple(entry.name for entry in entries) for mood, entries in self.lists.items()}

    @property
    def targets(self) -> dict[Mood, Mood]:
        """Where `lift` leads from each mood; the file's table changes only what it names."""
        return {**_LIFT, **self.lift}


class Transport(StrEnum):
    """What carries MQTT."""

    TCP = "tcp"
    WEBSOCKETS = "websockets"


class Mqtt(_Table, frozen=True):
    """The broker and the names below which the topics lie; no discovery prefix means no Home Assistant."""

    enabled: bool = True
    host: Name = "localhost"
    port: Port | None = None
    username: str = ""
    password_file: str = ""
    base_topic: TopicPart = "moodpid"
    discovery_prefix: Annotated[str, Meta(pattern=r"^[^+#\x00]*$")] = "homeassistant"
    transport: Transport = Transport.TCP
    path: str = "/mqtt"
    tls: bool = False
    tls_ca: str = ""
    tls_certificate: str = ""
    tls_key: str = ""


class Config(_Table, frozen=True):
    """The whole file."""

    device: Device = Device()
    camera: Camera = Camera()
    vision: Vision = Vision()
    mood: MoodTable = MoodTable()
    player: Player = Player()
    mqtt: Mqtt = Mqtt()


def load(path: Path) -> Config:
    """Read and check a configuration file; relative paths in it start from its own folder.

    Raises:
        ConfigError: With one fault for each thing that is wrong.
    """
    try:
        return parse(path.read_text(encoding="utf-8"), str(path), path.parent)
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; give another one with --config FILE") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def parse(text: str, name: str = "moodpid.toml", folder: Path | None = None) -> Config:
    """Check the text of a configuration file.

    Args:
        text: TOML.
        name: What to call the file in messages.
        folder: Where relative paths start from; they stay as they are without it.

    Raises:
        ConfigError: With one fault for each thing that is wrong.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not TOML: {error}") from None
    faults = [f"{name}{_line_of(text, place)}: {_show(place)}: {what}" for place, what in _faults(tables)]
    if faults:
        raise ConfigError(*faults)
    return _rooted(msgspec.convert(tables, Config), folder)


Place = tuple[str, ...]


def _faults(tables: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
    """Every fault in the file, by its place, in the order of the file."""
    yield from _table_faults(tables, Config, ())
    match tables:
        case {"camera": {"source": "recording", "path": str(path)}} if path:
            pass
        case {"camera": {"path": str(path), **rest}} if path and rest.get("source") != "recording":
            yield (
                ("camera", "path"),
                'only source = "recording" reads a path; set the source or drop the path',
            )
    player = tables.get("player", {})
    if isinstance(player, dict) and player.get("enabled", True) is True and not player.get("playlists"):
        yield (
            ("player", "playlists"),
            'missing: name one for a mood, such as happy = ["Happy"], or set [player] enabled = false',
        )


def _table_faults(table: Mapping[str, Any], struct: type[Struct], at: Place) -> Iterator[tuple[Place, str]]:
    hints = get_type_hints(struct, include_extras=True)
    for key, value in table.items():
        place = (*at, key)
        if key not in hints:
            yield place, f"unknown {'key' if at else 'table'}{_meant(key, hints)}"
        elif isinstance(hints[key], type) and issubclass(hints[key], Struct):
            if isinstance(value, dict):
                yield from _table_faults(value, hints[key], place)
            else:
                yield place, f"is a table: write [{key}] on a line of its own"
        elif place == ("player", "playlists") and isinstance(value, dict):
            yield from _playlist_faults(value, place)
        elif place == ("player", "lift") and isinstance(value, dict):
            yield from _lift_faults(value, place)
        else:
            yield from _value_faults(value, hints[key], place)


def _playlist_faults(table: Mapping[str, Any], at: Place) -> Iterator[tuple[Place, str]]:
    """As `_table_faults`, for keys that are moods; `nobody = []` says: leave the player as it is."""
    for mood, value in table.items():
        place = (*at, mood)
        if mood not in set(Mood):
            yield place, f"unknown mood{_meant(mood, Mood)}; there are {', '.join(Mood)}"
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


def _entry_faults(entry: object, place: Place) -> Iterator[tuple[Place, str]]:
    if not isinstance(entry, dict):
        yield from _value_faults(entry, Name, place)
        return
    known = get_type_hints(Entry)
    unknown = [key for key in entry if key not in known]
    for key in unknown:
        yield place, f"unknown key {key!r} in {{…}}{_meant(key, known)}; there are {', '.join(known)}"
    if not unknown:
        yield from _value_faults(entry, Entry, place)


def _lift_faults(table: Mapping[str, Any], at: Place) -> Iterator[tuple[Place, str]]:
    moods = [mood for mood in Mood if mood is not Mood.NOBODY]
    for mood, value in table.items():
        for word in (mood, value):
            if word not in moods:
                yield (*at, mood), f"unknown mood{_meant(str(word), moods)}; there are {', '.join(moods)}"


def _value_faults(value: object, hint: object, place: Place) -> Iterator[tuple[Place, str]]:
    if isinstance(value, float) and not math.isfinite(value):
        yield place, f"expected a finite number, not {value}"
        return
    try:
        msgspec.convert(value, hint)
    except msgspec.ValidationError as error:
        what = re.sub(r" - at `.*`$", "", str(error)).replace("`", "")
        if "regex" in what:  # no person reads those
            what = "expected " + next(m.description for m in get_args(hint)[1:])
        options = hint if isinstance(hint, type) and issubclass(hint, StrEnum) else ()
        meant = _meant(str(value), options) + (f"; one of {', '.join(options)}" if options else "")
        yield place, f"{what[0].lower()}{what[1:]}, not {value!r}{meant}"


def _meant(word: str, known: Iterable[object]) -> str:
    close = difflib.get_close_matches(word, [str(k) for k in known], n=1, cutoff=0.5)
    return f", did you mean {close[0]}?" if close else ""


def _show(place: Place) -> str:
    return f"[{'.'.join(place[:-1])}] {place[-1]}" if len(place) > 1 else f"[{place[0]}]"


def _line_of(text: str, place: Place) -> str:
    """`, line N` of a key or table header written in the usual way; nothing where it is not."""
    table, header, found = place[:-1], re.compile(r"^\s*\[\s*([\w.\"-]+)\s*\]"), ""
    current: Place = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if match := header.match(line):
            current = tuple(part.strip('"') for part in match[1].split("."))
            if current == place or (current == table and not found):
                found = f", line {number}"
        elif current == table and re.match(rf'\s*"?{re.escape(place[-1])}"?\s*[=.]', line):
            return f", line {number}"
    return found


def _rooted(config: Config, folder: Path | None) -> Config:
    """The same with its relative paths made absolute."""
    if folder is None:
        return config
    replace = msgspec.structs.replace

    def root(path: str) -> str:
        return str(folder.resolve() / path) if path else ""

    return replace(
        config,
        camera=replace(config.camera, path=root(config.camera.path)),
        vision=replace(config.vision, model=root(config.vision.model), cascade=root(config.vision.cascade)),
        player=replace(config.player, password_file=root(config.player.password_file)),
        mqtt=replace(
            config.mqtt,
            password_file=root(config.mqtt.password_file),
            tls_ca=root(config.mqtt.tls_ca),
            tls_certificate=root(config.mqtt.tls_certificate),
            tls_key=root(config.mqtt.tls_key),
        ),
    )
