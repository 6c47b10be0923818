"""The service manager: readiness, the watchdog and the status line, in the protocol of sd_notify(3)."""

import logging
import os
import socket
from collections.abc import Callable, Mapping

from moodpid.text import clean, cut_bytes

log = logging.getLogger(__name__)

Notify = Callable[[str], object]

MAX_STATUS_BYTES = 2048
"""Bytes of a status line; a datagram of a Pi's kernel takes 200 kB, `systemctl status` shows some 500."""


def notifier(environment: Mapping[str, str] = os.environ) -> Notify:
    """Return a function that sends one message to the service manager, and returns False if it was not taken.

    The socket is written here and not by libsystemd: sd_notify(3) waits for ever on a full socket and raises
    on text that does not fit, while a service must go on without its manager's attention.
    """
    path = environment.get("NOTIFY_SOCKET", "")
    if path[:1] not in ("/", "@"):  # none, or AF_VSOCK, which no service of a machine of its own is given
        return lambda _message: True
    address = f"\0{path[1:]}" if path[0] == "@" else path

    def notify(message: str) -> bool:
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.setblocking(False)
                sender.sendto(message.encode("utf-8", "replace"), address)
        except (OSError, ValueError):
            return False
        return True

    return notify


class ServiceManager:
    """Reports state to the service manager, no more often than needed; what was not taken is sent again.

    Args:
        notify: Sends one message; returns False if it was not taken.
        watchdog_usec: The content of WATCHDOG_USEC, empty without a watchdog.
    """

    def __init__(self, notify: Notify, watchdog_usec: str = "") -> None:
        self._notify = notify
        # sd_watchdog_enabled(3) advises half of the interval; a third leaves room for a late step
        self._interval_s = _seconds(watchdog_usec)
        self._notified_s = float("-inf")
        self._status = ""
        self._ready = False
        self._logged = False

    def heartbeat(self, now_s: float, status: str) -> None:
        """Report one step of the loop: ready, alive, and in this status (one line for people)."""
        if status != self._status and self._notify_status(status):
            self._status = status
        if not self._ready:
            self._ready = self._send("READY=1")
        if (
            self._interval_s is not None
            and now_s - self._notified_s >= self._interval_s
            and self._send("WATCHDOG=1")
        ):
            self._notified_s = now_s

    def stopping(self) -> None:
        """Report that the service was asked to stop and is doing so."""
        self._send("STOPPING=1")

    def failed(self, status: str) -> None:
        """Report why the service is about to end, for the status line."""
        self._notify_status(status)

    def _notify_status(self, status: str) -> bool:
        return self._send(f"STATUS={cut_bytes(clean(status, MAX_STATUS_BYTES), MAX_STATUS_BYTES)}")

    def _send(self, message: str) -> bool:
        taken = self._notify(message) is not False
        if not taken and not self._logged:
            self._logged = True
            log.warning("the service manager's socket takes no messages; going on without it")
        return taken


def _seconds(watchdog_usec: str) -> float | None:
    """Return a third of the watchdog's interval, None without a watchdog."""
    if not (watchdog_usec.isascii() and watchdog_usec.isdigit() and len(watchdog_usec) <= len(str(2**64))):
        return None
    return int(watchdog_usec) / 3e6


def service_manager(environment: Mapping[str, str] = os.environ) -> ServiceManager:
    """Return the service manager that started this process, if one did."""
    return ServiceManager(notifier(environment), environment.get("WATCHDOG_USEC", ""))
