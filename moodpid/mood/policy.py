"""From a mood to what follows from it: the music to request and the events to publish."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from moodpid.mood.emotion import Mood
from moodpid.mood.mood_filter import MoodState
from moodpid.mood.strategy import MoodPath, moods_along, start_path

Playlists = tuple[str, ...]


class EventType(StrEnum):
    """What can happen, by the names that automations listen for."""

    MOOD_CHANGED = "mood_changed"
    PERSON_ARRIVED = "person_arrived"
    ROOM_EMPTY = "room_empty"
    TRACK_SKIPPED = "track_skipped"


@dataclass(frozen=True, slots=True)
class MoodEvent:
    """Something that happened at one moment, published once."""

    event_type: EventType
    before: Mood | None
    after: Mood | None


@dataclass(frozen=True, slots=True)
class MusicRequest:
    """The music that is wanted now.

    Attributes:
        path: Where it begins; the strategy leads on from there, song by song.
        playlists: The lists that the first song comes from, by their names in the configuration; empty leaves
            the player as it is.
        fallback: The lists that the strategy leads to later, for people to read.
        targets: Where the music leads from each mood, song by song; empty: it matches the mood.
    """

    path: MoodPath
    playlists: Playlists
    fallback: tuple[Playlists, ...] = ()
    targets: Mapping[Mood, Mood] = field(default_factory=dict)

    @property
    def mood(self) -> Mood:
        """The mood that the music should suit."""
        return self.path.mood

    def __str__(self) -> str:
        return ", then ".join(", ".join(names) for names in (self.playlists, *self.fallback))


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from one state of the mood."""

    request: MusicRequest | None
    events: tuple[MoodEvent, ...]


def music_request_for(
    path: MoodPath, playlists: Mapping[Mood, Playlists], targets: Mapping[Mood, Mood]
) -> MusicRequest:
    """Return the request for the music of a path; arguments as of `mood_for_next_song`."""
    first, *then = [playlists[mood] for mood in moods_along(path, playlists, targets)] or [()]
    return MusicRequest(path, first, tuple(then), targets)


class Policy:
    """Turns changes of mood into music requests and events.

    Args:
        playlists: The lists of each mood, by their names.
        targets: The mood to which lifting leads from each mood.

    Attributes:
        lifts: Whether the music leads to the targets, or matches the mood; a change makes a new request.
    """

    def __init__(
        self,
        playlists: Mapping[Mood, Playlists],
        targets: Mapping[Mood, Mood] = MappingProxyType({}),
        *,
        lifts: bool = False,
    ) -> None:
        self._playlists = dict(playlists)
        self._targets = dict(targets)
        self.lifts = lifts
        self._lifted = lifts
        self._path: MoodPath | None = None
        self._announced: Mood | None = None
        self._observed: Mood | None = None

    def reset(self, *, music: bool) -> None:
        """Forget who was there, so that the next state is no arrival and no departure.

        Args:
            music: Forget the last mood as well: the next one makes a request, and no event.
        """
        self._observed = None
        if music:
            self._path = self._announced = None

    def decide(self, mood: MoodState | None, observed: MoodState | None, *, known: bool = True) -> Decision:
        """Return what follows from a state; nothing while it is the one of the last call.

        Args:
            mood: The mood that counts, which a user may have chosen.
            observed: The mood of the faces, by which people arrive and leave.
            known: `mood` is of now. An earlier one, whose music goes on, is no event until it is seen again.
        """
        events, request = [], None
        if mood and (self._path is None or mood.mood is not self._path.mood):
            self._path = start_path(mood.mood, self._path)
            request = self._request(self._path)
        elif self._path and self.lifts is not self._lifted:
            request = self._request(self._path)
        if mood and known and mood.mood is not self._announced:
            if self._announced:
                events.append(MoodEvent(EventType.MOOD_CHANGED, self._announced, mood.mood))
            self._announced = mood.mood
        if observed and observed.mood is not self._observed:
            events += _presence_events(self._observed, observed.mood)
            self._observed = observed.mood
        return Decision(request, tuple(events))

    def _request(self, path: MoodPath) -> MusicRequest:
        """Decide where the music leads: the only place where that is decided."""
        self._lifted = self.lifts
        return music_request_for(path, self._playlists, self._targets if self.lifts else {})


def _presence_events(before: Mood | None, after: Mood) -> list[MoodEvent]:
    """Return an arrival or a departure; the first mood after the start is neither."""
    if before is Mood.NOBODY:
        return [MoodEvent(EventType.PERSON_ARRIVED, before, after)]
    if after is Mood.NOBODY and before is not None:
        return [MoodEvent(EventType.ROOM_EMPTY, before, after)]
    return []
