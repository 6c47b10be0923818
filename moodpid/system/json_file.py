"""A small file that outlives restarts and power cuts: whole, or as it was before."""

import contextlib
import json
import logging
import math
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

AGAIN_S = 15.0  # a disk that is full or read-only is not tried more often than this


def state_folder() -> Path | None:
    """Where systemd lets the service keep things (`StateDirectory=`); None where nobody gave us a place."""
    folder = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(folder) if folder else None


def runtime_folder() -> Path | None:
    """Where things outlive a restart of the service, not of the machine (`RuntimeDirectory=`), in memory."""
    folder = os.environ.get("RUNTIME_DIRECTORY", "").split(":")[0]
    return Path(folder) if folder else None


class JsonFile:
    """One JSON object in a file.

    Args:
        path: Where it is; None keeps nothing over a restart.
        clock: Monotonic seconds.
    """

    def __init__(self, path: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._clock = clock
        self._again_s: float | None = None  # when the disk that refused may be tried again

    def read(self) -> dict[str, Any]:
        """The object; empty if there is none. A broken file is set aside, with one line in the log."""
        if self._path is None:
            return {}
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))
            if isinstance(told, dict):
                return told
        except FileNotFoundError:
            return {}
        except OSError as error:
            log.warning("%s cannot be read: %s; going on without it", self._path, error.strerror)
            return {}
        except (ValueError, RecursionError):
            pass  # neither UTF-8 nor JSON, or one bracket after the other: set aside below
        self.set_aside("it is no JSON object")
        return {}

    def write(self, told: Mapping[str, Any]) -> bool:
        """Replace the object in one step; one line in the log when that fails, and one when it works again.

        Returns:
            Whether there is nothing left to do. Call again if not, as often as you like: the disk itself is
            tried every `AGAIN_S` seconds.
        """
        if self._path is None:
            return True
        if self._clock() < (self._again_s or -math.inf):
            return False
        try:
            _replace(self._path, json.dumps(told))
        except OSError as error:
            if self._again_s is None:
                log.warning(
                    "%s cannot be written: %s; until it can, a restart forgets it", self._path, error.strerror
                )
            self._again_s = self._clock() + AGAIN_S
            return False
        if self._again_s is not None:
            log.info("%s is written again", self._path)
            self._again_s = None
        return True

    def set_aside(self, why: str) -> None:
        """Rename the file to `….broken`, so that somebody may look at it."""
        if self._path is None:
            return
        aside = self._path.with_suffix(".broken")
        try:
            self._path.replace(aside)
        except OSError as error:
            log.warning("%s: %s, and it cannot be set aside: %s", self._path, why, error.strerror)
        else:
            log.warning("%s: %s; set aside as %s", self._path, why, aside.name)


def _replace(path: Path, text: str) -> None:
    """All of it or nothing, whenever the power goes (rename(2) after fsync(2)); raises OSError."""
    new = path.with_suffix(".new")
    try:
        with new.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        with contextlib.suppress(OSError):  # half a file takes room where there is none
            new.unlink(missing_ok=True)
        raise
