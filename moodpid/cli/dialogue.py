"""How a verb asks the user: at a terminal, or not at all."""

import getpass
from typing import Protocol

from moodpid.cli.output import print_line


class NoAnswerError(Exception):
    """The user has declined, or is not there to agree or to correct an option; the text may say which."""


class Dialogue(Protocol):
    """Asks the user.

    Attributes:
        attended: There is a user, who can correct an answer.
    """

    attended: bool

    def ask(self, question: str, default: str) -> str:
        """Return the answer, or the default if it is empty."""

    def ask_secret(self, question: str) -> str:
        """Return the answer, which is not shown; empty for none."""

    def confirm(self, question: str, *, unattended: bool) -> bool:
        """Return whether the user agrees; `unattended` where nobody is asked."""

    def show(self, line: str) -> None:
        """Print a line."""


class Terminal:
    """Asks at the terminal."""

    attended = True

    def ask(self, question: str, default: str) -> str:
        """Return the answer, or the default if it is empty."""
        return input(f"{question} [{default}]: ").strip() or default

    def ask_secret(self, question: str) -> str:
        """Return the answer, which is not shown; empty for none."""
        return getpass.getpass(f"{question}: ")

    def confirm(self, question: str, *, unattended: bool) -> bool:
        """Return whether the user agrees."""
        del unattended
        return input(f"{question} [y/N]: ").strip().lower() in ("y", "yes")

    def show(self, line: str) -> None:
        """Print a line."""
        print_line(line)


class Unattended:
    """Takes every default."""

    attended = False

    def ask(self, question: str, default: str) -> str:
        """Return the default, and print both."""
        print_line(f"{question}: {default}")
        return default

    def ask_secret(self, question: str) -> str:
        """Return no secret."""
        del question
        return ""

    def confirm(self, question: str, *, unattended: bool) -> bool:
        """Return what was decided for this case."""
        del question
        return unattended

    def show(self, line: str) -> None:
        """Print a line."""
        print_line(line)
