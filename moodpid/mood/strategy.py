"""Where the music leads: it matches the mood, or lifts from it song by song.

Lifting is the iso principle of music therapy: meet people where they are, then lead them in steps (I. M.
Altshuler, "A Psychiatrist's Experience with Music as a Therapeutic Agent", in "Music and Medicine", 1948; in
a controlled study: K. Starcke, J. Mayr and R. von Georgi, "Emotion Modulation through Music after Sadness
Induction: The Iso Principle in a Controlled Experimental Study", 2021).
"""

import math
from collections.abc import Collection, Mapping, Sized
from dataclasses import dataclass, replace
from itertools import groupby

from moodpid.mood.emotion import AFFECT, Affect, Mood

STEP = 0.35  # how far a song leads on the plane; sad to neutral takes two
_LONGEST = math.ceil(len(Mood) * math.hypot(2, 2) / STEP)  # songs: across the plane from mood to mood
TRANSIENT_MOODS = frozenset({Mood.FEAR, Mood.SURPRISE})  # over in seconds: no place for music to stay


@dataclass(frozen=True, slots=True)
class MoodPath:
    """The path of the music since the mood changed last.

    Attributes:
        mood: The present mood.
        start: Where it lies on the plane of valence and arousal.
        songs: How many songs were chosen since.
    """

    mood: Mood
    start: Affect
    songs: int = 0

    def advanced(self) -> "MoodPath":
        """Return the path one song further."""
        return replace(self, songs=self.songs + 1)


def start_path(mood: Mood, before: MoodPath | None) -> MoodPath:
    """Return the path of a new mood; a transient one takes its arousal, and the valence before it."""
    place = AFFECT[mood]
    if mood in TRANSIENT_MOODS:
        place = Affect(before.start.valence if before else 0.0, place.arousal)
    return MoodPath(mood, place)


def mood_for_next_song(
    path: MoodPath, lists: Mapping[Mood, Sized], targets: Mapping[Mood, Mood]
) -> Mood | None:
    """Return the mood whose lists the next song comes from; None leaves the player as it is.

    It is the present mood's own, or its neighbour's on the plane; further on the way it is the nearest.

    Args:
        path: Where it began, and how many songs ago.
        lists: What each mood has; one with nothing does not count, and `nobody` has no neighbour.
        targets: The mood to which the music leads from each mood; empty matches the mood. A mood that names
            itself is the end of the path.
    """
    usable = [mood for mood in Mood if lists.get(mood)]
    if path.mood is Mood.NOBODY:
        return path.mood if path.mood in usable else None
    place = _walk(path.start, path.mood, STEP * path.songs, targets)
    return path.mood if place == path.start and path.mood in usable else nearest(place, usable)


def place_of_next_song(path: MoodPath, targets: Mapping[Mood, Mood]) -> Affect:
    """Return where on the plane the next song is to lie: on the way from the mood to its target.

    Args:
        path: Where it began, and how many songs ago.
        targets: As in `mood_for_next_song`.
    """
    return _walk(path.start, path.mood, STEP * path.songs, targets)


def moods_along(
    path: MoodPath, lists: Mapping[Mood, Sized], targets: Mapping[Mood, Mood]
) -> tuple[Mood, ...]:
    """Return the moods whose lists the music leads through from the start of the path to its end."""
    steps = (mood_for_next_song(replace(path, songs=songs), lists, targets) for songs in range(_LONGEST))
    return tuple(mood for mood, _ in groupby(steps) if mood)


def _walk(place: Affect, mood: Mood, way: float, targets: Mapping[Mood, Mood]) -> Affect:
    """Return the point reached from `place` after `way` along the targets; rings are walked once."""
    seen = {mood}
    while (target := targets.get(mood, mood)) is not mood:
        distance = place.distance(AFFECT[target])
        if way < distance:
            share = way / distance
            there = AFFECT[target]
            return Affect(
                place.valence + share * (there.valence - place.valence),
                place.arousal + share * (there.arousal - place.arousal),
            )
        place, mood, way = AFFECT[target], target, way - distance
        if mood in seen:
            break
        seen.add(mood)
    return place


def nearest(place: Affect, moods: Collection[Mood]) -> Mood | None:
    """Return the mood nearest to `place`, of `moods` but for nobody; None if there is none."""
    candidates = [mood for mood in Mood if mood in moods and mood is not Mood.NOBODY]
    return min(candidates, key=lambda mood: AFFECT[mood].distance(place), default=None)
