"""The parser of the command line, with suggestions for misspelt verbs."""

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
  1   not done, or not all of it; see the lines
  64  the command line is wrong
  69  the camera is gone for good
  70  a bug in moodpid; please report it
  75  restart requested (without systemd moodpid restarts itself)
  78  the configuration or the model cannot be used
  141 the reader of the output stopped
"""


class _Parser(argparse.ArgumentParser):
    """Argparse's parser with the exit code of sysexits.h for wrong usage, and with suggestions.

    No option can be abbreviated: `--broker-password SECRET` would name a file.
    """

    def __init__(self, **how: Any) -> None:  # noqa: ANN401 - as argparse has it
        super().__init__(allow_abbrev=False, **how)

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
    """A verb of the command line.

    Attributes:
        run: Carries it out with the parsed arguments.
        help: One line for the help.
        arguments: Its arguments beside `--config`, each with the keywords of `ArgumentParser.add_argument`.
    """

    run: Callable[[argparse.Namespace], ExitCode]
    help: str
    arguments: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def parse(commands: Mapping[str, Command], arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse a command line; return `command`, `config` (a path or None) and the verb's arguments by name.

    Args:
        commands: By their verbs.
        arguments: The process's if None.

    Raises:
        SystemExit: The command line is wrong, or help was printed.
    """
    how: dict[str, Any] = {"epilog": _EXIT_CODES, "formatter_class": argparse.RawDescriptionHelpFormatter}
    description = "Watches the faces in a room, plays music for their mood, and publishes it over MQTT."
    parser = _Parser(prog="moodpid", description=description, **how)
    parser.add_argument("--version", action="version", version=f"moodpid {__version__}")
    file = f"configuration (default {DEFAULT_PATH})"
    config: dict[str, Any] = {"type": Path, "metavar": "FILE", "help": file}
    parser.add_argument("--config", **config)
    subparsers = parser.add_subparsers(title="verbs", dest="verb", required=True, metavar="VERB")
    for name, command in commands.items():
        sub = subparsers.add_parser(name, help=command.help, description=command.help, **how)
        sub.set_defaults(command=command)
        # Without a default it keeps the value given before the verb
        sub.add_argument("--config", default=argparse.SUPPRESS, **config)
        for argument, keywords in command.arguments.items():
            sub.add_argument(argument, **keywords)
    return parser.parse_args(arguments)
