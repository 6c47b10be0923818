"""From a mood to what should be done about it: the music to wish for and the events to tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from moodpid.mood.emotion import Mood
from moodpid.mood.filter import MoodState
from moodpid.mood.strategy import Course, begin, matched

Playlists = tuple[str, ...]


class EventType(StrEnum):
    """What can happen, by the names that automations listen for."""

    MOOD_CHANGED = "mood_changed"
    PERSON_ARRIVED = "person_arrived"
    ROOM_EMPTY = "room_empty"
    TRACK_SKIPPED = "track_skipped"


@dataclass(frozen=True, slots=True)
class MoodEvent:
    """Something that happened at one moment, told once."""

    event_type: EventType
    before: Mood | None
    after: Mood | None


@dataclass(frozen=True, slots=True)
class Wish:
    """The music that is wanted now.

    Attributes:
        mood: The mood it should suit.
        playlists: The lists to take songs from, by their names in the configuration; empty means: leave the
            player as it is.
    """

    mood: Mood
    playlists: Playlists


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one state of the mood."""

    wish: Wish | None
    events: tuple[MoodEvent, ...]


def playlists_for(course: Course, playlists: Mapping[Mood, Playlists]) -> Playlists:
    """The playlists of the mood of `course`, or of its nearest neighbour on the circumplex that has some.

    `nobody` has no neighbour: without playlists of its own the player is left as it is.
    """
    mood = matched(course, {mood for mood, names in playlists.items() if names})
    return playlists[mood] if mood and course.mood not in playlists else playlists.get(course.mood, ())


class Policy:
    """Turns changes of mood into wishes and events; remembers only where the last mood lay."""

    def __init__(self, playlists: Mapping[Mood, Playlists]) -> None:
        self._playlists = dict(playlists)
        self._course: Course | None = None

    def decide(self, state: MoodState) -> Decision:
        """What follows from `state`; nothing while the mood is the one of the last call."""
        before, after = self._course.mood if self._course else None, state.mood
        if before is after:
            return Decision(None, ())
        self._course = begin(after, self._course)
        return Decision(Wish(after, playlists_for(self._course, self._playlists)), _events(before, after))


def _events(before: Mood | None, after: Mood) -> tuple[MoodEvent, ...]:
    """The change itself, and with it an arrival or a departure; the first mood after start is no change."""
    kinds = [] if before is None else [EventType.MOOD_CHANGED]
    if after is Mood.NOBODY and before is not None:
        kinds.append(EventType.ROOM_EMPTY)
    if before is Mood.NOBODY:
        kinds.append(EventType.PERSON_ARRIVED)
    return tuple(MoodEvent(kind, before, after) for kind in kinds)
