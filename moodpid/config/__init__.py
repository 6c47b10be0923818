"""The configuration: a TOML file becomes frozen structs, or a list of every fault in it."""

import math
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from moodpid.config import validation
from moodpid.config.key_paths import KeyPath, format_key, line_of
from moodpid.config.referenced_files import PATHS, find_missing
from moodpid.config.schema import (
    CameraConfig,
    Config,
    DeviceConfig,
    LibraryConfig,
    MoodConfig,
    MpdConfig,
    MqttConfig,
    PriorSource,
    SenseConfig,
    SongSource,
    Transport,
    VisionConfig,
    WebConfig,
)
from moodpid.config.toml_errors import explain, long_number_line
from moodpid.config.values import AnalyseWhen, CameraSource, DetectorKind, Sound, Strategy, TransitionMode
from moodpid.errors import ConfigError
from moodpid.file_access import denied

__all__ = [
    "DEFAULT_PATH",
    "AnalyseWhen",
    "CameraConfig",
    "CameraSource",
    "Config",
    "DetectorKind",
    "DeviceConfig",
    "LibraryConfig",
    "MoodConfig",
    "MpdConfig",
    "MqttConfig",
    "PriorSource",
    "SenseConfig",
    "SongSource",
    "Sound",
    "Strategy",
    "TransitionMode",
    "Transport",
    "VisionConfig",
    "WebConfig",
    "convert",
    "is_installed",
    "load",
    "parse",
    "read_text",
]

DEFAULT_PATH = Path("/etc/moodpid/moodpid.toml")
MAX_BYTES = 1024 * 1024


def is_installed(path: Path) -> bool:
    """Return whether this is the service's configuration, however its path is written."""
    try:
        return os.path.realpath(path) == os.path.realpath(DEFAULT_PATH)
    except OSError:  # a relative path in a folder that was deleted
        return False


def load(path: Path, *, files: bool = False) -> Config:
    """Read and check a configuration file; relative paths in it start from its own folder.

    Args:
        path: The file.
        files: Report a named file that is missing as a fault, too.

    Raises:
        ConfigError: With one line for each fault.
        FileAccessError: This user may not read it.
    """
    try:
        return parse(read_text(path), str(path), path.parent, files=files)
    except FileNotFoundError:
        begin = "sudo moodpid setup writes one; or " if is_installed(path) else ""
        raise ConfigError(f"{path}: no such file; {begin}give another one with --config FILE") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from None
    except PermissionError as error:
        raise denied(path, f"{path}: cannot be read", secret=False) from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error


def read_text(path: Path) -> str:
    """Return the text of a configuration file, with plain line ends.

    Raises:
        OSError: It cannot be read.
        UnicodeDecodeError: It is not UTF-8.
        ConfigError: It is too large, or empty.
    """
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{path}: larger than {MAX_BYTES // 1024} KiB, so it is no configuration")
    # -sig: some editors begin UTF-8 with a mark of its own
    text = data.decode("utf-8-sig").replace("\r\n", "\n")
    if not text.strip():  # a full card or a power cut leaves a file of 0 bytes, which would be TOML
        setup = "sudo moodpid setup" if is_installed(path) else f"moodpid setup --config {path}"
        raise ConfigError(f"{path}: the file is empty; {setup} writes one")
    return text


def parse(
    text: str, name: str = "moodpid.toml", folder: Path | None = None, *, files: bool = False
) -> Config:
    """Check the text of a configuration file.

    Args:
        text: TOML.
        name: What to call the file in messages.
        folder: Where relative paths start from; they stay as they are without it.
        files: Report a named file that is missing as a fault, too.

    Raises:
        ConfigError: With one line for each fault.
    """
    try:
        tables = validation.normalized(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        line, what = explain(text, error)
        raise ConfigError(f"{name}, line {line}: {what}") from None
    except RecursionError:
        raise ConfigError(f"{name}: not TOML: too deeply nested") from None
    except ValueError:  # Python reads no decimal number of more than 4,300 digits
        raise ConfigError(
            f"{name}, line {long_number_line(text)}: a number has far too many digits"
        ) from None
    found = list(validation.find_faults(tables))
    if files:
        named = {place for place, _ in found}
        found += [fault for fault in find_missing(tables, folder or Path()) if fault[0] not in named]
    if found:
        raise ConfigError(*_in_order(found, text, name))
    return convert(tables, folder)


def convert(tables: Mapping[str, Any], folder: Path | None) -> Config:
    """Return what tables without faults configure; the folder is where relative paths in it start from."""
    return _rooted(msgspec.convert(tables, Config), folder)


def _in_order(found: Iterable[tuple[KeyPath, str]], text: str, name: str) -> list[str]:
    """Return the faults in the order of the file, those that name no line last."""
    lines = [(line_of(text, place), f"{format_key(place)}: {what}") for place, what in found]
    lines.sort(key=lambda fault: fault[0] or math.inf)
    return [f"{name}, line {line}: {what}" if line else f"{name}: {what}" for line, what in lines]


def _rooted(config: Config, folder: Path | None) -> Config:
    """Return the configuration with its relative paths made absolute."""
    if folder is None:
        return config
    replace, folder = msgspec.structs.replace, folder.resolve()
    for table, key, _ in PATHS:
        part = getattr(config, table)
        if path := getattr(part, key):
            config = replace(config, **{table: replace(part, **{key: str(folder / path)})})
    return config
