"""The signals that end the service: SIGTERM and Ctrl-C stop it; SIGHUP does, too, or restarts it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from types import FrameType

from moodpid.errors import ExitCode

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(slots=True)
class StopSignals:
    """What was received since `stop_on_signals`.

    Attributes:
        event: Set when the service is asked to stop.
        restart: The signal was SIGHUP, and a service manager is there to start the service again.
    """

    event: Event = field(default_factory=Event)
    restart: bool = False

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.restart = self.restart or restarts(number)
        self.event.set()


def exit_on_signals() -> None:
    """Exit at once with the documented code on a signal, for as long as nothing has been started.

    Call it before the imports that take long: the default handlers would end with a signal's number. An
    exception would not do: Python ignores it in a destructor or a callback, and the signal would be lost.
    """
    _handle_with(_exit)


def stop_on_signals() -> StopSignals:
    """Set an event on a signal from now on, instead of exiting at once."""
    signals = StopSignals()
    _handle_with(signals._on_signal)  # noqa: SLF001 - its own class
    return signals


@contextmanager
def held_signals() -> Iterator[list[int]]:
    """Hold the signals back while the context lasts, then deliver the first as it would have been.

    For what has to be put back before the end: a session that closes sends several signals in a row.

    Yields:
        The numbers of the signals that were received so far.
    """
    received: list[int] = []
    before = _handle_with(lambda number, _frame: received.append(number))
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])


@contextmanager
def interrupting_signals() -> Iterator[None]:
    """Raise KeyboardInterrupt on a signal, as Ctrl-C does, while the context lasts."""
    before = _handle_with(signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def restarts(number: int) -> bool:
    """Return whether the signal is to be answered with `ExitCode.RESTART`.

    systemd counts the end by SIGHUP as a clean one (systemd.service(5), SuccessExitStatus=), after which a
    service stays down; by hand, a closed terminal means that it should end.
    """
    return number == signal.SIGHUP and "NOTIFY_SOCKET" in os.environ


def _exit(number: int, _frame: FrameType | None) -> None:
    os._exit(int(ExitCode.RESTART if restarts(number) else ExitCode.OK))


def _handle_with(handler: "signal._HANDLER") -> "dict[signal.Signals, signal._HANDLER]":
    """Set the handler, and return those that it replaces."""
    # nohup(1) has SIGHUP ignored, and a shell SIGINT in a background job: so it stays
    heeded = [number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    return {number: signal.signal(number, handler) for number in heeded}
