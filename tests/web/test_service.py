"""The page of a real service: the main loop keeps its pace under attack, and both end in order."""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.page import Events
from tests.support.processes import Moodpid
from tests.support.servers import free_port

CONFIG = """
[camera]
source = "recording"
loop = true
[player]
enabled = false
[mqtt]
enabled = false
[web]
enabled = true
picture = true
port = {port}
"""
MEASURED_S = 3.0
HALF = (
    b"GET / HT",
    b"POST /api/classify HTTP/1.1\r\nHost: localhost\r\nX-Moodpid: 1\r\nContent-Length: 9999\r\n\r\n",
)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[tuple[Moodpid, int]]:
    port = free_port()
    config = tmp_path / "moodpid.toml"
    config.write_text(CONFIG.format(port=port))
    with Moodpid(config) as moodpid:
        until_s = time.monotonic() + 30
        while "the page is at" not in moodpid.log:
            assert time.monotonic() < until_s, moodpid.log
            time.sleep(0.05)
        yield moodpid, port


def _watch(stack: ExitStack, port: int) -> Events:
    connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
    connection.sendall(b"GET /api/events?view=1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return Events(connection)


def _looks_hz(events: Events) -> float:
    """Return how many looks a second the page shows, by the numbers that they carry."""
    first, began_s = _next_look(events), time.monotonic()
    while time.monotonic() - began_s < MEASURED_S:
        last = _next_look(events)
    return (last - first) / (time.monotonic() - began_s)


def _next_look(events: Events) -> int:
    while (frame := events.until("frame")) is None:
        pass  # before the first look
    return int(frame["number"])


def test_half_requests_leave_the_looks_their_rate(service: tuple[Moodpid, int]) -> None:
    moodpid, port = service
    with ExitStack() as stack:
        events = _watch(stack, port)
        undisturbed_hz = _looks_hz(events)
        for number in range(200):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            client.sendall(HALF[number % 2])
        assert _looks_hz(events) > 0.6 * undisturbed_hz
    assert "WARNING" not in moodpid.log
    assert "ERROR" not in moodpid.log


def test_a_service_with_an_open_page_ends_when_asked(service: tuple[Moodpid, int]) -> None:
    moodpid, port = service
    with ExitStack() as stack:
        _watch(stack, port).until("frame")
        moodpid.process.send_signal(signal.SIGTERM)
        assert moodpid.process.wait(30) == 0
    assert "did not end in time" not in moodpid.log


def test_a_port_in_use_is_one_line_and_exit_78(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        config = tmp_path / "moodpid.toml"
        config.write_text(CONFIG.format(port=other.getsockname()[1]))
        with Moodpid(config) as moodpid:
            assert moodpid.process.wait(30) == 78
    assert moodpid.log.count("another program has it") == 1
    assert "Traceback" not in moodpid.log
