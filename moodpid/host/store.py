"""A small file that outlives restarts and power cuts: whole, or as it was before."""

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)


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
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

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
        except ValueError:
            pass  # neither UTF-8 nor JSON: set aside below
        self.set_aside("it is no JSON object")
        return {}

    def write(self, told: Mapping[str, Any]) -> None:
        """Replace the object in one step (rename(2) after fsync(2)); one line in the log if that fails."""
        if self._path is None:
            return
        new = self._path.with_suffix(".new")
        try:
            with new.open("w", encoding="utf-8") as file:
                json.dump(told, file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._path)
        except OSError as error:
            log.warning("%s cannot be written: %s; it will be forgotten", self._path, error.strerror)

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
