"""The passwords of `moodpid setup`: tried first, and written after all questions are answered."""

from pathlib import Path
from typing import Final

from moodpid.system.private_file import write_secret

NONE: Final = "-"  # the answer for "there is none"
_GROUP: Final = "moodpid"


class Passwords:
    """Passwords in the making, by the names of their files.

    Args:
        folder: Of the configuration; the files come to lie there.
        trial: A folder of our own, from which they are tried.
    """

    def __init__(self, folder: Path, trial: Path) -> None:
        self._folder, self._trial = folder, trial
        self._chosen: dict[str, str] = {}  # empty: the file is to go

    def is_there(self, name: str) -> bool:
        """Return whether an earlier setup, or a user, has written such a file."""
        return (self._folder / name).exists()

    def will_be_there(self, name: str) -> bool:
        """Return whether there is such a file in the end."""
        return bool(self._chosen[name]) if name in self._chosen else self.is_there(name)

    def choose(self, name: str, secret: str) -> None:
        """Try a password from now on; empty: the one that is there; `NONE` in place of that: none.

        Raises:
            ValueError: The password is no UTF-8.
            OSError: The file that is there cannot be read, or none written for the trial.
        """
        self._chosen.pop(name, None)
        if not secret and self.is_there(name):
            (self._trial / name).write_bytes((self._folder / name).read_bytes())
        elif not secret or (secret == NONE and self.is_there(name)):
            self._chosen[name] = ""
            (self._trial / name).unlink(missing_ok=True)
        else:
            (self._trial / name).write_text(f"{secret}\n", encoding="utf-8")
            self._chosen[name] = secret

    def leave(self, name: str) -> None:
        """Leave the file as it is, and try no password."""
        self._chosen.pop(name, None)
        (self._trial / name).unlink(missing_ok=True)

    def write(self) -> None:
        """Write, or remove, the files that were decided about; raises OSError."""
        for name, secret in self._chosen.items():
            if secret:
                write_secret(self._folder / name, f"{secret}\n", group=_GROUP)
            else:
                (self._folder / name).unlink(missing_ok=True)
