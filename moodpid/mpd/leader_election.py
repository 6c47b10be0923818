"""Two moodpids at one MPD: each shows itself as a channel there, and the one that started first drives."""

import contextlib

from moodpid.mpd.connection import CommandRefusedError, Mpd

_PREFIX = "moodpid_"


class LeaderElection:
    """Shows us to other moodpids in the same partition of MPD, and looks for them.

    Args:
        started_ns: When we started, in nanoseconds of the wall clock: the same order for all who look.
        rng: Any number; decides between two that started at the same moment.
    """

    def __init__(self, started_ns: int, rng: int) -> None:
        self._name = f"{_PREFIX}{started_ns:020d}_{rng:08x}"
        self.is_follower = False

    def announce(self, link: Mpd) -> None:
        """Subscribe to our channel, for as long as the connection lasts; and look.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if "subscribe" in link.commands:
            try:
                link.ask("subscribe", self._name)
            except CommandRefusedError:
                self.is_follower = False
                return
            self.update(link)

    def withdraw(self, link: Mpd) -> None:
        """Make room for another one at once; MPD itself tells nobody of a connection that ends.

        Raises:
            MpdGoneError: The connection was lost.
        """
        with contextlib.suppress(CommandRefusedError):
            link.ask("unsubscribe", self._name)

    def update(self, link: Mpd) -> None:
        """Find out whether another one was `first`.

        Raises:
            MpdGoneError: The connection was lost.
        """
        names = [name for name in link.ask("channels") if name.startswith(_PREFIX)]
        self.is_follower = min(names, default=self._name) < self._name
