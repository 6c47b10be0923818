"""Where moods lie for music, and how near a song is to such a place; standard library only."""

import math
from dataclasses import dataclass

from moodpid.mood.emotion import AFFECT, Affect, Mood

CALM = "calm"
# What `sounds` may name: the moods, and the pleasant rest that no face shows
PLACES: dict[str, Affect] = {**{mood.value: AFFECT[mood] for mood in Mood}, CALM: Affect(0.6, -0.5)}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a song lies on the plane.

    Attributes:
        affect: Valence and arousal, each from -1 to 1.
        valence_spread, arousal_spread: How far off they are on average (root mean square).
    """

    affect: Affect
    valence_spread: float
    arousal_spread: float

    def distance(self, target: Affect) -> float:
        """Return how far the song is from `target`, expected over where it may truly lie.

        The root of the mean square distance: the square of the distance and the variances add up. A song
        placed with confidence is nearer than one that is only guessed to be there.
        """
        return math.sqrt(self.affect.distance(target) ** 2 + self.valence_spread**2 + self.arousal_spread**2)


def nearest_mood(affect: Affect) -> str:
    """Return the name of the place nearest to `affect`; an empty room is no such place."""
    names = [name for name in PLACES if name != Mood.NOBODY]
    return min(names, key=lambda name: affect.distance(PLACES[name]))
