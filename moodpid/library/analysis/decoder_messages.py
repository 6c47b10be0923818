"""What ffmpeg's messages and exit status tell of its work. Pure."""

import os
import re
import signal
from typing import Final

from moodpid.library.analysis.decoder import (
    DecoderFaultError,
    DecoderNotStartedError,
    Output,
    RetryableDecodeError,
)
from moodpid.library.analysis.files import READ_FAULTS
from moodpid.text import clean

TOO_LITTLE: Final = "less than a second of sound"
_OUT_OF_TIME = b"received signal 24"  # ffmpeg's last words after SIGXCPU, with which it ends in order
_LOUDNESS = re.compile(rb"^\s+I:\s+(-?\d+(?:\.\d+)?) LUFS", re.MULTILINE)
_ERRORS = re.compile(rb"^(?:\[[^\]]* @ 0x[0-9a-f]+\] )?\[(?:error|fatal|panic)\] (.+)$", re.MULTILINE)
_FOREIGN = re.compile(rb"^\[([\w,]+) @ 0x[0-9a-f]+\] \[error\] Format not on whitelist", re.MULTILINE)
# ffmpeg got no memory, or no thread, whose stack is memory too
_STARVED = re.compile(rb"\[(?:error|fatal|panic)\] .*(?:Cannot allocate memory|pthread_create\(\) failed)")
# The system's words in ffmpeg's
_READ_FAULTS = re.compile(
    rb"\[(?:error|fatal|panic)\] .*(?:%s)"
    % b"|".join(re.escape(os.strerror(code).encode()) for code in sorted(READ_FAULTS))
)
_NOT_STARTED = (126, 127)  # by a shell, or by the dynamic linker: a library is missing
_REASON_CHARS = 160
_SILENCE_LUFS = -70.0  # ebur128 prints this or less when nothing passes the gate


def has_read_fault(output: Output) -> bool:
    """Return whether the disk or the share failed; some demuxers say so of a file that is cut short, too."""
    return bool(_READ_FAULTS.search(output.messages))


def is_out_of_time(output: Output) -> bool:
    """Return whether the decoder was ended for its processor time."""
    return output.status == -signal.SIGXCPU or _OUT_OF_TIME in output.messages


def refuses_loudness(output: Output) -> bool:
    """Return whether the loudness filter has ended the decoder: there is no channel layout for it."""
    explained = is_out_of_time(output) or _STARVED.search(output.messages) or has_read_fault(output)
    return output.status > 0 and not explained and bool(_LOUDNESS.search(output.messages))


def require_decoder(output: Output) -> None:
    """Make sure that the decoder did its work.

    Raises:
        DecoderNotStartedError: It did not start.
        DecoderFaultError: It crashed before it was done.
    """
    if output.status in _NOT_STARTED:
        last = clean(output.messages.decode(errors="replace").strip().rpartition("\n")[2], _REASON_CHARS)
        raise DecoderNotStartedError(f"the decoder does not start: {last}")
    crashed = output.status < 0 and -output.status not in (signal.SIGKILL, signal.SIGXCPU)
    if crashed and not _LOUDNESS.search(output.messages):  # which is the last thing that it does
        raise DecoderFaultError(f"the decoder crashed ({signal.strsignal(-output.status)})")


def require_memory(output: Output, heard_s: float, network_s: float | None, *, loudness: bool) -> None:
    """Make sure that the decoder had enough memory for all that was wanted of it.

    Args:
        output: Of the decoder.
        heard_s: How many seconds of sound it gave.
        network_s: How many of them for the network; None where they were not wanted.
        loudness: Whether the loudness was wanted.

    Raises:
        RetryableDecodeError: It had too little.
    """
    if output.status == -signal.SIGKILL:  # what came out before is a part of it
        raise RetryableDecodeError("the decoder was killed: memory may have run out")
    cut_short = network_s is not None and network_s < heard_s - 1.0
    unfinished = output.status > 0 or heard_s < 1.0 or (loudness and not _LOUDNESS.search(output.messages))
    if cut_short or (unfinished and _STARVED.search(output.messages)):
        raise RetryableDecodeError("the decoder needs too much memory")


def read_loudness(output: Output) -> float | None:
    """Return the integrated loudness in LUFS; None for silence."""
    found = _LOUDNESS.findall(output.messages)
    loudness = float(found[-1]) if found else _SILENCE_LUFS
    return loudness if loudness > _SILENCE_LUFS else None


def explain(output: Output) -> str:
    """Return in one line why there is no sound, with ffmpeg's own words where it has some."""
    if foreign := _FOREIGN.search(output.messages):
        return f"not an audio file: its format is {clean(foreign[1])}"
    errors = [clean(line, 2 * _REASON_CHARS) for line in _ERRORS.findall(output.messages)]
    if any("matches no streams" in line for line in errors):
        return "no sound in this file"
    if not errors:
        return TOO_LITTLE
    # "file:/music/a.mp3: Invalid data found when processing input", behind any lines of the demuxer; without
    # it the first error has led to the others
    about_file = [line.rpartition(": ")[2] for line in errors if line.startswith("file:")]
    return clean(f"no sound can be decoded: {about_file[-1] if about_file else errors[0]}", _REASON_CHARS)
