"""Scores are probabilities, and every mood has its place on the circumplex."""

import math

import pytest

from moodpid.mood.emotion import AFFECT, EMOTIONS, UNIFORM, Emotion, EmotionScores, Mood
from tests.support.fakes import scores


@pytest.mark.parametrize(
    "bad", [(), (1.0,), (0.5,) * 7, (2.0, -1.0, 0, 0, 0, 0, 0), (math.nan, 1.0, 0, 0, 0, 0, 0)]
)
def test_what_is_no_distribution_is_refused(bad: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="probabilities"):
        EmotionScores(bad)


def test_scores_are_found_by_name() -> None:
    some = scores(Emotion.SAD, 0.7)
    assert some[Emotion.SAD] == some.as_dict()["sad"] == 0.7
    assert some.top is Emotion.SAD
    assert UNIFORM.top is EMOTIONS[0]


def test_moods_are_the_emotions_and_nobody() -> None:
    assert [m.value for m in Mood] == [*EMOTIONS, "nobody"]
    assert set(AFFECT) == set(Mood)
    assert all(-1 <= axis <= 1 for point in AFFECT.values() for axis in point)


def test_affect_follows_the_scores() -> None:
    assert scores(Emotion.HAPPY, 1.0).affect == pytest.approx(AFFECT[Mood.HAPPY])
    assert scores(Emotion.HAPPY).affect.valence > UNIFORM.affect.valence > scores(Emotion.SAD).affect.valence
