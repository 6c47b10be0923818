"""The passwords of `moodpid setup`: tried first, and written after all questions are answered."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from moodpid.file_access import SERVICE_USER
from moodpid.system.credentials import MAX_BYTES, read_secret
from moodpid.system.private_file import new_secret, old_name
from moodpid.text import is_one_line

NONE: Final = "-"  # the answer for "there is none"


def read_given(name: str, source: Path) -> str:
    """Return the password in a file that the command line names, or in a pipe such as `/dev/stdin`.

    Raises:
        ConfigError: The file cannot be read, is empty, or is not one line of text.
        ValueError: The pipe is empty, or holds more than 4 KiB. `Passwords.choose` checks its text.
        OSError: The pipe cannot be read.
    """
    if not source.is_fifo():
        return read_secret(name, str(source))
    with source.open("rb") as pipe:
        text = pipe.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise ValueError(f"{source}: more than {MAX_BYTES // 1024} KiB are no password")
    # Bytes that are not UTF-8 become surrogates, which `Passwords.choose` rejects without quoting them
    secret = text.decode("utf-8-sig", "surrogateescape").rstrip("\r\n")
    if not secret:
        raise ValueError(f"{source}: no password came")
    return secret


@contextmanager
def _set_aside(file: Path) -> Iterator[None]:
    """Rename a file to `NAME.old`, if it is there; it gets its name back after any exception."""
    old = old_name(file)
    try:
        file.rename(old)
    except FileNotFoundError:
        yield
        return
    try:
        yield
    except BaseException:
        old.rename(file)
        raise


class Passwords:
    """Passwords in the making, by the names of their files.

    Args:
        folder: Of the configuration; the files come to lie there.
        trial: A folder of our own, from which they are tried.
        configured: The files that the configuration names at present, empty for none.
        by_systemd: The service gets the files of the folder from systemd, so no configuration names them.
    """

    def __init__(
        self, folder: Path, trial: Path, configured: Mapping[str, str], *, by_systemd: bool = False
    ) -> None:
        self._folder, self._trial = folder, trial
        self._configured, self._by_systemd = configured, by_systemd
        self._chosen: dict[str, str] = {}  # empty: the file is to go
        self._former: set[str] = set()  # the present password is that of another server

    def withhold(self, name: str) -> str:
        """Use the present password no more, as it is that of another server, until `leave`.

        Returns:
            One line about it; empty where there is none.
        """
        if not self.is_there(name):
            return ""
        configured, own = self._configured.get(name, ""), self._folder / name
        self._former.add(name)
        # Under its name systemd would hand it to the service, and the next setup would try it
        kept = f"; {own} is kept as {old_name(own).name}" if own.exists() else ""
        return f"{configured or own}: the password of the former server is not used{kept}"

    def is_there(self, name: str) -> bool:
        """Return whether a file that may be used is configured, or an earlier setup, or a user, wrote one."""
        if name in self._former:
            return False
        return bool(self._configured.get(name)) or (self._folder / name).exists()

    def file_to_name(self, name: str) -> str:
        """Return the file that the configuration has to name in the end; empty for none."""
        configured, own = self._configured.get(name, ""), str(self._folder.resolve() / name)
        chosen = self._chosen.get(name)
        if chosen == "" or (chosen is None and name in self._former):
            return ""
        if chosen is None and (configured or not self.is_there(name)):
            return configured
        return "" if self._by_systemd and configured != own else own

    def choose(self, name: str, secret: str) -> None:
        """Try a password from now on; empty: the one that is there; `NONE` in place of that: none.

        Raises:
            ValueError: The password is not one line of text.
            ConfigError: The file that is there cannot be read, or is not one line of text.
            OSError: None can be written for the trial.
        """
        self._forget(name)
        if not secret and self.is_there(name):
            folder = {"CREDENTIALS_DIRECTORY": str(self._folder)}
            self._try(name, read_secret(name, self._configured.get(name, ""), folder))
        elif not secret or (secret == NONE and self.is_there(name)):
            self._chosen[name] = ""
        else:
            self._try(name, secret)
            self._chosen[name] = secret

    def leave(self, name: str) -> None:
        """Leave the file as it is, and try no password."""
        self._former.discard(name)
        self._forget(name)

    def _forget(self, name: str) -> None:
        self._chosen.pop(name, None)
        (self._trial / name).unlink(missing_ok=True)

    @contextmanager
    def replaced(self) -> Iterator[None]:
        """Write the files that were decided about; replace and remove them after the work in the context.

        Those of former servers go first, so that no accident hands their password to another one.

        Raises:
            OSError: A file cannot be written; then nothing was replaced, as after any other exception. A
                rename that fails leaves those before it.
        """
        with ExitStack() as stack:
            for name, secret in self._chosen.items():
                if secret:
                    stack.enter_context(new_secret(self._folder / name, f"{secret}\n", group=SERVICE_USER))
            for name in self._former:
                stack.enter_context(_set_aside(self._folder / name))
            yield
        for name, secret in self._chosen.items():
            if not secret:
                (self._folder / name).unlink(missing_ok=True)

    def _try(self, name: str, secret: str) -> None:
        if not is_one_line(secret):
            raise ValueError("a password is one line of text, without control characters")
        descriptor = os.open(self._trial / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(f"{secret}\n")
