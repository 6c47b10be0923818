"""Clients that send too much, too little, or never read."""

import ctypes
import gzip
import http.client
import socket
import statistics
import struct
import time

import pytest

from moodpid.state import ViewLevel
from moodpid.web import api, application, connections
from tests.support.mqtt import wait_until
from tests.support.page import JPEG, PageServer, app_state, camera_view, page_server

OPEN = "/api/about"
SO_ATTACH_FILTER = 26  # asm-generic/socket.h


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "IDLE_S", 0.2)
    monkeypatch.setattr(connections, "SWEEP_S", 0.05)
    monkeypatch.setattr(api, "WRITE_S", 0.2)
    monkeypatch.setattr(application, "ANSWER_S", 0.2)


def test_bodies_that_are_too_large_are_refused_unread(page: PageServer) -> None:
    with page.connect() as connection:
        connection.sendall(
            b"POST /api/classify HTTP/1.1\r\nHost: localhost\r\nX-Moodpid: 1\r\n"
            b"Content-Length: 99999999\r\n\r\n"
        )
        assert connection.recv(64).startswith(b"HTTP/1.1 413")
    assert page.post("/api/request", {"key": "x" * 20_000, "value": ""}).status == 413
    assert page.get(OPEN).status == 200


def test_a_body_without_a_length_is_cut_at_the_limit(
    page: PageServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "MAX_PICTURE_BYTES", 1000)
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=30)
    chunks = iter([JPEG * 50, JPEG * 50])
    connection.request("POST", "/api/classify", chunks, {"X-Moodpid": "1"}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_compressed_bodies_stay_as_they_are(page: PageServer, caplog: pytest.LogCaptureFixture) -> None:
    for raw in (gzip.compress(b"{}" + b" " * 1_000_000), b"no gzip"):
        assert page.ask("POST", "/api/request", raw=raw, Content_Encoding="gzip").status == 400
    assert not any(record.levelname == "ERROR" for record in caplog.records)


def test_strangers_send_no_body_without_a_length(locked: PageServer) -> None:
    for path, status in (("/api/session", 411), ("/", 411), ("/api/classify", 401)):
        with locked.connect() as connection:
            connection.sendall(
                f"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Moodpid: 1\r\n"
                "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n".encode()
            )
            assert connection.recv(64).startswith(f"HTTP/1.1 {status}".encode())


def test_requests_sent_at_once_are_answered_in_turn(page: PageServer) -> None:
    with page.connect() as connection:
        asked = "".join(f"GET {OPEN}?{n} HTTP/1.1\r\nHost: localhost\r\n\r\n" for n in range(50))
        connection.sendall(asked.encode() + b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        answers = connection.makefile("rb").read()
    assert answers.count(b" 200 OK\r\n") == 51


@pytest.mark.parametrize("lines", [["X: " + "y" * 20_000], [f"X{n}: y" for n in range(90_000)]])
def test_heads_without_end_are_refused(page: PageServer, lines: list[str]) -> None:
    with page.connect() as connection:
        head = "GET / HTTP/1.1\r\nHost: localhost\r\n" + "\r\n".join(lines) + "\r\n\r\n"
        try:
            connection.sendall(head.encode())
            answer = connection.recv(64)
            assert b" 400 " in answer or answer == b""
        except ConnectionError:
            pass
    assert page.get(OPEN).status == 200


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", b"\x16\x03\x01\x02"]
)
def test_half_a_request_is_dropped(sent: bytes) -> None:
    with page_server() as page, page.connect() as connection:
        connection.sendall(sent)
        answer = connection.makefile("rb").read()
        assert answer == b"" or answer.startswith(b"HTTP/1.")
        assert page.get(OPEN).status == 200


@pytest.mark.usefixtures("impatient")
def test_half_a_body_is_answered_with_a_time_out() -> None:
    with page_server() as page, page.connect() as connection:
        connection.sendall(
            b"POST /api/classify HTTP/1.1\r\nHost: localhost\r\nX-Moodpid: 1\r\n"
            b"Content-Length: 900\r\n\r\nhalf"
        )
        assert connection.recv(64).startswith(b"HTTP/1.1 408")
        # The next picture is not kept waiting
        assert page.ask("POST", "/api/classify", raw=JPEG).status == 200


@pytest.mark.usefixtures("impatient")
def test_a_page_that_does_not_read_is_dropped() -> None:
    with page_server() as page, socket.socket() as deaf:
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(("127.0.0.1", page.port))
        deaf.sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        with page.events() as events:
            page.publisher.publish(app_state(), ())
            events.next()
            feed = page.publisher.feed
            for number in range(100_000):
                page.publisher.publish(app_state(title=f"{number} " + "x" * 200), ())
                events.until("player")
                if feed.pages == 1:
                    break
            assert feed.pages == 1


def vanish(client: socket.socket) -> None:
    """Drop all that comes to a socket unacknowledged, as where a laptop is closed: socket(7), bpf(4)."""
    drop_all = ctypes.create_string_buffer(b"\x06" + bytes(7))  # one instruction: return 0
    program = struct.pack("@HP", 1, ctypes.addressof(drop_all))
    client.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def test_a_browser_that_vanished_keeps_no_camera_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "USER_TIMEOUT_MS", 200)
    with page_server() as page, page.connect() as browser:
        browser.sendall(b"GET /api/events?view=2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
        wait_until(lambda: page.view_level.get() is ViewLevel.AIM)
        vanish(browser)
        page.publisher.publish(app_state(view=camera_view()), ())
        wait_until(lambda: page.view_level.get() is ViewLevel.NOTHING)


def is_open(client: socket.socket) -> bool:
    """Whether the other side has neither closed nor reset a connection, as far as is known here."""
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def test_two_hundred_clients_do_not_slow_the_main_loop() -> None:
    with page_server() as page:
        page.publisher.publish(app_state(), ())
        crowd = [page.connect() for _ in range(200)]
        turns_s = []
        for number in range(200):
            crowd[number].sendall(b"GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            began_s = time.monotonic()
            page.publisher.publish(app_state(title=str(number)), ())
            turns_s.append(time.monotonic() - began_s)
        assert page.publisher.feed.pages <= 24
        wait_until(lambda: sum(is_open(client) for client in crowd) <= connections.MAX_CONNECTIONS)
        for client in crowd:
            client.close()
        for _ in range(100):
            try:
                if page.get(OPEN).status == 200:
                    break
            except (ConnectionError, http.client.HTTPException):
                time.sleep(0.02)
        assert page.get(OPEN).status == 200
        # The median: a machine with other work may stop any single turn
        assert statistics.median(turns_s) < 0.1
