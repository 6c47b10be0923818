"""What the page asks of other rooms, and the threads in which it waits for them."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any, Protocol, TypeVar

from moodpid.mood.emotion import Mood

MAX_AT_ONCE = 2

T = TypeVar("T")


class BusyError(Exception):
    """Too much is asked for at once; try again later."""


class PageBackend(Protocol):
    """Answers that take a while. Each call blocks; what it returns can be encoded as JSON."""

    def playlists(self) -> list[dict[str, Any]]:
        """Return what each mood would play.

        Raises:
            MoodpidError: MPD cannot be asked.
        """

    def next_songs(self, mood: Mood, settings: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the next songs of a mood, as they would be picked now.

        Args:
            mood: The mood.
            settings: The texts of the present settings, by their keys; the configuration has the others.

        Raises:
            MoodpidError: MPD cannot be asked, or no list can be used.
        """

    def library(self) -> dict[str, Any]:
        """Return where the analysed songs lie.

        Raises:
            MoodpidError: The database about songs cannot be read.
        """

    def classify(self, picture: bytes) -> dict[str, Any]:
        """Return the faces in a picture and their emotions.

        Raises:
            PictureError: It cannot be read.
        """


class Workers:
    """Runs blocking calls in short-lived threads that do not keep the process alive."""

    def __init__(self, limit: int = MAX_AT_ONCE) -> None:
        self._limit = limit
        self._running = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Return what `work` returns; raises what it raises.

        Raises:
            BusyError: Enough of them run already.
        """
        if self._running >= self._limit:
            raise BusyError
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._running += 1

        def finish(report: Callable[[], None]) -> None:
            self._running -= 1
            if not future.cancelled():
                report()

        def run() -> None:
            try:
                report = partial(future.set_result, work())
            except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
                report = partial(future.set_exception, error)
            with suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(finish, report)

        Thread(target=run, name="web worker", daemon=True).start()
        return await future
