"""The command `moodpid`, also as `python -m moodpid`: signal handlers first, then all else."""

import sys

try:
    from moodpid.errors import ExitCode, describe_missing
    from moodpid.system.signals import exit_on_signals
except KeyboardInterrupt:  # on a Pi Zero they take a while, too
    raise SystemExit(0) from None


def main() -> int:
    """Run one verb and return its exit code."""
    if "run" in sys.argv:  # of the other verbs, a signal's own exit status shows that they did not end
        exit_on_signals()
    try:
        from moodpid.cli import main as run_verb  # noqa: PLC0415 - imports much

        return run_verb()
    except KeyboardInterrupt:  # while it imports, or parses the command line
        return ExitCode.OK
    except ModuleNotFoundError as error:
        if not (missing := describe_missing(error)):
            raise
        sys.stderr.write(f"moodpid: {missing}\n")
        return ExitCode.BUG


if __name__ == "__main__":
    raise SystemExit(main())
