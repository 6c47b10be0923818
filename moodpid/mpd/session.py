"""A session with a real MPD: log in, ask within time limits, wait, and translate errors into ours."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from moodpid.config import MpdConfig
from moodpid.mpd import answers
from moodpid.mpd.protocol import (
    REQUIRED_COMMANDS,
    CommandRefusedError,
    MpdDeniedError,
    MpdGoneError,
    Output,
)
from moodpid.mpd.wire import ClosedError, HasFileno, MpdWire, ProtocolError, is_readable

TIMEOUT_S = 5.0
SEARCH_TIMEOUT_S = 30.0
"""For what goes through a list or the library: on a large one and a small machine MPD takes a while."""
HEARTBEAT_S = 60.0
"""A connection on which nothing happens is proven alive this often, by a word and its answer."""
_HERE = ("localhost", "127.0.0.1", "::1")
_PORT = 6600  # where mpc looks by itself


class MpdSession:
    """One connection; after `MpdGoneError` it is closed and of no more use.

    Attributes:
        version: Of the protocol, such as "0.23.5".
        commands: The commands that MPD allows.
    """

    def __init__(
        self, settings: MpdConfig, password: str = "", partition_outputs: Sequence[str] = ()
    ) -> None:
        """Connect, and make sure that the work is allowed there.

        Args:
            settings: Where MPD is.
            password: Of MPD, empty if it has none.
            partition_outputs: What the partition had when it was seen last: MPD forgets partitions when it
                ends, and this one is made again with these. Empty: one that is missing is an error.

        Raises:
            MpdGoneError: Nothing answered within 5 seconds.
            MpdDeniedError: The password, a permission or the partition is wrong.
        """
        self._address = format_address(settings)
        self._wire: MpdWire | None = None
        self._schemes: frozenset[str] | None = None
        self._idle_understands_names = True
        try:
            with self._translated():
                self._wire = MpdWire(settings.host, settings.port, TIMEOUT_S)
            self.version: str = self._wire.version
            self._log_in(password)
            if settings.partition:
                self._enter(settings.partition, partition_outputs)
        except BaseException:
            self.close()
            raise

    def _log_in(self, password: str) -> None:
        if password:
            try:
                self._ask("password", password)
            except CommandRefusedError:
                raise MpdDeniedError(f"MPD at {self._address} refuses the password") from None
        self.commands = frozenset(answers.values(self._ask("commands"), "command"))
        missing = sorted(set(REQUIRED_COMMANDS) - self.commands)
        if missing:
            raise MpdDeniedError(
                f"MPD at {self._address} does not allow {', '.join(missing)}: "
                f"{'the password gives' if password else 'without a password there are'} too few permissions"
            )

    def _enter(self, partition: str, outputs: Sequence[str]) -> None:
        try:
            try:
                self._ask("partition", partition)
            except CommandRefusedError as error:
                if not (error.missing and outputs):
                    raise
                self._ask("newpartition", partition)
                self._ask("partition", partition)
                for name in outputs:
                    self._ask("moveoutput", name)
                for output in self.outputs():
                    if output.name in outputs and not output.enabled:  # moving it away had disabled it
                        self._ask("enableoutput", output.number)
        except CommandRefusedError as error:
            what = f'MPD at {self._address} has no partition "{partition}"' if error.missing else str(error)
            # mpc has no commands for it
            lines = f'newpartition "{partition}"\\npartition "{partition}"\\nmoveoutput "NAME"\\nclose\\n'
            remedy = f"printf '{lines}' | nc {self._address.replace(':', ' ')}, with the NAME of an output"
            raise MpdDeniedError(f"{what}; MPD forgets partitions when it ends", remedy) from None

    def version_at_least(self, version: tuple[int, ...]) -> bool:
        """Return whether MPD speaks at least this version of the protocol."""
        return tuple(int(part) for part in self.version.split(".") if part.isdecimal()) >= version

    def outputs(self) -> tuple[Output, ...]:
        """Return the audio outputs."""
        lines = self._ask("outputs")
        with self._translated():
            return tuple(answers.output(one) for one in answers.records(lines, "outputid"))

    def wait(self, subsystems: Sequence[str], other: HasFileno, timeout_s: float) -> set[str]:
        """Sleep until MPD reports a change in `subsystems`, `other` is readable, or the time is over.

        Once a minute the connection is tried meanwhile: a peer that lost its power does not hang up.

        Returns:
            The subsystems that changed, as MPD's manual names them under `idle`.

        Raises:
            MpdGoneError: The connection was lost.
        """
        with self._translated():
            while True:
                beat_s = min(timeout_s, HEARTBEAT_S)
                changed = self._idle(subsystems if self._idle_understands_names else (), other, beat_s)
                timeout_s -= beat_s
                if changed or timeout_s <= 0 or is_readable(other):
                    return changed

    def _idle(self, subsystems: Sequence[str], other: HasFileno, timeout_s: float) -> set[str]:
        self._open.send("idle", subsystems)
        if not self._open.wait_readable(other, timeout_s):
            self._open.send("noidle")
        try:
            return set(answers.values(self._open.receive(TIMEOUT_S), "changed"))
        except CommandRefusedError:
            if not subsystems:
                raise
            self._idle_understands_names = False  # an old server, or one that is not MPD: it names all
            return set()

    def close(self) -> None:
        """Hang up; more than once does no harm."""
        if self._wire:
            self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _open(self) -> MpdWire:
        assert self._wire, "the constructor connects or raises"
        return self._wire

    def _ask(self, command: str, *arguments: object) -> list[str]:
        with self._translated():
            return self._open.request(command, arguments, TIMEOUT_S)

    def _search(self, command: str, *arguments: object) -> list[str]:
        with self._translated():
            return self._open.request(command, arguments, SEARCH_TIMEOUT_S)

    def _number(self, lines: Iterable[str], key: str) -> int:
        with self._translated():
            return int(next(answers.values(lines, key), 0))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the errors of the wire, of the system and of answers that cannot be read into ours."""
        try:
            yield
        except (OSError, ClosedError, ProtocolError, KeyError, ValueError, StopIteration) as error:
            self.close()
            reason = _reason(error)
            raise MpdGoneError(
                f"MPD at {self._address} {reason}", dropped=isinstance(error, (ClosedError, ConnectionError))
            ) from error


def format_address(settings: MpdConfig) -> str:
    """Return where MPD is, as a user would write it."""
    return settings.host if settings.host[0] in "/@" else f"{settings.host}:{settings.port}"


def is_local(settings: MpdConfig) -> bool:
    """Return whether MPD is at the address of this machine where mpc looks by itself."""
    return settings.host in _HERE


def mpc_command(settings: MpdConfig, arguments: str) -> str:
    """Return the command line that does this at this MPD."""
    where = [] if is_local(settings) else [f"-h {settings.host}"]
    if settings.port != _PORT and settings.host[0] not in "/@":
        where = where or [f"-h {settings.host}"]
        where.append(f"-p {settings.port}")
    return " ".join(["mpc", *where, arguments])


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "does not answer in time"
        case ClosedError() | ConnectionResetError() | BrokenPipeError():
            return "closed the connection"
        case OSError(strerror=str(text)):
            return f"cannot be reached: {text}"
        case OSError():
            return f"cannot be reached: {error}"
        case ProtocolError():
            return f"does not speak MPD's protocol: {error}"
        case _:
            return f"does not speak MPD's protocol: {error!r}"
