"""The command line: what each verb does, and its exit code."""

from moodpid.cli.entry_point import main

__all__ = ["main"]
