"""How a command line is read: a verb and what it takes, and what was perhaps meant."""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from moodpid import __version__
from moodpid.config import DEFAULT_PATH
from moodpid.config.validation import did_you_mean
from moodpid.errors import ExitCode

_EXIT_CODES = """\
exit codes:
  0   done, or asked to stop
  1   not done, or not all of it; the lines say what
  64  the command line is wrong
  69  the camera is gone for good
  70  a fault of moodpid's own; please report it
  75  asked over MQTT to be started again (without systemd it begins anew by itself)
  78  the configuration or the model cannot be used
  141 whoever read the output stopped reading
"""


class _Parser(argparse.ArgumentParser):
    """As argparse's, with the exit code of sysexits.h for wrong usage, and with what was perhaps meant."""

    # Before Python 3.14 argparse has no public way to suggest a choice
    def _check_value(self, action: argparse.Action, value: str) -> None:
        choices = action.choices
        if choices is not None and value not in choices:
            what = f"unknown {value!r}{did_you_mean(value, choices)} There are {', '.join(choices)}"
            raise argparse.ArgumentError(action, what)

    def error(self, message: str) -> NoReturn:
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


@dataclass(frozen=True, slots=True)
class Command:
    """A word that does something.

    Attributes:
        run: What it does, with what `parse` has read.
        help: One line for the help.
        arguments: Its arguments beside `--config`, each with the keywords of `ArgumentParser.add_argument`.
    """

    run: Callable[[argparse.Namespace], ExitCode]
    help: str
    arguments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def parse(verbs: Mapping[str, Command], arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What the verb does as `do`, the file or None as `config`, and what the verb takes by its names.

    Args:
        verbs: By their words.
        arguments: Those of the process, if none are given.

    Raises:
        SystemExit: The command line is wrong, which is said, or help was asked for, which is printed.
    """
    how: dict[str, Any] = {"epilog": _EXIT_CODES, "formatter_class": argparse.RawDescriptionHelpFormatter}
    says = "Watches the faces in a room, plays what suits their mood, and tells the home over MQTT."
    parser = _Parser(prog="moodpid", description=says, **how)
    parser.add_argument("--version", action="version", version=f"moodpid {__version__}")
    file = f"configuration (default {DEFAULT_PATH})"
    config: dict[str, Any] = {"type": Path, "metavar": "FILE", "help": file}
    parser.add_argument("--config", **config)
    words = parser.add_subparsers(title="verbs", dest="verb", required=True, metavar="VERB")
    for name, verb in verbs.items():
        sub = words.add_parser(name, help=verb.help, description=verb.help, **how)
        sub.set_defaults(do=verb.run)
        # Without a default of its own it leaves alone what stood before the verb
        sub.add_argument("--config", default=argparse.SUPPRESS, **config)
        for argument, keywords in verb.arguments.items():
            sub.add_argument(argument, **keywords)
    return parser.parse_args(arguments)
