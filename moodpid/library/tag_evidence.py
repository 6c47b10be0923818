"""Where a song lies by its tags, and how that joins its place by sound. Pure."""

import math
import re

from moodpid.library.places import PLACES, Place
from moodpid.library.records import Tags
from moodpid.mood.emotion import Affect

# A person, or a shop's editor, chose it for this very song; a genre is true of many
_MOOD_SPREAD, _GENRE_SPREAD = 0.3, 1.0
_LEAST_SPREAD = 0.05

# Words that taggers use beside the names of our places, put by hand between those
_MOODS = {
    **{name: affect for name, affect in PLACES.items() if name != "nobody"},
    "aggressive": Affect(-0.6, 0.8),
    "cheerful": Affect(0.8, 0.4),
    "chill": Affect(0.5, -0.5),
    "dark": Affect(-0.6, 0.1),
    "energetic": Affect(0.5, 0.8),
    "exciting": Affect(0.6, 0.8),
    "gloomy": Affect(-0.7, -0.4),
    "joyful": Affect(0.9, 0.5),
    "lively": Affect(0.6, 0.6),
    "melancholic": Affect(-0.6, -0.4),
    "melancholy": Affect(-0.6, -0.4),
    "mellow": Affect(0.4, -0.5),
    "party": Affect(0.7, 0.7),
    "peaceful": Affect(0.6, -0.7),
    "relaxed": Affect(0.6, -0.6),
    "romantic": Affect(0.6, 0.0),
    "sombre": Affect(-0.6, -0.4),
    "tender": Affect(0.5, -0.3),
    "tense": Affect(-0.5, 0.6),
    "upbeat": Affect(0.7, 0.6),
}
# Where the songs of 4Q lie on average by genre, of genres with twenty songs and more but for Pop/Rock
_GENRES = {
    "avant garde": Affect(-0.3, -0.3),
    "blues": Affect(-0.3, -0.4),
    "country": Affect(0.1, -0.3),
    "easy listening": Affect(0.7, -0.3),
    "electronic": Affect(-0.1, 0.2),
    "folk": Affect(-0.3, -0.4),
    "hip hop": Affect(-0.4, 0.3),
    "jazz": Affect(0.2, -0.2),
    "latin": Affect(0.4, 0.1),
    "new age": Affect(0.5, -0.7),
    "rap": Affect(-0.4, 0.3),
    "reggae": Affect(0.2, -0.1),
    "vocal": Affect(0.2, -0.3),
}
_WORD_ENDS = re.compile(r"[;,/|]|\x00")


def with_evidence(place: Place, tags: Tags, *, genre: bool) -> Place:
    """Return the place of a song, moved by its tags.

    Each is a normal distribution on each axis: means are weighted by their precision, as Bayes' rule has it.

    Args:
        place: By its sound.
        tags: Its tags.
        genre: Whether the genre counts. The network has heard it; what it adds to the features alone is
            printed by `tools/training/music.py --check`.
    """
    evidence = [(affect, _MOOD_SPREAD) for affect in _found(tags.mood, _MOODS)]
    evidence += [(affect, _GENRE_SPREAD) for affect in _found(tags.genre, _GENRES) if genre]
    if not evidence:
        return place
    valence, valence_spread = _joined(
        (place.affect.valence, place.valence_spread),
        [(affect.valence, spread) for affect, spread in evidence],
    )
    arousal, arousal_spread = _joined(
        (place.affect.arousal, place.arousal_spread),
        [(affect.arousal, spread) for affect, spread in evidence],
    )
    return Place(Affect(valence, arousal), valence_spread, arousal_spread)


def _joined(own: tuple[float, float], others: list[tuple[float, float]]) -> tuple[float, float]:
    """Return mean and spread of the product of normal distributions; the others together count as one."""
    share = 1 / len(others)
    weights = [1 / max(own[1], _LEAST_SPREAD) ** 2, *(share / spread**2 for _, spread in others)]
    means = [own[0], *(mean for mean, _ in others)]
    total = sum(weights)
    return sum(w * m for w, m in zip(weights, means, strict=True)) / total, math.sqrt(1 / total)


def _found(text: str, words: dict[str, Affect]) -> list[Affect]:
    """Return the places of the words in a tag that may hold several."""
    parts = [" ".join(part.casefold().replace("-", " ").split()) for part in _WORD_ENDS.split(text)]
    return [words[part] for part in dict.fromkeys(parts) if part in words]
