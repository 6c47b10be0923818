"""The entry point: parse the command line, run the verb, and turn every end into an exit code."""

import argparse
import contextlib
import logging
import os
import sys
import traceback
from collections.abc import Sequence

from moodpid.cli.commands import COMMANDS
from moodpid.cli.output import PREFIX, UnwritableError, prepare_streams, print_error
from moodpid.cli.parser import parse
from moodpid.errors import ExitCode, MoodpidError, describe_missing
from moodpid.system import logs
from moodpid.text import clean_lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and return its exit code (`ExitCode`)."""
    prepare_streams()
    try:
        try:
            return _run_command(parse(COMMANDS, arguments))
        finally:
            if sys.stdout:  # before the interpreter's exit, where errors cannot be caught
                sys.stdout.flush()
    except BrokenPipeError:  # the reader of the output has stopped
        _drop_output()
        return ExitCode.PIPE
    except OSError as error:
        with contextlib.suppress(OSError):
            print_error(f"the output cannot be written: {error.strerror}")
        _drop_output()
        return ExitCode.SOME_FAILED


def _drop_output() -> None:
    """Redirect the rest of the output to nowhere, since the interpreter flushes it again at exit."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in filter(None, (sys.stdout, sys.stderr)):
        os.dup2(nowhere, stream.fileno())


def _run_command(options: argparse.Namespace) -> int:
    if options.verb != "run":  # warnings look like the lines of `print_error`
        logs.attach(logging.StreamHandler(sys.stderr), logging.WARNING, f"{PREFIX}%(message)s")
    try:
        return ExitCode(options.command.run(options))
    except MoodpidError as error:
        for line in error.lines:
            print_error(line)
        return error.exit_code
    except (BrokenPipeError, UnwritableError):
        raise
    except KeyboardInterrupt:
        return ExitCode.OK
    except ModuleNotFoundError as error:
        if not (missing := describe_missing(error)):
            raise
        print_error(missing)
        return ExitCode.BUG
    except Exception:  # noqa: BLE001 - a traceback alone would end with the code of a bad picture
        with contextlib.suppress(OSError):
            print(clean_lines(traceback.format_exc()), file=sys.stderr)
        print_error("a bug in moodpid; please report it with the lines above")
        return ExitCode.BUG
