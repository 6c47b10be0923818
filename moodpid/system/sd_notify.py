"""The service manager: readiness, the watchdog and the status line, in the protocol of sd_notify(3)."""

import logging
import os
from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

Notify = Callable[[str], object]


def notifier(environment: Mapping[str, str] = os.environ) -> Notify:
    """How to speak to the service manager; into the void where there is none."""
    if "NOTIFY_SOCKET" not in environment:
        return lambda _message: None
    try:
        from systemd import daemon  # noqa: PLC0415 - only where systemd starts us
    except ImportError:
        log.warning("systemd waits for news, but the module systemd is missing; install python3-systemd")
        return lambda _message: None
    return daemon.notify  # type: ignore[no-any-return]


class ServiceManager:
    """Tells the service manager how we are, and no more often than it has to know.

    Args:
        notify: Sends one message.
        watchdog_usec: The content of WATCHDOG_USEC, empty without a watchdog.
    """

    def __init__(self, notify: Notify, watchdog_usec: str = "") -> None:
        self._notify = notify
        # sd_watchdog_enabled(3) advises half of the interval; a third leaves room for a late turn
        self._interval_s = int(watchdog_usec) / 3e6 if watchdog_usec.isdigit() else None
        self._notified_s = float("-inf")
        self._status = ""
        self._ready = False

    def heartbeat(self, now_s: float, status: str) -> None:
        """The loop has turned once: we are ready, alive, and in this status (one line for people)."""
        if status != self._status:
            self._status = status
            self._notify(f"STATUS={status}")
        if not self._ready:
            self._ready = True
            self._notify("READY=1")
        if self._interval_s is not None and now_s - self._notified_s >= self._interval_s:
            self._notified_s = now_s
            self._notify("WATCHDOG=1")

    def stopping(self) -> None:
        """We were asked to stop and are at it."""
        self._notify("STOPPING=1")

    def failed(self, status: str) -> None:
        """Why we are about to end, for the status line."""
        self._notify(f"STATUS={status}")


def service_manager(environment: Mapping[str, str] = os.environ) -> ServiceManager:
    """The service manager that started this process, if one did."""
    return ServiceManager(notifier(environment), environment.get("WATCHDOG_USEC", ""))
