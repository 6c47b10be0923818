"""The verb `setup`: its exit codes, the folder for trials, and the restart of the service."""

import argparse
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from moodpid.cli.dialogue import Dialogue, NoAnswerError, Terminal, Unattended
from moodpid.cli.output import UnwritableError, print_error, print_line
from moodpid.cli.setup_questions import Setup
from moodpid.cli.surroundings import ThisMachine
from moodpid.config import DEFAULT_PATH, is_installed
from moodpid.errors import ExitCode
from moodpid.system.private_file import require_writable
from moodpid.system.signals import held_signals, interrupting_signals
from moodpid.system.systemctl import Restart, read_unit, restart_unit


def setup(options: argparse.Namespace) -> ExitCode:
    """Ask, try, and write the configuration; then restart the service, if it is installed."""
    dialogue: Dialogue = Unattended() if options.yes or not sys.stdin.isatty() else Terminal()
    path: Path = options.config or DEFAULT_PATH
    writes = False
    try:
        with interrupting_signals(), _trial_folder() as trial:
            require_writable(path)
            making = Setup(options, path, dialogue=dialogue, here=ThisMachine(), trial=trial)
            making.ask()
            writes = True
            well = making.write()
    except NoAnswerError as error:
        print_error(f"{error}; nothing was written" if str(error) else "nothing was written")
        return ExitCode.SOME_FAILED
    except (EOFError, KeyboardInterrupt):
        print_error(
            f"interrupted in the midst of writing: look at {path}" if writes else "nothing was written"
        )
        return ExitCode.SOME_FAILED
    except (BrokenPipeError, UnwritableError):
        raise
    except OSError as error:
        remedy = f"; try: {_as_root(options.config)}" if isinstance(error, PermissionError) else ""
        print_error(f"{error.filename or path}: {error.strerror}{remedy}")
        return ExitCode.SOME_FAILED
    if is_installed(path):
        well = _restart_service() and well
    return ExitCode.OK if well else ExitCode.SOME_FAILED


def _as_root(path: Path | None) -> str:
    return shlex.join(["sudo", "moodpid", "setup", *(["--config", str(path)] if path else [])])


@contextmanager
def _trial_folder() -> Iterator[Path]:
    """Make a folder that only we can read, and remove it in the end, whatever signals come meanwhile."""
    folder = mkdtemp(prefix="moodpid-setup-")
    try:
        yield Path(folder)
    finally:
        with held_signals():
            rmtree(folder, ignore_errors=True)


def _restart_service() -> bool:
    """Restart the service, if it is installed; returns False where it does not get ready."""
    match restart_unit():
        case Restart.DONE:
            print_line("moodpid.service is restarted; systemctl status moodpid shows how it is")
        case Restart.FAILED:
            unit = read_unit()
            why = f" ({unit.status})" if unit and unit.status else ""
            print_error(f"moodpid.service does not get ready{why}; journalctl -u moodpid tells more")
            return False
    return True
