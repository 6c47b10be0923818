"""The words of the command line: the verbs, what each takes, and what was perhaps meant."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from moodpid import __version__
from moodpid.config import DEFAULT_PATH
from moodpid.config.faults import did_you_mean
from moodpid.errors import ExitCode
from moodpid.mood.emotion import Mood

_EXIT_CODES = """\
exit codes:
  0   done, or asked to stop
  1   some pictures or parts failed; the lines say which
  64  the command line is wrong
  69  the camera is gone for good
  70  a fault of moodpid's own; please report it
  75  asked over MQTT to be started again
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
class _Verb:
    """What the help says of a verb, and what it takes beside `--config`.

    Attributes:
        says: One line.
        takes: Its arguments, each with the keywords of `ArgumentParser.add_argument`.
    """

    says: str
    takes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


_JSON_LINES = {"action": "store_true", "help": "one JSON object a line"}
_VERBS = {
    "run": _Verb("the service, in the foreground"),
    "check": _Verb("read the configuration only, and name every fault in it and every file that it misses"),
    "doctor": _Verb("try each part for real and say what is wrong and what to do", {"--json": _JSON_LINES}),
    "forget": _Verb("take this device out of Home Assistant and off the broker, for good"),
    "playlists": _Verb(
        "what each mood would play now, and which lists are missing",
        {
            "--dry-run": {
                "metavar": "MOOD",
                "choices": [mood.value for mood in Mood],
                "help": "the next ten songs, and why",
            }
        },
    ),
    "classify": _Verb(
        "faces and emotions in still pictures, one JSON object a line",
        {
            "pictures": {"nargs": "+", "type": Path, "metavar": "PICTURE"},
            "--json": {"action": "store_true", "help": "JSON (which is what it prints anyway)"},
        },
    ),
    "replay": _Verb(
        "a recording through the loop of the service, with nothing sent",
        {
            "path": {
                "nargs": "?",
                "type": Path,
                "metavar": "PATH",
                "help": "a folder of pictures or a video (default: the bundled recording)",
            },
            "--json": _JSON_LINES,
            "--looks": {"action": "store_true", "help": "every look, not only changes of mood"},
        },
    ),
}


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The verb as `verb`, the file or None as `config`, and what the verb takes by its names.

    Args:
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
    verbs = parser.add_subparsers(title="verbs", dest="verb", required=True, metavar="VERB")
    for name, verb in _VERBS.items():
        sub = verbs.add_parser(name, help=verb.says, description=verb.says, **how)
        # Without a default of its own it leaves alone what stood before the verb
        sub.add_argument("--config", default=argparse.SUPPRESS, **config)
        for argument, keywords in verb.takes.items():
            sub.add_argument(argument, **keywords)
    return parser.parse_args(arguments)
