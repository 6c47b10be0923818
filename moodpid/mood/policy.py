"""From a mood to what should be done about it: the music to wish for and the events to tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from moodpid.mood.emotion import AFFECT, Mood
from moodpid.mood.filter import MoodState

Playlists = tuple[str, ...]


class EventType(StrEnum):
    """What can happen, by the names that automations listen for."""

    MOOD_CHANGED = "mood_changed"
    PERSON_ARRIVED = "person_arrived"
    ROOM_EMPTY = "room_empty"


@dataclass(frozen=True, slots=True)
class MoodEvent:
    """Something that happened at one moment, told once."""

    event_type: EventType
    before: Mood | None
    after: Mood


@dataclass(frozen=True, slots=True)
class Wish:
    """The music that is wanted now.

    Attributes:
        mood: The mood it should suit.
        playlists: The stored playlists to take songs from; empty means: leave the player as it is.
    """

    mood: Mood
    playlists: Playlists


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one state of the mood."""

    wish: Wish | None
    events: tuple[MoodEvent, ...]


def playlists_for(mood: Mood, playlists: Mapping[Mood, Playlists]) -> Playlists:
    """The playlists of `mood`, or of its nearest neighbour on the circumplex that has some.

    `nobody` has no neighbour: without playlists of its own the player is left as it is.
    """
    if mood in playlists or mood is Mood.NOBODY:
        return playlists.get(mood, ())
    candidates = [m for m in Mood if m is not Mood.NOBODY and playlists.get(m)]
    if not candidates:
        return ()
    return playlists[min(candidates, key=lambda m: AFFECT[m].distance(AFFECT[mood]))]


class Policy:
    """Turns changes of mood into wishes and events; remembers only the last mood it saw."""

    def __init__(self, playlists: Mapping[Mood, Playlists]) -> None:
        self._playlists = dict(playlists)
        self._mood: Mood | None = None

    def decide(self, state: MoodState) -> Decision:
        """What follows from `state`; nothing while the mood is the one of the last call."""
        before, after = self._mood, state.mood
        if before is after:
            return Decision(None, ())
        self._mood = after
        return Decision(Wish(after, playlists_for(after, self._playlists)), _events(before, after))


def _events(before: Mood | None, after: Mood) -> tuple[MoodEvent, ...]:
    """The change itself, and with it an arrival or a departure; the first mood after start is no change."""
    kinds = [] if before is None else [EventType.MOOD_CHANGED]
    if after is Mood.NOBODY and before is not None:
        kinds.append(EventType.ROOM_EMPTY)
    if before is Mood.NOBODY:
        kinds.append(EventType.PERSON_ARRIVED)
    return tuple(MoodEvent(kind, before, after) for kind in kinds)
