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
    """Turns changes of mood into wishes and events; remembers where the last mood lay, and who was there."""

    def __init__(self, playlists: Mapping[Mood, Playlists]) -> None:
        self._playlists = dict(playlists)
        self._course: Course | None = None
        self._felt: Mood | None = None

    def decide(self, told: MoodState | None, felt: MoodState | None) -> Decision:
        """What follows from a state; nothing while it is the one of the last call.

        Args:
            told: The mood that holds, which a person may have chosen.
            felt: What the faces say: only they arrive and leave.
        """
        events, wish = [], None
        if told and (self._course is None or told.mood is not self._course.mood):
            if self._course:
                events.append(MoodEvent(EventType.MOOD_CHANGED, self._course.mood, told.mood))
            self._course = begin(told.mood, self._course)
            wish = Wish(told.mood, playlists_for(self._course, self._playlists))
        if felt and felt.mood is not self._felt:
            events += _comings_and_goings(self._felt, felt.mood)
            self._felt = felt.mood
        return Decision(wish, tuple(events))


def _comings_and_goings(before: Mood | None, after: Mood) -> list[MoodEvent]:
    """An arrival or a departure; the first mood after the start is neither."""
    if before is Mood.NOBODY:
        return [MoodEvent(EventType.PERSON_ARRIVED, before, after)]
    if after is Mood.NOBODY and before is not None:
        return [MoodEvent(EventType.ROOM_EMPTY, before, after)]
    return []
