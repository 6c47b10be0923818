import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.library.places import PLACES, Place
from moodpid.library.records import Tags
from moodpid.library.tag_evidence import with_evidence
from moodpid.mood.emotion import Affect

MIDDLE = Place(Affect(0.0, 0.0), 0.5, 0.4)
axes, spreads = st.floats(-1, 1), st.floats(0, 1)


@pytest.mark.parametrize(
    "tags", [Tags(), Tags(genre="Schlager"), Tags(mood="Purple; 12"), Tags(title="Happy")]
)
def test_tags_that_mean_nothing_change_nothing(tags: Tags) -> None:
    assert with_evidence(MIDDLE, tags, genre=True) == MIDDLE


@pytest.mark.parametrize("mood", ["Happy", "HAPPY", "happy;unheard of", "cheerful / Happy"])
def test_a_mood_tag_draws_the_song_to_its_mood(mood: str) -> None:
    place = with_evidence(MIDDLE, Tags(mood=mood), genre=False)
    assert place.affect.distance(PLACES["happy"]) < MIDDLE.affect.distance(PLACES["happy"]) / 2
    assert place.valence_spread < MIDDLE.valence_spread


def test_genre_counts_less_than_mood_and_only_on_request() -> None:
    folk = with_evidence(MIDDLE, Tags(genre="Folk"), genre=True)
    sad = with_evidence(MIDDLE, Tags(mood="sad"), genre=True)
    assert MIDDLE.affect.arousal > folk.affect.arousal > sad.affect.arousal
    assert with_evidence(MIDDLE, Tags(genre="Folk"), genre=False) == MIDDLE


@given(axes, axes, spreads, spreads, st.sampled_from(["happy", "sad;calm", "angry, dark, tense"]))
def test_evidence_keeps_places_on_the_plane(
    valence: float, arousal: float, valence_spread: float, arousal_spread: float, mood: str
) -> None:
    before = Place(Affect(valence, arousal), valence_spread, arousal_spread)
    after = with_evidence(before, Tags(mood=mood, genre="Jazz"), genre=True)
    assert abs(after.affect.valence) <= 1
    assert abs(after.affect.arousal) <= 1
    assert 0 < after.valence_spread <= max(valence_spread, 0.05)
