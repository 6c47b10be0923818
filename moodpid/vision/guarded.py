"""Keeps a camera whose driver hangs while it is opened or closed from taking the loop with it."""

from collections.abc import Callable
from concurrent.futures import Future, wait
from threading import Thread
from typing import TypeVar

from moodpid.errors import CameraStuckError
from moodpid.vision.ports import Camera, Frame

# With a look, and the pace at which the watchdog is fed, they add up to less than the watchdog's interval
OPEN_S, CLOSE_S = 15.0, 1.5

T = TypeVar("T")


class Guarded:
    """A camera whose opening and closing are waited for only so long.

    Args:
        open_camera: Opens the camera, or raises what this raises, too.

    Raises:
        CameraStuckError: It did not open in time.
    """

    def __init__(self, open_camera: Callable[[], Camera]) -> None:
        self._camera = _in_time(open_camera, OPEN_S, "opening")

    def read(self) -> Frame:
        """The next frame; the camera itself sees to it that this takes no longer than it may."""
        return self._camera.read()

    def pace(self, fps: float) -> None:
        """Make this many frames a second.

        Raises:
            CameraStuckError: The driver did not come back in time.
        """
        _in_time(lambda: self._camera.pace(fps), CLOSE_S, "setting the pace of")

    def close(self) -> None:
        """Give the device back.

        Raises:
            CameraStuckError: That did not succeed in time.
        """
        _in_time(self._camera.close, CLOSE_S, "closing")


def _in_time(call: Callable[[], T], limit_s: float, doing: str) -> T:
    """What the call returns or raises; one that does not come back is left behind in its thread."""
    done: Future[T] = Future()

    def run() -> None:
        try:
            done.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again by whoever waits
            done.set_exception(error)

    Thread(target=run, name=f"{doing} the camera", daemon=True).start()
    if not wait([done], limit_s).done:
        raise CameraStuckError(
            f"the camera hangs: {doing} it takes more than {limit_s:g} s, and only a new process can try "
            "again; should that hang too, check its cable and power"
        )
    return done.result()
