"""The service manager hears what it has to know, in the protocol of sd_notify(3)."""

import contextlib
import os
import socket
from pathlib import Path

import pytest

from moodpid.system.sd_notify import MAX_STATUS_BYTES, ServiceManager, service_manager


def test_the_watchdog_is_fed_three_times_in_its_interval() -> None:
    notes: list[str] = []
    service = ServiceManager(notes.append, watchdog_usec="30000000")
    for tenth in range(1200):
        service.heartbeat(tenth / 10, "happy")
    assert notes.count("WATCHDOG=1") == 12


def test_without_a_watchdog_none_is_fed() -> None:
    notes: list[str] = []
    service = ServiceManager(notes.append)
    service.heartbeat(0.0, "happy")
    assert notes == ["STATUS=happy", "READY=1"]


def test_a_status_is_sent_when_it_changes() -> None:
    notes: list[str] = []
    service = ServiceManager(notes.append)
    for status in ("happy", "happy", "sad", "sad", "happy"):
        service.heartbeat(0.0, status)
    assert [n for n in notes if n.startswith("STATUS")] == ["STATUS=happy", "STATUS=sad", "STATUS=happy"]


def test_messages_arrive_at_the_socket_that_the_service_manager_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        service_manager(os.environ).failed("no camera")
        assert manager.recv(100) == b"STATUS=no camera"


@pytest.mark.parametrize("address", ["/nowhere/notify", "@moodpid-nobody", "rubbish", "vsock:2:1", "/a\0b"])
def test_a_service_manager_that_is_gone_ends_nothing(address: str) -> None:
    service = service_manager({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "1000000"})
    service.heartbeat(0.0, "happy")
    service.stopping()


@pytest.mark.parametrize(
    "status", ["T" * 1_000_000, "nul\0inside", "half \ud800", "two\nREADY=0", "ü" * 5000]
)
def test_any_status_arrives_as_one_short_line(tmp_path: Path, status: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        service_manager({"NOTIFY_SOCKET": str(tmp_path / "notify")}).failed(status)
        message = manager.recv(10_000)
    assert message.startswith(b"STATUS=")
    assert len(message) <= len("STATUS=") + MAX_STATUS_BYTES
    assert b"\n" not in message
    assert b"\0" not in message


def test_a_full_socket_blocks_nothing_and_loses_nothing(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        service = service_manager({"NOTIFY_SOCKET": str(tmp_path / "notify")})
        for number in range(2000):  # more than the kernel queues (net.unix.max_dgram_qlen)
            service.failed(str(number))
        service.heartbeat(0.0, "happy")
        manager.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                manager.recv(100)
        service.heartbeat(0.1, "happy")
        assert [manager.recv(100), manager.recv(100)] == [b"STATUS=happy", b"READY=1"]


def test_a_refusing_service_manager_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    service = ServiceManager(lambda _message: False)
    service.heartbeat(0.0, "happy")
    service.heartbeat(1.0, "sad")
    assert len(caplog.records) == 1


def test_without_a_service_manager_nothing_is_sent() -> None:
    service_manager({}).heartbeat(0.0, "happy")
