"""A short fade before a song is cut short, where MPD has no crossfade; the volume stays the person's."""

import contextlib
import time
from collections.abc import Callable

from moodpid.music.connection import CommandRefusedError, Mpd

FADE_S = 1.2
_STEPS = 8


class Fader:
    """Turns the volume down and back; remembers what it owes should the connection be lost in between.

    Args:
        sleep: Waits so many seconds.
    """

    def __init__(self, sleep: Callable[[float], object] = time.sleep) -> None:
        self._sleep = sleep
        self._before: int | None = None  # the person's volume, while ours is set
        self._set_to: int | None = None

    def fade_out(self, link: Mpd, then: Callable[[], object]) -> None:
        """Turn the volume down in steps, call `then`, and set the volume back.

        Where there is no mixer, or a person turns it meanwhile, `then` is called at once.

        Raises:
            MpdGoneError: The connection was lost; `restore` on the next one.
            CommandRefusedError: `then` was refused.
        """
        before = self._set_to = _volume(link)
        for step in range(1, _STEPS + 1) if before else ():
            if before is None or _volume(link) != self._set_to:
                break
            self._before = before
            self._set_to = round(before * (_STEPS - step) / _STEPS)
            _set_volume(link, self._set_to)
            self._sleep(FADE_S / _STEPS)
        try:
            then()
        finally:
            self.restore(link)

    def restore(self, link: Mpd) -> None:
        """Set the volume back, if it is still the one that we set.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if self._before is not None and _volume(link) == self._set_to:
            _set_volume(link, self._before)
        self._before = None


def _volume(link: Mpd) -> int | None:
    """From 0 to 100; None without a mixer."""
    volume = int(link.ask("status").get("volume", -1))
    return volume if volume >= 0 else None


def _set_volume(link: Mpd, volume: int) -> None:
    with contextlib.suppress(CommandRefusedError):  # no mixer, or no right to turn it: then there is no fade
        link.ask("setvol", volume)
