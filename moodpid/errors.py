"""Every error that users may see, in one tree; each fatal one has its exit code."""

from enum import IntEnum
from typing import ClassVar

from moodpid.text import MAX_ERROR_CHARS, clean


class ExitCode(IntEnum):
    """Exit codes of the process; the numbers from 64 to 78 are those of sysexits.h."""

    OK = 0
    SOME_FAILED = 1
    USAGE = 64
    CAMERA = 69
    BUG = 70
    RESTART = 75
    CONFIG = 78
    PIPE = 141  # as shells report a process that SIGPIPE ended: 128 and its number


class MoodpidError(Exception):
    """Base of all errors of moodpid.

    Attributes:
        lines: One line for each fault: state, cause and action; seldom more than one.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.BUG

    def __init__(self, *lines: str) -> None:
        # They quote servers, files and configurations
        self.lines = tuple(clean(line, MAX_ERROR_CHARS) for line in lines)
        super().__init__("; ".join(self.lines))


class RemediableError(MoodpidError):
    """An error with a command that mends it, or shows where to begin.

    Attributes:
        fault: What is wrong, cleaned and cut to `MAX_ERROR_CHARS`.
        remedy: The command, likewise.
    """

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(f"{fault}; {remedy}")
        self.fault, self.remedy = clean(fault, MAX_ERROR_CHARS), clean(remedy, MAX_ERROR_CHARS)


class ConfigError(MoodpidError):
    """The configuration cannot be used; every fault of a file is listed, in its order."""

    exit_code = ExitCode.CONFIG


class FileAccessError(RemediableError, ConfigError):
    """This user may not read a file, with which nothing may be wrong."""

    exit_code = ExitCode.SOME_FAILED  # but for the service, which is not to be started again


class ModelError(MoodpidError):
    """The emotion model or its sidecar is missing, broken, or does not fit the other."""

    exit_code = ExitCode.CONFIG


class CascadeError(MoodpidError):
    """The Haar cascade for frontal faces is missing or cannot be read."""

    exit_code = ExitCode.CONFIG


class CameraError(MoodpidError):
    """The camera did not open, stalled or went away; it may come back."""

    exit_code = ExitCode.CAMERA


class CameraBusyError(CameraError):
    """Another program has the camera.

    Attributes:
        why: Part of the text, by which the error is recognised where only the text is known.
    """

    why: ClassVar[str] = "another program uses it"


class CameraStuckError(CameraError):
    """The camera's driver hangs; only a new process can open the camera again."""


class RecordingEnded(CameraError):  # noqa: N818 - like StopIteration, it is no error
    """A recording that does not loop came to its end; nothing is wrong."""

    exit_code = ExitCode.OK


class RestartRequested(MoodpidError):  # noqa: N818 - nothing is wrong
    """A restart was requested; the service manager starts the service again."""

    exit_code = ExitCode.RESTART


class StopRequested(MoodpidError):  # noqa: N818 - nothing is wrong
    """The loop was asked to stop and waits for nothing any more."""

    exit_code = ExitCode.OK


class PageLinkError(MoodpidError):
    """There is no link to the page."""

    exit_code = ExitCode.SOME_FAILED


class PictureError(MoodpidError):
    """One picture or video cannot be read; the others may."""

    exit_code = ExitCode.SOME_FAILED


def describe_missing(error: ModuleNotFoundError) -> str:
    """Return what to do about a library that is missing, as after `dpkg -i`; empty for a module of ours."""
    name = (error.name or "moodpid").partition(".")[0]
    if name == "moodpid":
        return ""
    return f"the Python package {name} is missing: sudo apt --fix-broken install"
