"""An MPD that is away, silent, locked, or none at all."""

import logging
import socket
import time
from pathlib import Path

import pytest

from moodpid.config import MpdConfig
from moodpid.mood.emotion import Mood
from moodpid.mpd.protocol import REQUIRED_COMMANDS
from moodpid.mpd.session import TIMEOUT_S
from moodpid.state import PlayerStatus
from tests.support.servers import PrivateMpd
from tests.support.worker_harness import (
    DEADLINE_S,
    Start,
    WorkerHarness,
    starter,
)


def test_mpd_killed_and_back_gets_the_present_request(
    mpd: PrivateMpd, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "moodpid")
    harness = start()
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.mood is Mood.HAPPY)
    mpd.kill()
    state = harness.until(lambda state: state.status is PlayerStatus.UNREACHABLE)
    assert str(mpd.port) in state.message
    for mood in (Mood.SAD, Mood.FEAR, Mood.ANGRY, Mood.SURPRISE):
        harness.request(mood)
    mpd.start()
    harness.until(lambda state: state.mood is Mood.SURPRISE)
    assert not {Mood.SAD, Mood.FEAR, Mood.ANGRY} & {state.mood for state in harness.states}
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.INFO]
    assert len(lines) == 3  # there, gone, there


def test_an_mpd_missing_at_start_is_logged_once(
    mpd: PrivateMpd, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    mpd.stop()
    harness = start()
    harness.request(Mood.HAPPY)
    harness.until(lambda state: "Connection refused" in state.message)
    with socket.create_server(("127.0.0.1", mpd.port)) as deaf:
        for _ in range(3):
            deaf.accept()[0].close()
    assert sum(record.levelno >= logging.WARNING for record in caplog.records) == 1
    assert len(harness.states) == 1
    mpd.start()
    harness.until(lambda state: state.mood is Mood.HAPPY)


def test_a_server_that_hangs_up_is_retried_ever_more_seldom(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "moodpid")
    visits: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        harness = WorkerHarness(MpdConfig(host="127.0.0.1", port=server.getsockname()[1]))
        harness.worker.start()
        for _ in range(5):
            visitor, _ = server.accept()
            visits.append(time.monotonic())
            with visitor:
                visitor.sendall(b"OK MPD 0.23.5\n")
                assert visitor.recv(4096) == b"commands\n"
                visitor.sendall(
                    "".join(f"command: {name}\n" for name in REQUIRED_COMMANDS).encode() + b"OK\n"
                )
        harness.worker.stop()
        assert harness.worker.join(DEADLINE_S)
        harness.inbox.close()
    assert visits[-1] - visits[0] > (0.5 + 1.0 + 2.0 + 4.0) / 2
    lines = [record.getMessage() for record in caplog.records if "does not allow" not in record.getMessage()]
    assert ["connected to MPD" in line for line in lines] == [True, False, True, False]
    assert "keeps dropping" in lines[-1]


def test_a_silent_mpd_is_noticed_and_its_return_too(mpd: PrivateMpd, start: Start) -> None:
    harness = start()
    harness.until(lambda state: state.status is PlayerStatus.STOP)
    mpd.freeze()
    harness.request(Mood.HAPPY)
    state = harness.until(lambda state: state.status is PlayerStatus.UNREACHABLE)
    assert "does not answer" in state.message
    mpd.thaw()
    harness.until(lambda state: state.mood is Mood.HAPPY)


def test_stopping_at_a_silent_mpd_keeps_its_time_limit() -> None:
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen()
        harness = WorkerHarness(MpdConfig(host="127.0.0.1", port=hole.getsockname()[1]))
        harness.worker.start()
        visitor, _ = hole.accept()
        with visitor:
            harness.worker.stop()
            assert harness.worker.join(3 * TIMEOUT_S)  # once the limit, on a slow machine
        harness.inbox.close()


def test_a_server_that_is_no_mpd_is_named_as_such() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        harness = WorkerHarness(MpdConfig(host="127.0.0.1", port=other.getsockname()[1]))
        harness.worker.start()
        connection, _ = other.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 200 OK\n")
            state = harness.until(lambda state: state.status is PlayerStatus.UNREACHABLE)
        assert "protocol" in state.message
        harness.worker.stop()
        assert harness.worker.join(DEADLINE_S)
        harness.inbox.close()


def test_a_unix_socket_serves_as_well(mpd: PrivateMpd, start: Start) -> None:
    harness = start(host=str(mpd.socket))
    harness.request(Mood.HAPPY)
    harness.until(lambda state: state.mood is Mood.HAPPY)


def test_a_password_opens_and_a_wrong_one_is_named(library: Path) -> None:
    with PrivateMpd(library, password="sesame") as mpd, starter(mpd) as start:
        assert "refuses the password" in start("open").until(lambda state: bool(state.message)).message
        assert "permissions" in start("").until(lambda state: bool(state.message)).message
        right = start("sesame")
        right.request(Mood.HAPPY)
        right.until(lambda state: state.mood is Mood.HAPPY)
