"""One ffmpeg process within limits of time, memory and output."""

import os
import resource
import selectors
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from moodpid.errors import ExitCode, MoodpidError
from moodpid.library import ffmpeg

_STDERR_BYTES: Final = 64 * 1024
_PIPE_BYTES: Final = 1 << 16
# Of each thread: ffmpeg 7 has a dozen of them and more, and the usual 8 MB each are together above the limit
_STACK_BYTES: Final = 1 << 20


class DecodeError(MoodpidError):
    """One song cannot be decoded; the message gives the reason without the song's name."""

    exit_code = ExitCode.SOME_FAILED


class RetryableDecodeError(DecodeError):
    """A song cannot be decoded now: its file may be at fault, or its share, or the machine."""


class DecoderFaultError(RetryableDecodeError):
    """The decoder itself failed: its libraries are being replaced, say, or this file makes it crash."""


class DecoderNotStartedError(DecoderFaultError):
    """The decoder is there, but does not start; no song is at fault."""


class DecoderMissingError(MoodpidError):
    """ffmpeg is not installed, cannot be started, or fails at song after song."""

    exit_code = ExitCode.CONFIG


@dataclass(frozen=True, slots=True)
class Limits:
    """What one ffmpeg process may take.

    Attributes:
        wall_s: Time until it is killed.
        cpu_s: Processor time; the kernel ends it after that.
        memory_bytes: Of private memory (RLIMIT_DATA); half of it is address space that ffmpeg never touches.
    """

    wall_s: float = 120.0
    cpu_s: int = 90
    memory_bytes: int = 120 << 20


DEFAULT_LIMITS: Final = Limits()


@dataclass(frozen=True, slots=True)
class Output:
    """What came out of a process.

    Attributes:
        samples: The first bytes of stdout.
        extra: The first bytes of the pipe beside it; empty if there was none.
        messages: The last bytes of stderr.
        status: As `subprocess.Popen.returncode` has it.
    """

    samples: bytes
    extra: bytes
    messages: bytes
    status: int


def run(
    command: Callable[[int | None], list[str]], samples_bytes: int, extra_bytes: int, limits: Limits
) -> Output:
    """Run a command to its end.

    Args:
        command: Returns it, with the number of the pipe beside stdout; None if there is none.
        samples_bytes: So much of stdout is kept.
        extra_bytes: So much of the pipe beside it is kept; 0: there is none.
        limits: For the process.

    Raises:
        RetryableDecodeError: It took too long.
        DecoderMissingError: It cannot be started.
    """
    reader, writer = os.pipe() if extra_bytes else (None, None)
    try:
        try:
            process = _start(command(writer), writer)
        finally:
            if writer is not None:
                os.close(writer)
        with process:
            try:
                return _collect(process, reader, (samples_bytes, extra_bytes), limits)
            finally:
                process.kill()
    finally:
        if reader is not None:
            os.close(reader)


def _start(command: list[str], writer: int | None) -> subprocess.Popen[bytes]:
    try:
        with _small_stacks():
            return subprocess.Popen(  # noqa: S603 - no shell, and the name cannot be an option
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=() if writer is None else (writer,),
                start_new_session=True,  # Ctrl-C would end it, and the song would count as unreadable
            )
    except OSError as error:
        raise DecoderMissingError(f"{ffmpeg.MISSING} ({error}): {ffmpeg.INSTALL}") from error


@contextmanager
def _small_stacks() -> Iterator[None]:
    """Let the threads of a process that is started meanwhile have small stacks; ours have theirs already."""
    soft, hard = resource.getrlimit(resource.RLIMIT_STACK)
    small = _STACK_BYTES if soft == resource.RLIM_INFINITY else min(soft, _STACK_BYTES)
    with suppress(OSError):  # the service may not
        resource.setrlimit(resource.RLIMIT_STACK, (small, hard))
    try:
        yield
    finally:
        with suppress(OSError):
            resource.setrlimit(resource.RLIMIT_STACK, (soft, hard))


def _collect(
    process: subprocess.Popen[bytes], reader: int | None, sizes: tuple[int, int], limits: Limits
) -> Output:
    """Read all outputs at once, or the process would wait for us."""
    assert process.stdout
    assert process.stderr
    _restrict(process.pid, limits)
    samples, extra = (_Sink(size) for size in sizes)
    messages = _Sink(_STDERR_BYTES, keep_last=True)
    sinks = {process.stdout.fileno(): samples, process.stderr.fileno(): messages}
    if reader is not None:
        sinks[reader] = extra
    if not _read_all(sinks, time.monotonic() + limits.wall_s):
        raise RetryableDecodeError(f"the decoder did not finish within {limits.wall_s:.0f} seconds")
    return Output(bytes(samples.data), bytes(extra.data), bytes(messages.data), process.wait())


@dataclass(slots=True)
class _Sink:
    """What came out of one pipe: its first bytes, or its last."""

    limit: int
    keep_last: bool = False
    data: bytearray = field(default_factory=bytearray)

    def take(self, more: bytes) -> None:
        self.data += more
        if self.keep_last:
            del self.data[: max(0, len(self.data) - self.limit)]
        else:
            del self.data[self.limit :]


def _restrict(pid: int, limits: Limits) -> None:
    with suppress(OSError):  # it has ended already, or the service may not: then MemoryMax= holds alone
        # SIGXCPU at the first number; SIGKILL at the second, which is also how the kernel gets memory back
        resource.prlimit(pid, resource.RLIMIT_CPU, (limits.cpu_s, limits.cpu_s + 5))
        resource.prlimit(pid, resource.RLIMIT_DATA, (limits.memory_bytes, limits.memory_bytes))


def _read_all(sinks: dict[int, _Sink], deadline_s: float) -> bool:
    """Read all pipes to their ends; return False if that takes longer than until `deadline_s`."""
    with selectors.DefaultSelector() as selector:
        for pipe in sinks:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            ready = selector.select(max(0.0, deadline_s - time.monotonic()))
            if not ready and time.monotonic() >= deadline_s:
                return False
            for key, _ in ready:
                if more := os.read(key.fd, _PIPE_BYTES):
                    sinks[key.fd].take(more)
                else:
                    selector.unregister(key.fd)
    return True
