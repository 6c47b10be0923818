"""The service manager hears what it has to know, in the protocol of sd_notify(3)."""

import os
import socket
from pathlib import Path

import pytest

from moodpid.system.sd_notify import ServiceManager, service_manager


def test_the_watchdog_is_fed_three_times_in_its_interval() -> None:
    notes: list[str] = []
    service = ServiceManager(notes.append, watchdog_usec="30000000")
    for tenth in range(1200):
        service.heartbeat(tenth / 10, "happy")
    assert notes.count("WATCHDOG=1") == 12


def test_without_a_watchdog_nobody_is_fed() -> None:
    notes: list[str] = []
    service = ServiceManager(notes.append)
    service.heartbeat(0.0, "happy")
    assert notes == ["STATUS=happy", "READY=1"]


def test_a_status_is_told_when_it_changes() -> None:
    notes: list[str] = []
    service = ServiceManager(notes.append)
    for status in ("happy", "happy", "sad", "sad", "happy"):
        service.heartbeat(0.0, status)
    assert [n for n in notes if n.startswith("STATUS")] == ["STATUS=happy", "STATUS=sad", "STATUS=happy"]


def test_messages_arrive_at_the_socket_that_the_service_manager_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("systemd.daemon", reason="systemd-python is not installed")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        service_manager(os.environ).failed("no camera")
        assert manager.recv(100) == b"STATUS=no camera"


def test_by_hand_nobody_is_told_anything() -> None:
    service_manager({}).heartbeat(0.0, "happy")
