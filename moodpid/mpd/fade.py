"""A short fade before a song is cut short, where MPD has no crossfade; the volume stays the user's."""

import contextlib
import time
from collections.abc import Callable, Iterable

from moodpid.mpd.protocol import CommandRefusedError, Mpd, PlayState, Status

FADE_S = 1.2
_STEPS = 8
TOLERANCE = 4
"""Per cent by which a mixer may be off from what it reported: more, and a user moved it."""
_TOLERANCE_OF_STEPS = 2
_COARSE = 8  # per cent of the coarsest step that is corrected
_NUDGES = 3  # settings above the user's volume that are tried until the mixer reports it again


class Fader:
    """Turns the volume down and back; remembers what to restore should the connection be lost in between.

    Many mixers have fewer steps than per cents, and report another volume than was set, or report it late.
    What counts as ours is what we set, and what MPD reported after it.

    Args:
        sleep: Waits so many seconds; returns whether the fade is to be given up.
        changed: Called when `volume_to_restore` or `own_volumes` is another.
        volume_to_restore: From a run of ours that ended in the middle of a fade.
        own_volumes: From the same run; none: that is not known, as from version 0.1.0.

    Attributes:
        volume_to_restore: The user's volume while ours is set, from 0 to 100; else None.
    """

    def __init__(
        self,
        sleep: Callable[[float], object] = time.sleep,
        changed: Callable[[], object] = lambda: None,
        volume_to_restore: int | None = None,
        *,
        own_volumes: Iterable[int] = (),
    ) -> None:
        self._sleep = sleep
        self._changed = changed
        self.volume_to_restore = volume_to_restore
        self._own, self._tolerance = frozenset(own_volumes), TOLERANCE
        if volume_to_restore is not None and not self._own:
            # How far that run came is not known: to any of its steps
            self._own, self._tolerance = frozenset(_steps(volume_to_restore)), _TOLERANCE_OF_STEPS

    @property
    def own_volumes(self) -> frozenset[int]:
        """What the mixer may report of our last step, from 0 to 100; none without a fade, or if unknown."""
        is_known = self.volume_to_restore is not None and self._tolerance == TOLERANCE
        return self._own if is_known else frozenset()

    def fade_out(self, link: Mpd, song_id: int, then: Callable[[], object]) -> bool:
        """Turn the volume down in steps, call `then`, and set the volume back.

        Where there is no mixer, or a user turns it meanwhile, `then` is called at once.

        Args:
            link: To MPD.
            song_id: The song that plays, as far as is known.
            then: Leaves that song.

        Returns:
            Whether `then` was called: not if the fade was given up, or the song does not play any more, since
            a user stopped the music or chose another one.

        Raises:
            MpdGoneError: The connection was lost; `restore` on the next one.
            CommandRefusedError: `then` was refused.
        """
        status = link.status()
        if not _plays(status, song_id):
            return False
        before = own = reported = status.volume or 0
        if before:
            self._own, self._tolerance = frozenset([before]), TOLERANCE
        for volume in _steps(before) if before else ():
            if not self._is_own(status.volume):
                break
            # A mixer may report with a delay what was set, or what was set before. What is to be ours is
            # kept before it is set: this run may be killed in between
            self._owe(before, {own, reported, volume})
            reported = _set_volume(link, volume)
            self._owe(before, {own, reported, volume})
            own = volume
            given_up = self._sleep(FADE_S / _STEPS)
            status = link.status()
            if given_up or not _plays(status, song_id):
                self.restore(link)
                return False
        try:
            then()
        except CommandRefusedError:
            self.restore(link)
            raise
        self.restore(link)
        return True

    def restore(self, link: Mpd) -> None:
        """Set the volume back, unless a user clearly moved it; later, if the mixer reports none now.

        Raises:
            MpdGoneError: The connection was lost.
        """
        wanted = self.volume_to_restore
        volume = None if wanted is None else link.status().volume
        if wanted is not None and volume is None:
            return  # some mixers report none while the music is stopped: at a later look
        if wanted is not None and self._is_own(volume):
            reported = _set_volume(link, wanted)
            for nudge in range(1, _NUDGES + 1):
                # Further off, the mixer only reports late: nothing is to be corrected
                if not 0 < wanted - reported <= _COARSE:
                    break
                reported = _set_volume(link, min(100, wanted + nudge))
            if not wanted <= reported <= wanted + TOLERANCE:
                _set_volume(link, wanted)
        self._owe(None, self._own)

    def _is_own(self, volume: int | None) -> bool:
        return volume is not None and any(abs(volume - own) <= self._tolerance for own in self._own)

    def _owe(self, volume: int | None, own: Iterable[int]) -> None:
        """Remember the user's volume and which ones are ours; None: it is restored."""
        before = self.volume_to_restore, self._own
        self.volume_to_restore, self._own = volume, frozenset(own)
        if before != (self.volume_to_restore, self._own):
            self._changed()


def _plays(status: Status, song_id: int) -> bool:
    """Return whether the song still plays: it has not ended, and no user has stopped or left it."""
    return (status.state, status.song_id) == (PlayState.PLAY, song_id)


def _steps(before: int) -> list[int]:
    return [round(before * (_STEPS - step) / _STEPS) for step in range(1, _STEPS + 1)]


def _set_volume(link: Mpd, volume: int) -> int:
    """Set the volume, and return what MPD reports of it."""
    with contextlib.suppress(CommandRefusedError):  # no mixer, or no permission: then there is no fade
        link.set_volume(volume)
    reported = link.status().volume
    return volume if reported is None else reported
