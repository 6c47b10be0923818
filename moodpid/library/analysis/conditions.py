"""When the analysis rests or ends: heat, a machine with other things to do, and the end of its time."""

import os
import time
from collections.abc import Callable

RESUME_BELOW_C = 70.0
REST_ABOVE_C = (
    75.0  # the firmware slows the processor down from 80 on, and the service has its own use for it
)
# Beside our own process so many others want the processor: the service is short of time
_BUSY_PER_CORE = 1.0
_OWN_LOAD = 1.0
REST_S = 15.0


class Conditions:
    """Says before each song why to stop, and waits while it is hot or the machine is busy.

    Args:
        stop_after_s: From now on; None: no end.
        stopping: Whether the process was asked to end.
        temperature_c: Of the processor; None where it is not known.
        load: Processes that want the processor, as a mean over a minute (getloadavg(3)).
        cores: Of the processor.
        rest: Waits so many seconds.
        clock: Monotonic seconds.
    """

    def __init__(  # noqa: PLR0913 - all by keyword
        self,
        *,
        stop_after_s: float | None = None,
        stopping: Callable[[], bool] = lambda: False,
        temperature_c: Callable[[], float | None] = lambda: None,
        load: Callable[[], float] = lambda: 0.0,
        cores: int = os.cpu_count() or 1,
        rest: Callable[[float], object] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stopping = stopping
        self._temperature_c = temperature_c
        self._load = load
        self._busy_from = _BUSY_PER_CORE * cores + _OWN_LOAD
        self._rest = rest
        self._clock = clock
        self._end_s = None if stop_after_s is None else clock() + stop_after_s
        self._cooling = False

    def reason_to_stop(self) -> str:
        """Return why to stop, or nothing; wait until it is cool and quiet enough to go on."""
        while True:
            if self._stopping():
                return "asked to stop"
            if self._end_s is not None and self._clock() >= self._end_s:
                return "the time is over"
            if not self._is_hot() and self._load() < self._busy_from:
                return ""
            self._rest(REST_S)

    def _is_hot(self) -> bool:
        temperature_c = self._temperature_c()
        if temperature_c is not None:
            self._cooling = temperature_c > (RESUME_BELOW_C if self._cooling else REST_ABOVE_C)
        return self._cooling
