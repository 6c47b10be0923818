"""A reconciler at a real MPD, without a thread: a test looks, and lets time go by."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

from moodpid.config import MpdConfig
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import MusicRequest
from moodpid.mood.strategy import start_path
from moodpid.mpd.connection import MpdConnection
from moodpid.mpd.reconcile_loop import QueueReconciler
from moodpid.mpd.session_store import SessionStore
from moodpid.state import PlayerState
from moodpid.system.json_file import JsonFile
from tests.support.servers import PrivateMpd


class ReconcilerHarness:
    """A reconciler, with the connection that it works on.

    Args:
        settings: As for the service.
        link: To MPD.
        sleep: Waits between the steps of a fade.
        file: Keeps what outlives the reconciler; None: nothing is kept.
    """

    def __init__(
        self,
        settings: MpdConfig,
        link: MpdConnection,
        sleep: Callable[[float], object] = lambda _: None,
        file: JsonFile | None = None,
    ) -> None:
        self.link = link
        self._names = settings.names
        self._skipped_s = 0.0
        self.reconciler = QueueReconciler(
            settings,
            Random(3),  # noqa: S311 - repeatable songs
            clock=lambda: time.monotonic() + self._skipped_s,
            sleep=sleep,
            store=SessionStore(file, settings) if file else None,
        )
        self.reconciler.on_connect(link)

    def look(self, mood: Mood) -> PlayerState:
        """Do what is to be done now."""
        request = MusicRequest(start_path(mood, None), self._names.get(mood, ()))
        return self.reconciler.reconcile(self.link, request)

    def wait(self, seconds: float, mood: Mood) -> PlayerState:
        """Look so many seconds later by the reconciler's clock; MPD's does not go on."""
        self._skipped_s += seconds
        return self.look(mood)


@contextmanager
def reconciler(
    mpd: PrivateMpd,
    *,
    sleep: Callable[[float], object] = lambda _: None,
    file: JsonFile | None = None,
    **settings: object,
) -> Iterator[ReconcilerHarness]:
    """Connect a reconciler with these settings."""
    config = MpdConfig(host=mpd.host, port=mpd.port, **settings)  # type: ignore[arg-type]
    with MpdConnection(config) as link:
        yield ReconcilerHarness(config, link, sleep, file)
