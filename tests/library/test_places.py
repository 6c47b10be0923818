import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.library.places import CALM, PLACES, Place, nearest_mood
from moodpid.mood.emotion import Affect, Mood

axes = st.floats(-1, 1)
affects = st.builds(Affect, axes, axes)


def test_every_mood_and_calm_have_a_place() -> None:
    assert PLACES.keys() == {*(mood.value for mood in Mood), CALM}


@given(affects, affects, st.floats(0, 1), st.floats(0, 1))
def test_an_unsure_song_is_farther_than_a_sure_one(
    where: Affect, target: Affect, valence: float, arousal: float
) -> None:
    unsure, sure = Place(where, valence, arousal), Place(where, 0.0, 0.0)
    assert unsure.distance(target) >= sure.distance(target)
    assert sure.distance(target) == pytest.approx(where.distance(target))


@pytest.mark.parametrize("name", [name for name in PLACES if name != Mood.NOBODY])
def test_a_song_at_a_mood_s_place_has_that_mood(name: str) -> None:
    assert nearest_mood(PLACES[name]) == name
