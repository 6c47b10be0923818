"""The store of what was learned of the room: a few numbers, no pictures and no times of day."""

import logging
import math
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Literal

from msgspec import Meta, Struct

from moodpid.mood.emotion import EMOTIONS, Emotion
from moodpid.mood.room import RoomState
from moodpid.system.json_file import JsonFile, ShortText

log = logging.getLogger(__name__)

SAVE_EVERY_S = 3600.0
_Seconds = Annotated[float, Meta(ge=0, le=1e6)]
_Sum = Annotated[float, Meta(ge=-1e8, le=1e8)]


class _Kept(Struct, frozen=True):
    """The content of the file."""

    version: Literal[1]
    model: ShortText
    moods_s: dict[Emotion, _Seconds]
    resting: dict[Emotion, _Sum]
    watched_s: _Seconds


class RoomStore:
    """Keeps what was learned, written at most once an hour and at the end.

    Args:
        file: Where it is kept.
        model: Identifies the present model. How often moods are is kept from model to model; how faces
            at rest are scored is not.
        clock: Monotonic seconds.
    """

    def __init__(self, file: JsonFile, model: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._file, self._model, self._clock = file, model, clock
        self._saved: RoomState | None = RoomState()  # None: unknown
        self._saved_at_s = clock()
        self._late = False  # what was not to wait could not be written

    def load(self) -> RoomState:
        """Return what was learned; nothing where the file is missing or unusable."""
        kept = self._file.read(_Kept)
        if kept is None:
            self._saved = None if self._file.exists else RoomState()  # it could not be read
            return RoomState()
        moods_s = _in_order(kept.moods_s)
        if kept.model == self._model:
            self._saved = RoomState(moods_s, _in_order(kept.resting), _finite(kept.watched_s))
        else:
            log.info("another model: how faces look at rest is learned again")
            self._saved = RoomState(moods_s)
        return self._saved

    def save(self, state: RoomState, *, now: bool) -> bool:
        """Write `state` if it has changed and an hour has passed.

        Args:
            state: What was learned.
            now: Do not wait for the hour.

        Returns:
            False where the file could not be written; it is tried again in an hour, or with the next call if
            it was not to wait.
        """
        due = now or self._late or self._clock() - self._saved_at_s >= SAVE_EVERY_S
        if state == self._saved or not due:
            return True
        self._saved_at_s = self._clock()
        written = self._file.write(
            {
                "version": 1,
                "model": self._model,
                "moods_s": _named(state.moods_s),
                "resting": _named(state.resting),
                "watched_s": round(state.watched_s, 1),
            }
        )
        if written:
            self._saved = state
        self._late = (now or self._late) and not written
        return written


def _in_order(named: Mapping[Emotion, float]) -> tuple[float, ...]:
    return tuple(_finite(named.get(emotion, 0.0)) for emotion in EMOTIONS)


def _finite(number: float) -> float:
    return number if math.isfinite(number) else 0.0


def _named(numbers: tuple[float, ...]) -> dict[str, float]:
    return {emotion.value: round(n, 3) for emotion, n in zip(EMOTIONS, numbers, strict=True)}
