"""Connections are dropped when nothing moves, and not while a slow link takes an answer."""

import asyncio
from collections.abc import Iterable
from itertools import chain, repeat

import pytest

from moodpid.web.connections import IDLE_S, SEND_S, Connections


class SlowTransport(asyncio.Transport):
    """Has as much left to send as a test says."""

    unsent_bytes = 0
    aborted = False

    def get_write_buffer_size(self) -> int:
        return self.unsent_bytes

    def abort(self) -> None:
        self.aborted = True


def lasts_s(unsent_bytes: Iterable[int], monkeypatch: pytest.MonkeyPatch) -> int:
    """Return after how many seconds a connection is dropped; `unsent_bytes` has what is left in each."""

    async def watch() -> int:
        loop = asyncio.get_running_loop()
        now_s = loop.time()
        monkeypatch.setattr(loop, "time", lambda: now_s)
        connections = Connections(asyncio.Protocol)
        transport = SlowTransport()
        connections().connection_made(transport)
        connections.begin_request(transport)
        connections.end_request(transport)
        for second, transport.unsent_bytes in enumerate(unsent_bytes):
            if transport.aborted:
                connections.stop()
                return second
            now_s += 1.0
            for _ in range(2):  # lets the sweeper run
                await asyncio.sleep(0)
        raise AssertionError("the connection was never dropped")

    return asyncio.run(watch())


def test_an_answer_that_nobody_reads_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lasts_s(repeat(9000, 1000), monkeypatch) == pytest.approx(IDLE_S, abs=2)


def test_an_answer_that_is_read_slowly_is_sent_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 100
    slow = chain(range(9000 + seconds, 9000, -1), repeat(0, 1000))
    assert lasts_s(slow, monkeypatch) == pytest.approx(seconds + IDLE_S, abs=2)


def test_an_answer_that_never_ends_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    assert lasts_s(range(9000, 0, -1), monkeypatch) == pytest.approx(SEND_S, abs=2)
