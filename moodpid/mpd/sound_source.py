"""Songs of the analysed library that sound like a mood, or like another song."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from moodpid.config import SongSource
from moodpid.library.database import LibraryError
from moodpid.library.draw import (
    NEARLY,
    closeness,
    draw_songs,
    fall_off,
    nearest_of,
    songs_as_near,
    without_copies,
)
from moodpid.library.reader import LibraryReader, PlacedSong, distance_of_sounds
from moodpid.mood.emotion import Affect, Mood
from moodpid.mpd.feedback import Preference
from moodpid.mpd.protocol import CommandRefusedError, Mpd
from moodpid.mpd.sound_pools import NOT_ANALYSED, SoundPools, why_empty
from moodpid.mpd.stickers import rejected_songs
from moodpid.text import clean

_ALIKE = 48  # neighbours from which the next songs are drawn
# What the place counts against what listeners did: as much as two songs heard or skipped
_PLACE_WEIGHT = 2.0
# A rejected song speaks against one that sounds the same as much as half a song skipped
_REJECTION_WEIGHT = 0.5
_SOUND_REACH = 24.0  # of `distance_of_sounds`: songs so far apart have little in common
_REJECTIONS = 50


@dataclass(frozen=True, slots=True)
class Candidates:
    """Songs that may come next, in the order in which they were drawn.

    Attributes:
        uris: The songs.
        leanings: Preferences by their places, counted as songs heard and skipped.
        total: How many songs come into question.
        problem: One line on why there are none, empty if there are.
    """

    uris: tuple[str, ...] = ()
    leanings: Mapping[str, Preference] = field(default_factory=dict)
    total: int = 0
    problem: str = ""


class SoundSource:
    """Draws songs by their sound.

    Args:
        reader: Of the database about songs; None: nothing was analysed.
        rng: Decides.
    """

    def __init__(self, reader: LibraryReader | None, rng: Random) -> None:
        self._reader = reader
        self._random = rng
        self._rejected: dict[Mood, list[PlacedSong]] = {}
        self._recalled: set[Mood] = set()
        self._pools = SoundPools(rng)

    def candidates(  # noqa: PLR0913, PLR0917 - what a choice depends on
        self,
        link: Mpd,
        source: SongSource,
        target: Affect,
        count: int,
        usable: Callable[[str], bool],
        recent: Sequence[str],
        refused: Callable[[str], bool] = lambda _uri: False,
    ) -> Candidates:
        """Return songs of a source near a place on the plane.

        Args:
            link: To MPD, for a source that is a playlist or a filter, too.
            source: Has `sounds`.
            target: The place.
            count: At most so many.
            usable: Whether a song may come next.
            recent: Songs that were heard lately or wait, the one that comes last at the end.
            refused: Whether MPD did not add a song lately. Where that are many, others are looked up.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if self._reader is None:
            return Candidates(problem=NOT_ANALYSED)
        try:
            kept = self._pools.pool(self._reader, link, (source, target), refused)
            if not (pool := kept.songs):
                return Candidates(problem=why_empty(self._reader, source, lost=kept.lost))
            before = self._in_order(self._reader, recent)
            rested = [song for song in pool if usable(song.uri)]
            fresh = songs_as_near(list(without_copies(rested, before)) or rested, target, NEARLY)
            drawn = draw_songs(fresh, target, count, self._random, before)
            nearest = nearest_of(pool, target)
        except (LibraryError, CommandRefusedError) as error:
            return Candidates(problem=f"{source.name}: {error}")
        leanings = {song.uri: _leaning(closeness(song, target, nearest)) for song in drawn}
        return Candidates(tuple(song.uri for song in drawn or pool), leanings, len(pool))

    def alike(
        self, uri: str, usable: Callable[[str], bool], count: int, recent: Sequence[str] = ()
    ) -> Candidates:
        """Return the usable songs that sound most like one; none if it was not analysed, or no more do.

        Args:
            uri: The one.
            usable: Whether a song may come next.
            count: At most so many.
            recent: Songs that were heard lately or wait.
        """
        if self._reader is None:
            return Candidates(problem=NOT_ANALYSED)
        try:
            neighbours = nearly_as_alike(self._reader.song(uri), self._reader.alike(uri, _ALIKE))
            rested = without_copies(neighbours, self._reader.songs(recent))
            found = [song.uri for song in rested if usable(song.uri)]
        except LibraryError as error:
            return Candidates(problem=str(error))
        problem = "" if found else f"no other song is known to sound like {clean(uri)}"
        return Candidates(tuple(found[:count]), {}, len(found), problem)

    def near_song(self, uri: str, uris: Sequence[str], count: int) -> tuple[str, ...]:
        """Return those of `uris` that sound most like the song before; any, if that was not analysed."""
        before = self._song(uri)
        if before is None or self._reader is None:
            return tuple(uris[:count])
        try:
            songs = {song.uri: song for song in self._reader.songs(uris)}
        except LibraryError:
            return tuple(uris[:count])
        return tuple(sorted(uris, key=lambda one: _distance(before, songs.get(one)))[:count])

    def place_of(self, uri: str) -> Affect | None:
        """Return where a song lies; None if it was not analysed."""
        song = self._song(uri)
        return song.place.affect if song else None

    def reject(self, uri: str, mood: Mood) -> None:
        """Remember that a song did not fit a mood: those that sound like it are a little less likely."""
        if song := self._song(uri):
            others = [other for other in self._rejected.get(mood, []) if other.uri != uri]
            self._rejected[mood] = [*others, song][-_REJECTIONS:]

    def recall_rejections(self, link: Mpd, mood: Mood) -> None:
        """Read from MPD's stickers which songs were rejected in a mood; again after `forget`.

        Raises:
            MpdGoneError: The connection was lost.
        """
        if self._reader is None or mood in self._recalled:
            return
        stored = rejected_songs(link, mood, _REJECTIONS)
        self._recalled.add(mood)
        known = [song.uri for song in self._rejected.pop(mood, [])]
        for uri in (*stored, *known):
            self.reject(uri, mood)

    def against(self, uri: str, mood: Mood) -> float:
        """Return how much rejected songs speak against one that sounds like them, in songs skipped."""
        rejected = self._rejected.get(mood)
        song = self._song(uri) if rejected else None
        if song is None or not rejected:
            return 0.0
        likeness = (max(0.0, 1 - _distance(song, other) / _SOUND_REACH) for other in rejected)
        return _REJECTION_WEIGHT * sum(likeness)

    def _song(self, uri: str) -> PlacedSong | None:
        if self._reader is None:
            return None
        try:
            return self._reader.song(uri)
        except LibraryError:
            return None

    @staticmethod
    def _in_order(reader: LibraryReader, uris: Sequence[str]) -> list[PlacedSong]:
        """Return those songs that were analysed, in the order of their names."""
        songs = {song.uri: song for song in reader.songs(uris)}
        return [songs[uri] for uri in uris if uri in songs]

    def forget(self) -> None:
        """Look the songs up again: lists or library may have changed."""
        self._pools.forget()
        self._recalled.clear()


def _leaning(near: float) -> Preference:
    return Preference(_PLACE_WEIGHT * near, _PLACE_WEIGHT * (1 - near))


def nearly_as_alike(seed: PlacedSong | None, neighbours: Sequence[PlacedSong]) -> list[PlacedSong]:
    """Return the neighbours that sound nearly as much like `seed` as the first one, which is the nearest.

    In a small library, the others would sound like something else. No copy of `seed` is among them.
    """
    others = list(without_copies(neighbours, [seed])) if seed else []
    if seed is None or not others:
        return []
    nearest = _distance(seed, others[0])
    return [song for song in others if fall_off(_distance(seed, song), nearest, _SOUND_REACH) >= NEARLY]


def _distance(one: PlacedSong, other: PlacedSong | None) -> float:
    if other is None or other.analyzer != one.analyzer:
        return float("inf")
    return distance_of_sounds(one.sound, other.sound, one.place.affect, other.place.affect)
