"""The connection to MPD: time limits on everything, an idle that `select` can watch, and errors of ours."""

import select
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, Self

import mpd

from moodpid.config import MpdConfig
from moodpid.errors import ExitCode, MoodpidError

TIMEOUT_S = 5.0
# Through a large library on a small machine these take MPD a while, and it says nothing before it is done
SLOW_S = 30.0
_SLOW = frozenset({"listplaylist", "find", "count"})
# Without these we can do nothing; what else we send is missed only by those who want it
REQUIRED_COMMANDS = (
    *("stats", "status", "playlistinfo", "playlistid", "listplaylist", "idle"),
    *("addid", "deleteid", "playid"),
)
OPTIONAL_COMMANDS = {
    "prioid": "our songs come next in random mode",
    "setvol": "a song that is cut short fades out",
    "sticker": "we learn which songs are liked (sticker_file in mpd.conf, and the permission admin)",
    "subscribe": "two moodpids notice each other",
    "find": "lists may be filters and folders",
}


class MpdGoneError(MoodpidError):
    """MPD is not there, went away, or fell silent; it may come back."""

    exit_code = ExitCode.SOME_FAILED


class MpdDeniedError(MoodpidError):
    """MPD is there but does not let us work: a wrong password, a missing permission or partition."""

    exit_code = ExitCode.SOME_FAILED


class CommandRefusedError(MoodpidError):
    """MPD refused one command; the connection is as good as before.

    Attributes:
        missing: What the command named does not exist.
    """

    def __init__(self, error: mpd.CommandError) -> None:
        super().__init__(f"{error.msg} ({error.command})" if error.msg else str(error))
        self.missing = error.errno is mpd.FailureResponseCode.NO_EXIST


class HasFileno(Protocol):
    """What `select` can wait for."""

    def fileno(self) -> int:
        """The file descriptor."""


# Commands newer than python-mpd2 knows
mpd.MPDClient.add_command("playlistlength", mpd.MPDClient._parse_object)  # noqa: SLF001 - the way to add one


class Mpd(Protocol):
    """What the rest of this room asks of MPD; a `Link` to a real one, or a pretended one."""

    @property
    def commands(self) -> frozenset[str]:
        """Those that MPD lets us use."""

    def version_at_least(self, version: tuple[int, int]) -> bool:
        """Whether the protocol is at least this one."""

    def ask(self, command: str, *arguments: object) -> Any:  # noqa: ANN401 - an answer of any form
        """Send one command and read its answer; see `Link.ask`."""

    def stream(self, command: str, *arguments: object) -> Iterator[Any]:
        """As `ask`, an item at a time; see `Link.stream`."""


class _Client(mpd.MPDClient):  # type: ignore[misc]  # python-mpd2 has no types
    """python-mpd2's client, with idle cut into halves so that `select` can wait in between."""

    def send_idle(self, subsystems: Sequence[str]) -> None:
        self._write_command("idle", subsystems)

    def send_noidle(self) -> None:
        self._write_line("noidle")

    def fetch_idle(self) -> list[str]:
        return list(self._parse_list(self._read_lines()))


class MpdConnection:
    """One connection; after `MpdGoneError` it is closed and of no more use.

    Attributes:
        version: Of the protocol, such as "0.23.5".
        commands: Those that MPD lets us use.
    """

    def __init__(self, settings: MpdConfig, password: str = "") -> None:
        """Connect, and make sure that we may do our work there.

        Raises:
            MpdGoneError: Nobody answered within 5 seconds.
            MpdDeniedError: The password, a permission or the partition is wrong.
        """
        self._client = _Client()
        self._client.timeout = TIMEOUT_S
        self._address = format_address(settings)
        try:
            with self._translated():
                self._client.connect(settings.host, settings.port)
            self.version: str = self._client.mpd_version
            self._log_in(password)
            self._enter(settings.partition)
        except BaseException:
            self.close()
            raise

    def _log_in(self, password: str) -> None:
        if password:
            try:
                self.ask("password", password)
            except CommandRefusedError:
                raise MpdDeniedError(f"MPD at {self._address} refuses the password") from None
        self.commands = frozenset(self.ask("commands"))
        missing = sorted(set(REQUIRED_COMMANDS) - self.commands)
        if missing:
            raise MpdDeniedError(
                f"MPD at {self._address} does not let us use {', '.join(missing)}: "
                f"{'the password gives' if password else 'without a password there are'} too few permissions"
            )

    def _enter(self, partition: str) -> None:
        if not partition:
            return
        try:
            self.ask("partition", partition)
        except CommandRefusedError as error:
            hint = f": mpc makepart {partition}" if error.missing else f": {error}"
            raise MpdDeniedError(f'MPD at {self._address} has no partition "{partition}"{hint}') from None

    def version_at_least(self, version: tuple[int, int]) -> bool:
        """Whether the protocol is at least this one."""
        numbers = [int(part) for part in self.version.split(".") if part.isdecimal()]
        return tuple(numbers[:2]) >= version

    def ask(self, command: str, *arguments: object) -> Any:  # noqa: ANN401 - an answer of any form
        """Send one command and read its answer, in python-mpd2's form.

        Raises:
            CommandRefusedError: MPD refused it.
            MpdGoneError: No answer came.
        """
        with self._translated(), self._timeout(command):
            return getattr(self._client, command)(*arguments)

    def stream(self, command: str, *arguments: object) -> Iterator[Any]:
        """As `ask`, an item at a time, so that long answers need no memory; read it to its end."""
        with self._translated(), self._timeout(command):
            self._client.iterate = True
            try:
                yield from getattr(self._client, command)(*arguments)
            finally:
                self._client.iterate = False

    def wait(self, subsystems: Iterable[str], other: HasFileno, timeout_s: float) -> set[str]:
        """Sleep until MPD reports a change in `subsystems`, `other` is readable, or the time is over.

        Returns:
            The subsystems that changed, as MPD's manual names them under `idle`.

        Raises:
            MpdGoneError: The connection was lost.
        """
        with self._translated():
            self._client.send_idle(tuple(subsystems))
            readable, _, _ = select.select([self._client, other], [], [], max(0.0, timeout_s))
            if self._client not in readable:
                self._client.send_noidle()
            return set(self._client.fetch_idle())

    def close(self) -> None:
        """Hang up; more than once does no harm."""
        self._client.disconnect()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _timeout(self, command: str) -> Iterator[None]:
        self._client.timeout = SLOW_S if command in _SLOW else TIMEOUT_S
        try:
            yield
        finally:
            self._client.timeout = TIMEOUT_S

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn python-mpd2's errors and the system's into ours."""
        try:
            yield
        except mpd.CommandError as error:
            raise CommandRefusedError(error) from error
        # ValueError: an error code or bytes that python-mpd2 does not know leave it in mid-answer
        except (mpd.MPDError, OSError, ValueError) as error:
            self.close()
            raise MpdGoneError(f"MPD at {self._address} {_reason(error)}") from error


def format_address(settings: MpdConfig) -> str:
    """Where MPD is, as a person would write it."""
    return settings.host if settings.host[0] in "/@" else f"{settings.host}:{settings.port}"


def _reason(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "does not answer in time"
        case OSError(strerror=str(text)):
            return f"cannot be reached: {text}"
        case mpd.ConnectionError():
            return "hung up"
        case _:
            return f"does not speak MPD's protocol: {error}"
