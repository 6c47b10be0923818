"""Small state files that survive restarts and power cuts: read within limits, replaced in one step."""

import contextlib
import json
import logging
import math
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import msgspec
from msgspec import Meta

from moodpid.regular_file import NotRegularError, TooLargeError, read_regular

log = logging.getLogger(__name__)

RETRY_S = 15.0  # a disk that is full or read-only is not tried more often than this
MAX_BYTES: Final = 64 * 1024

# What a schema may be made of: text of limited length that a line or a topic can hold
Key: TypeAlias = Annotated[str, Meta(max_length=64)]
ShortText: TypeAlias = Annotated[str, Meta(max_length=256, pattern=r"^[^\x00-\x1f\x7f\ud800-\udfff]*$")]

T = TypeVar("T")


def state_folder() -> Path | None:
    """Return the folder that systemd gives to the service (`StateDirectory=`), None without one."""
    return _folder("STATE_DIRECTORY")


def runtime_folder() -> Path | None:
    """Return the folder in memory until the machine restarts (`RuntimeDirectory=`), None without one."""
    return _folder("RUNTIME_DIRECTORY")


def _folder(variable: str) -> Path | None:
    name = os.environ.get(variable, "").split(":")[0]
    return Path(name) if name else None


class UnusableFileError(Exception):
    """A state file whose content cannot be used; the text is the reason."""


class JsonFile:
    """One JSON object in a file.

    Args:
        path: The file; None keeps nothing over a restart.
        clock: Monotonic seconds.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._retry_s: float | None = None  # when the disk that refused may be tried again

    @property
    def exists(self) -> bool:
        """Whether there is a file, though it may be unusable."""
        return self._path is not None and os.path.lexists(self._path)

    def read(self, schema: type[T]) -> T | None:
        """Return the object if it fits `schema`, else None; an unusable file is set aside with one log line.

        Args:
            schema: A type that msgspec converts to, with limits on lengths and numbers.
        """
        if self._path is None:
            return None
        try:
            return _parse(read_regular(self._path, MAX_BYTES), schema)
        except FileNotFoundError:
            return None
        except (NotRegularError, TooLargeError) as error:
            self._set_aside(str(error.strerror))
            return None
        except OSError as error:
            log.warning("%s cannot be read: %s; going on without it", self._path, error.strerror)
            return None
        except UnusableFileError as error:
            self._set_aside(str(error))
            return None

    def write(self, content: Mapping[str, Any]) -> bool:
        """Replace the object in one step; log once when that fails, and once when it works again.

        Returns:
            Whether it is done. If not, call again at any rate: the disk is tried every `RETRY_S` seconds.
        """
        if self._path is None:
            return True
        if self._clock() < (self._retry_s or -math.inf):
            return False
        try:
            _replace(self._path, json.dumps(content))
        except OSError as error:
            if self._retry_s is None:
                log.warning(
                    "%s cannot be written: %s; until it can, a restart brings back what it holds",
                    self._path,
                    error.strerror,
                )
            self._retry_s = self._clock() + RETRY_S
            return False
        if self._retry_s is not None:
            log.info("%s is written again", self._path)
            self._retry_s = None
        return True

    def _set_aside(self, why: str) -> None:
        """Rename the file to `….broken`, so that a person may look at it."""
        assert self._path
        aside = self._path.with_suffix(".broken")
        try:
            self._path.replace(aside)
        except OSError as error:
            log.warning("%s: %s, and it cannot be set aside: %s", self._path, why, error.strerror)
        else:
            log.warning("%s: %s; set aside as %s", self._path, why, aside.name)


def _parse(data: bytes, schema: type[T]) -> T:
    """Return the object in `data`, checked against `schema`; raise UnusableFileError if it does not fit."""
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):  # neither UTF-8 nor JSON, too long a number, or too deep
        raise UnusableFileError("not a JSON object") from None
    if not isinstance(content, dict):
        raise UnusableFileError("not a JSON object")
    try:
        # Not msgspec's own decoder: file names of other bytes are kept as half pairs of UTF-16, as json does
        return msgspec.convert(content, schema)
    except (msgspec.ValidationError, RecursionError) as error:
        raise UnusableFileError(f"unusable content: {error}") from None


def _replace(path: Path, text: str) -> None:
    """Replace all of the file or nothing, even in a power cut (rename(2) after fsync(2)); raise OSError."""
    new = path.with_suffix(".new")
    try:
        new.unlink(missing_ok=True)  # left by a power cut, or foreign: O_EXCL opens neither links nor pipes
        with os.fdopen(
            os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):  # half a file takes room where there is none
            new.unlink(missing_ok=True)
        raise
