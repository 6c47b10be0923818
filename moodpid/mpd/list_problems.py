"""Which lists cannot be used, and why; each reason is logged once."""

import logging

from moodpid.config import SongSource

log = logging.getLogger(__name__)


class ListProblems:
    """Remembers problems of lists, one line each.

    Attributes:
        known: Those of lists of which no song was added since.
    """

    def __init__(self) -> None:
        self.known: dict[SongSource, str] = {}
        self._tried: dict[SongSource, str] = {}  # for the present choice; empty: it can be used

    @property
    def of_tried(self) -> str:
        """Why the lists tried for the present choice cannot be used, in one line; empty if they can."""
        return "; ".join(filter(None, self._tried.values()))

    def begin_choice(self) -> None:
        """Forget which lists were tried."""
        self._tried = {}

    def note(self, source: SongSource, problem: str) -> None:
        """Take note of a list that was tried; its problem is logged once until a song of it was added.

        A list that can be read again is not mended yet: MPD may refuse its songs as before.

        Args:
            source: The list.
            problem: One line; empty if it can be used.
        """
        self._tried[source] = problem
        if problem and self.known.get(source) != problem:
            log.warning("%s", problem)
            self.known[source] = problem

    def on_added(self, source: SongSource) -> None:
        """Take note that a song of a list is in the queue."""
        if not self._tried.get(source):
            self.known.pop(source, None)
