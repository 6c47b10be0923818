"""Where the music leads: it matches the mood, or lifts from it song by song.

Lifting is the iso principle of music therapy: meet people where they are, then lead them in steps (I. M.
Altshuler, "A Psychiatrist's Experience with Music as a Therapeutic Agent", in "Music and Medicine", 1948; in
a controlled study: K. Starcke, J. Mayr and R. von Georgi, "Emotion Modulation through Music after Sadness
Induction: The Iso Principle in a Controlled Experimental Study", 2021).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from moodpid.mood.emotion import AFFECT, Affect, Mood

STEP = 0.35  # how far a song leads on the plane; sad to neutral takes two
PASSING = frozenset({Mood.FEAR, Mood.SURPRISE})  # over in seconds: they stir, and are no place to stay


@dataclass(frozen=True, slots=True)
class Course:
    """The way of the music since the mood changed last.

    Attributes:
        mood: The present mood.
        start: Where it lies on the plane of valence and arousal.
        songs: How many songs were chosen since.
    """

    mood: Mood
    start: Affect
    songs: int = 0

    def on(self) -> "Course":
        """One song further."""
        return replace(self, songs=self.songs + 1)


def begin(mood: Mood, before: Course | None) -> Course:
    """The course after the mood became `mood`: a passing one lends its arousal to the valence before it."""
    place = AFFECT[mood]
    if mood in PASSING:
        place = Affect(before.start.valence if before else 0.0, place.arousal)
    return Course(mood, place)


def matched(course: Course, moods: Collection[Mood]) -> Mood | None:
    """The mood whose list matches: its own, else its neighbour's on the plane.

    Args:
        course: Where the people are.
        moods: Those that have lists.
    """
    if course.mood in moods:
        return course.mood
    return nearest(course.start, moods) if course.mood is not Mood.NOBODY else None


def lifted(course: Course, moods: Collection[Mood], targets: Mapping[Mood, Mood]) -> Mood | None:
    """The mood whose list is the next step from where the people are towards where it leads.

    Args:
        course: Where the people were when it began, and how many songs ago.
        moods: Those that have lists.
        targets: From each mood to the next; a mood that names itself is the end of the way.
    """
    if course.mood is Mood.NOBODY:
        return matched(course, moods)
    return nearest(_walk(course.start, course.mood, STEP * course.songs, targets), moods)


def _walk(place: Affect, mood: Mood, way: float, targets: Mapping[Mood, Mood]) -> Affect:
    """The point reached from `place` after `way` along the targets; rings of targets are walked once."""
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
    """The mood nearest to `place`, of `moods` but for nobody; None if there is none."""
    candidates = [mood for mood in Mood if mood in moods and mood is not Mood.NOBODY]
    return min(candidates, key=lambda mood: AFFECT[mood].distance(place), default=None)
