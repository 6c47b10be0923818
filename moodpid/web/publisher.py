"""The publisher: serves the page on a thread of its own, and passes requests from it to the main loop."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import TYPE_CHECKING

from aiohttp import web

from moodpid.channels import LatestValue
from moodpid.errors import ConfigError
from moodpid.mood.policy import MoodEvent
from moodpid.settings.fields import SettingField
from moodpid.state import AppState
from moodpid.web.connections import Connections
from moodpid.web.day import DayLog
from moodpid.web.feed import Feed
from moodpid.web.listen_address import NotYetAvailableError, PageAddress, listen
from moodpid.web.state_json import parts

if TYPE_CHECKING:
    import socket

RETRY_S = 5.0
_DAY_EVERY_S = 1.0
_END_S = 0.5

log = logging.getLogger(__name__)


class WebPublisher:
    """Serves the page.

    Args:
        address: Where it listens.
        fields: What can be set.
        feed: The pages that are open.
        day: What happened before.
        make_application: Makes the application, in the page's thread; it reports requests to the connections.

    Attributes:
        feed: The pages that are open.

    Raises:
        ConfigError: The port is taken, or this user may not listen there.
    """

    name = "page"

    def __init__(
        self,
        address: PageAddress,
        *,
        fields: Iterable[SettingField],
        feed: Feed,
        day: DayLog,
        make_application: Callable[[Connections], web.Application],
    ) -> None:
        self._socket: socket.socket | None = None
        with suppress(NotYetAvailableError):
            self._socket = listen(address)  # first: where the port is taken, nothing is left open
        self._address = address
        self._fields = tuple(fields)
        self.feed = feed
        self._day = day
        self._make_application = make_application
        self._states: LatestValue[AppState] = LatestValue()
        self._number = 0
        self._view: object = None
        self._day_s = float("-inf")
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = Thread(target=self._run, name="web", daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on, 0 before it does."""
        return self._socket.getsockname()[1] if self._socket else 0

    def start(self) -> None:
        """Begin to serve, in the background."""
        self._thread.start()

    def publish(self, present: AppState, _events: Sequence[MoodEvent]) -> None:
        """Pass the state on to the page's thread; never waits."""
        self._states.put(present)

    def stop(self) -> None:
        """Begin to end; returns at once."""
        with suppress(RuntimeError):  # the loop has ended already
            self._loop.call_soon_threadsafe(self._stopping.set)

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; return False if it has not come after `timeout_s` seconds."""
        if self._thread.ident is None:  # never started
            self._loop.close()
            if self._socket:
                self._socket.close()
        else:
            self._thread.join(timeout_s)
        ended = not self._thread.is_alive()
        if ended:
            self._states.close()
        return ended

    def _run(self) -> None:
        try:
            asyncio.set_event_loop(self._loop)
            self._loop.run_until_complete(self._serve())
        except Exception:
            log.exception("the page has ended because of a fault; the service goes on without it")
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(self._states.fileno(), self._take_state)
        try:
            listening = await self._listen()
            if listening is None:
                return
            await self._serve_on(listening)
        finally:
            loop.remove_reader(self._states.fileno())
            if self._socket:
                self._socket.close()

    async def _listen(self) -> "socket.socket | None":
        """Return the listening socket; None if the service stops before there is one."""
        reason = ""
        while self._socket is None and not self._stopping.is_set():
            try:
                self._socket = listen(self._address)
            except NotYetAvailableError as error:
                if str(error) != reason:
                    reason = str(error)
                    log.warning("page: %s; it is tried again every %.0f s", reason, RETRY_S)
                with suppress(TimeoutError):
                    async with asyncio.timeout(RETRY_S):
                        await self._stopping.wait()
            except ConfigError as error:
                log.error("page: %s; the service goes on without the page", error)  # noqa: TRY400 - not a bug
                await self._stopping.wait()
        return self._socket

    async def _serve_on(self, listening: "socket.socket") -> None:
        # aiohttp's server is made after the connections that its application reports to
        runner: web.AppRunner | None = None

        def make_protocol() -> asyncio.Protocol:
            assert runner is not None
            assert runner.server is not None
            return runner.server()

        connections = Connections(make_protocol)
        runner = web.AppRunner(
            self._make_application(connections),
            access_log=None,
            logger=_protocol_log(),
            handle_signals=False,
            auto_decompress=False,  # a kilobyte would become a megabyte before any limit
        )
        await runner.setup()
        server = await asyncio.get_running_loop().create_server(connections, sock=listening)
        log.info("the page is at %s", self._address.url)
        try:
            await self._stopping.wait()
        finally:
            server.close()
            connections.stop()
            await _end_all_other_tasks()
            await runner.cleanup()

    def _take_state(self) -> None:
        state = self._states.take()
        if state is None:
            return
        now_s = time.monotonic()
        if now_s - self._day_s >= _DAY_EVERY_S:
            self._day_s = now_s
            self._day.update(state, now_s)
        if state.view is not self._view:
            self._view = state.view
            self._number += 1
            if state.view is None:
                self.feed.forget_pictures()
            elif state.view.picture:
                self.feed.keep_picture(self._number, state.view.picture)
        self.feed.publish(partial(parts, state, self._fields, self._number))


def _protocol_log() -> logging.Logger:
    """Return a silent logger: aiohttp logs a traceback for each malformed request of a stranger."""
    silent = logging.getLogger(f"{__name__}.protocol")
    silent.disabled = True
    return silent


async def _end_all_other_tasks() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=_END_S)
