"""The outputs in our partition of MPD, which forgets both when it ends."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from moodpid.mpd.protocol import Mpd, Output
from moodpid.text import is_one_line

SUBSYSTEMS = ("output", "partition")
"""What MPD reports as changed when outputs are moved, switched on or switched off."""


class Partition:
    """Remembers which outputs our partition has.

    Args:
        name: Of the partition; empty: MPD's own, which has its outputs again after each start.
        outputs: Seen there in a run before.

    Attributes:
        outputs: By name, as they were seen last; none seen leaves those from before.
    """

    def __init__(self, name: str, outputs: tuple[str, ...]) -> None:
        self._name = name
        self.outputs = outputs

    def read(self, link: Mpd, changed: AbstractSet[str] = frozenset(SUBSYSTEMS)) -> None:
        """Look which outputs are there, if MPD reports that they may be others.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if self._name and not changed.isdisjoint(SUBSYSTEMS):
            self.outputs = _own(link.outputs()) or self.outputs


def _own(outputs: Iterable[Output]) -> tuple[str, ...]:
    """Return the names of the outputs that are enabled in our partition; those of others are dummies."""
    own = (output.name for output in outputs if output.enabled and output.plugin != "dummy")
    return tuple(name for name in own if is_one_line(name))
