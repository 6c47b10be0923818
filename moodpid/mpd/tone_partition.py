"""MPD's outputs in a partition of their own for the test tone, and back where they were, whatever happens."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import mpd

from moodpid.config import MpdConfig
from moodpid.text import clean

Client = Any  # python-mpd2 has no types

TIMEOUT_S: Final = 5.0
RESTORE_S: Final = 60.0
"""How long the outputs may take to move back: MPD answers nobody while it waits for one that blocks."""
_DEFAULT: Final = "default"
_DUMMY: Final = "dummy"  # the plugin of what MPD leaves where an output was


class OutputsAwayError(Exception):
    """Outputs may still be in the partition of the tone.

    Attributes:
        names: Of the outputs.
    """

    def __init__(self, names: Sequence[str], cause: Exception) -> None:
        super().__init__(f"MPD has not moved its outputs back ({clean(cause)})")
        self.names = tuple(names)


@contextlib.contextmanager
def connected(settings: MpdConfig, password: str = "", timeout_s: float = TIMEOUT_S) -> Iterator[Client]:
    """Yield a connection to the partition of the configuration.

    Args:
        settings: Where MPD is.
        password: Of MPD, empty for none.
        timeout_s: How long MPD may take for an answer.

    Raises:
        mpd.MPDError, OSError: MPD cannot be reached, or refuses.
    """
    client = mpd.MPDClient()
    client.timeout = timeout_s
    client.connect(settings.host, settings.port)
    try:
        if password:
            client.password(password)
        if settings.partition:
            client.partition(settings.partition)
        yield client
    finally:
        _hang_up(client)


@dataclass(frozen=True, slots=True)
class TonePartition:
    """A partition into which the outputs of the configured one are moved for a moment.

    Attributes:
        settings: Where MPD is, and the partition that has the outputs.
        password: Of MPD, empty for none.
        restore_s: How long the outputs may take to move back.
    """

    settings: MpdConfig
    password: str = field(default="", repr=False)
    restore_s: float = RESTORE_S

    @property
    def name(self) -> str:
        """Its name, another one for each room that shares this MPD."""
        return "moodpid-doctor" if self._home == _DEFAULT else f"moodpid-doctor-{self._home}"

    @contextlib.contextmanager
    def entered(self, client: Client, outputs: Sequence[str]) -> Iterator[None]:
        """Enter it with these enabled outputs; afterwards hang up, and move them back.

        Raises:
            OutputsAwayError: They could not be moved back.
        """
        try:
            with contextlib.suppress(mpd.CommandError):  # there is one, which could not be deleted
                client.newpartition(self.name)
            client.partition(self.name)
            for name in outputs:
                client.moveoutput(name)
            client.clear()
            yield
        finally:
            _hang_up(client)  # waits for nothing; MPD deletes no partition that has clients
            self.bring_back(outputs)

    def bring_back(self, outputs: Sequence[str] = ()) -> None:
        """Move back all that the partition holds, enable that and `outputs`, and delete the partition.

        Raises:
            OutputsAwayError: MPD has not done it within `restore_s`.
            mpd.MPDError, OSError: MPD does not show whether there is anything to move.
        """
        names = list(outputs)
        try:
            with connected(self.settings, self.password, self.restore_s) as client:
                if self._exists(client):
                    client.partition(self.name)
                    held = _held_outputs(client)
                    names += [name for name in held if name not in names]
                    self._move_back(client, held)
                if names:  # also of an MPD that was restarted meanwhile, which leaves them disabled
                    _enable(client, names)
                with contextlib.suppress(mpd.CommandError):  # there is none, or another client is in it
                    client.delpartition(self.name)
        except (mpd.MPDError, OSError) as error:
            if not names:
                raise
            raise OutputsAwayError(names, error) from error

    def _exists(self, client: Client) -> bool:
        try:
            return any(each["partition"] == self.name for each in client.listpartitions())
        except mpd.CommandError:  # MPD before 0.22 has none
            return False

    def _move_back(self, client: Client, outputs: Sequence[str]) -> None:
        """Leave the partition, in which the client is, with these outputs.

        In one list, which MPD carries out to its end, also after a command that blocks, and if nobody waits
        for it any more. The player stops before: MPD 0.23.12 may hang if an output is moved while it plays.
        """
        may_stop = "stop" in client.commands()  # a refused command would end the list
        client.command_list_ok_begin()
        if may_stop:
            client.stop()
        client.partition(self._home)
        for name in outputs:
            client.moveoutput(name)
        client.command_list_end()

    @property
    def _home(self) -> str:
        return self.settings.partition or _DEFAULT


def _held_outputs(client: Client) -> list[str]:
    return [each["outputname"] for each in client.outputs() if each.get("plugin") != _DUMMY]


def _enable(client: Client, names: Sequence[str]) -> None:
    for each in client.outputs():
        if each["outputname"] in names and each.get("outputenabled") != "1":
            client.enableoutput(each["outputid"])


def _hang_up(client: Client) -> None:
    with contextlib.suppress(mpd.MPDError, OSError):
        client.disconnect()
