"""A worker at a real MPD, and a way to wait for what it says and does."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random

import pytest
from mpd import MPDClient

from moodpid.channels import RequestQueue
from moodpid.config import MpdConfig
from moodpid.library.reader import LibraryReader
from moodpid.mood.emotion import Mood
from moodpid.mood.policy import music_request_for
from moodpid.mood.strategy import start_path
from moodpid.mpd.worker import MpdWorker
from moodpid.requests import PlayerChanged, Request, TrackSkipped
from moodpid.state import PlayerState
from moodpid.system.json_file import JsonFile
from tests.support.servers import PrivateMpd

DEADLINE_S = 60.0
NEARLY_OVER = "9:52"  # 8 s are left of every song: time for the slowest machine to look before the end
LAST_MOMENT = "9:57"  # where nobody must look before
LISTS = {mood: (mood.capitalize(),) for mood in Mood if mood is not Mood.NOBODY}


def until(what: Callable[[], bool], limit_s: float = DEADLINE_S) -> None:
    """Wait until `what` holds; a failure after `limit_s` seconds."""
    deadline = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.02)


class WorkerHarness:
    """A worker with the news it posted."""

    def __init__(
        self,
        settings: MpdConfig,
        password: str = "",
        file: JsonFile | None = None,
        reader: LibraryReader | None = None,
    ) -> None:
        self.inbox: RequestQueue[Request] = RequestQueue(1000)
        self.states: list[PlayerState] = []
        self.skips = 0
        self._names, self._targets = settings.names, settings.active_targets
        self._met = 0
        rng = Random(7)  # noqa: S311 - repeatable songs
        self.worker = MpdWorker(
            settings, self.inbox.post, password=password, rng=rng, file=file, reader=reader
        )

    def read(self) -> PlayerState | None:
        """The latest state posted, None before the first."""
        for news in self.inbox.drain():
            if isinstance(news, PlayerChanged):
                self.states.append(news.player)
            self.skips += isinstance(news, TrackSkipped)
        return self.states[-1] if self.states else None

    def until(self, holds: Callable[[PlayerState], bool], limit_s: float = DEADLINE_S) -> PlayerState:
        """The first state that `holds`, of those since the one met last: none passes unseen."""
        until(lambda: self._meets(holds), limit_s)
        return self.states[self._met]

    def _meets(self, holds: Callable[[PlayerState], bool]) -> bool:
        self.read()
        met = next((n for n, state in enumerate(self.states[self._met :], self._met) if holds(state)), None)
        self._met = self._met if met is None else met
        return met is not None

    def catch_up(self, mpd: PrivateMpd) -> PlayerState:
        """Wait until the worker has reported the song that is the current one now, and done all about it."""
        title = mpd.mpc("current", "-f", "%title%").strip()
        return self.until(lambda state: state.title == title)

    def stop(self) -> None:
        """Stop the worker, and wait until it has ended."""
        self.worker.stop()
        assert self.worker.join(DEADLINE_S), "the worker did not end"

    def request(self, mood: Mood) -> None:
        self.worker.request(music_request_for(start_path(mood, None), self._names, self._targets))


Start = Callable[..., WorkerHarness]


def hosting(mpd: PrivateMpd, start: Start, **settings: object) -> WorkerHarness:
    """A song of a user's is paused, and ours wait behind it."""
    mpd.mpc("load", "Neutral")
    mpd.mpc("play")
    mpd.mpc("pause")
    harness = start(**settings)
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.mood is Mood.HAPPY)
    return harness


def hands_off(state: PlayerState) -> bool:
    """Whether a user has the player."""
    return "hands off until" in state.message


@pytest.fixture
def start(mpd: PrivateMpd) -> Iterator[Start]:
    """Starts a worker at the real MPD, with the settings given by name; it is stopped at the end.

    Unless they name others, every mood has its playlist of the library, and nobody has none.
    """
    with starter(mpd) as start:
        yield start


@contextmanager
def starter(mpd: PrivateMpd) -> Iterator[Start]:
    workers: list[WorkerHarness] = []

    def start(password: str = "", file: JsonFile | None = None, **settings: object) -> WorkerHarness:
        usual = {"host": "127.0.0.1", "port": mpd.port, "playlists": LISTS}
        workers.append(WorkerHarness(MpdConfig(**{**usual, **settings}), password, file))  # type: ignore[arg-type]
        workers[-1].worker.start()
        return workers[-1]

    yield start
    for harness in workers:
        harness.worker.stop()
    for harness in workers:
        harness.stop()
        harness.inbox.close()


@contextmanager
def connected(mpd: PrivateMpd) -> Iterator[MPDClient]:
    """A connection of another program's, for what mpc cannot say."""
    client = MPDClient()
    client.timeout = DEADLINE_S
    client.connect("127.0.0.1", mpd.port)
    yield client
    client.disconnect()


def queue(mpd: PrivateMpd) -> list[str]:
    """The files in the queue, in order."""
    return mpd.mpc("playlist", "-f", "%file%").split("\n")[:-1]


def folders(mpd: PrivateMpd) -> list[str]:
    """The moods of the songs in the queue, in order: the library has a folder for each."""
    return [uri.split("/")[0] for uri in queue(mpd)]


def playing(mpd: PrivateMpd) -> str:
    """The file that plays or is paused, empty if none."""
    return mpd.mpc("current", "-f", "%file%").strip()
