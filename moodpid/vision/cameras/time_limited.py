"""Limits how long opening and closing a camera may take: drivers hang, and the main loop must not."""

import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

from moodpid.errors import CameraStuckError, StopRequested
from moodpid.vision.types import Camera, Frame

# The worst step of the loop has them all; see the unit's WatchdogSec. A webcam may take ten seconds for its
# first frame alone
OPEN_S, PACE_S, CLOSE_S = 12.0, 1.0, 1.5
READ_S = 5.0  # no camera's `read` waits longer
# How late a stop may be noticed. The signal's handler only sets a flag: one that woke us could find us at the
# very lock that it needs for that
SLICE_S = 0.25

T = TypeVar("T")


class TimeLimitedCamera:
    """A camera whose opening and closing have a time limit.

    Args:
        open_camera: Opens the camera, or raises what this raises, too.
        stopping: Returns whether the process was asked to stop; then only closing is waited for.

    Raises:
        CameraStuckError: It did not open in time.
        StopRequested: The process was asked to stop first; the opening is abandoned.
    """

    def __init__(
        self, open_camera: Callable[[], Camera], stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._stopping = stopping
        self._camera = _in_time(open_camera, OPEN_S, "opening", stopping)

    def read(self) -> Frame:
        """Return the next frame; the camera itself limits how long this takes.

        Raises:
            StopRequested: The process was asked to stop.
        """
        if self._stopping():
            raise StopRequested("asked to stop")
        return self._camera.read()

    def set_rate(self, fps: float) -> None:
        """Make this many frames per second.

        Raises:
            CameraStuckError: The driver did not return in time.
            StopRequested: The process was asked to stop first.
        """
        _in_time(lambda: self._camera.set_rate(fps), PACE_S, "setting the pace of", self._stopping)

    def close(self) -> None:
        """Close the camera.

        Raises:
            CameraStuckError: The driver did not return in time.
        """
        _in_time(self._camera.close, CLOSE_S, "closing")


def _in_time(
    call: Callable[[], T], limit_s: float, doing: str, stopping: Callable[[], bool] = lambda: False
) -> T:
    """Return or raise what the call does; abandon one that does not return in its thread."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again in the waiting thread
            done.set_exception(error)

    Thread(target=run, name=f"{doing} the camera", daemon=True).start()
    until_s = time.monotonic() + limit_s
    while (left_s := until_s - time.monotonic()) > 0:
        if wait([done], min(SLICE_S, left_s)).done:
            return done.result()
        if stopping():
            raise StopRequested(f"asked to stop while {doing} the camera")
    raise CameraStuckError(
        f"the camera hangs: {doing} it takes more than {limit_s:g} s, and only a new process can try "
        "again; should that hang too, check its cable and power"
    )
