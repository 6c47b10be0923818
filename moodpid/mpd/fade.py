"""A short fade before a song is cut short, where MPD has no crossfade; the volume stays the person's."""

import contextlib
import time
from collections.abc import Callable

from moodpid.mpd.connection import CommandRefusedError, Mpd

FADE_S = 1.2
_STEPS = 8


class Fader:
    """Turns the volume down and back; remembers what it owes should the connection be lost in between.

    Args:
        sleep: Waits so many seconds; what it returns says whether the fade is to be given up.
        changed: Called when `owed` is another.
        owed: From a run of ours that ended in the middle of a fade.

    Attributes:
        owed: The person's volume while ours is set, from 0 to 100; else None.
    """

    def __init__(
        self,
        sleep: Callable[[float], object] = time.sleep,
        changed: Callable[[], object] = lambda: None,
        owed: int | None = None,
    ) -> None:
        self._sleep = sleep
        self._changed = changed
        self.volume_to_restore = owed
        # How far that run came, nobody knows
        self._set_to = frozenset() if owed is None else frozenset(_steps(owed))

    def fade_out(self, link: Mpd, then: Callable[[], object]) -> bool:
        """Turn the volume down in steps, call `then`, and set the volume back.

        Where there is no mixer, or a person turns it meanwhile, `then` is called at once.

        Returns:
            Whether `then` was called: not if the fade was given up.

        Raises:
            MpdGoneError: The connection was lost; `restore` on the next one.
            CommandRefusedError: `then` was refused.
        """
        before = now = _volume(link)
        for volume in _steps(before) if before else ():
            if _volume(link) != now:
                break
            self._set_volume_to_restore(before)
            now = volume
            self._set_to = frozenset([volume])
            _set_volume(link, volume)
            if self._sleep(FADE_S / _STEPS):
                self.restore(link)
                return False
        try:
            then()
        finally:
            self.restore(link)
        return True

    def restore(self, link: Mpd) -> None:
        """Set the volume back, if it is still the one that we set.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if self.volume_to_restore is not None and _volume(link) in self._set_to:
            _set_volume(link, self.volume_to_restore)
        self._set_volume_to_restore(None)

    def _set_volume_to_restore(self, volume: int | None) -> None:
        if volume != self.volume_to_restore:
            self.volume_to_restore = volume
            self._changed()


def _steps(before: int) -> list[int]:
    return [round(before * (_STEPS - step) / _STEPS) for step in range(1, _STEPS + 1)]


def _volume(link: Mpd) -> int | None:
    """From 0 to 100; None without a mixer."""
    volume = int(link.ask("status").get("volume", -1))
    return volume if volume >= 0 else None


def _set_volume(link: Mpd, volume: int) -> None:
    with contextlib.suppress(CommandRefusedError):  # no mixer, or no right to turn it: then there is no fade
        link.ask("setvol", volume)
