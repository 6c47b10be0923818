"""Other senses join the faces as evidence, expire, and fill a room without faces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.mood.emotion import AFFECT, EMOTIONS, Emotion, Mood
from moodpid.mood.mood_filter import FilterSettings, MoodFilter
from moodpid.mood.observation import Observation
from moodpid.mood.room import RoomModel, prior_from
from moodpid.mood.senses import Sense, evidence_of_affect, evidence_of_scores
from tests.support.fakes import look

HOME = prior_from({})
SAD = evidence_of_scores({Emotion.SAD: 0.9, Emotion.NEUTRAL: 0.1})
HAPPY = evidence_of_scores({Emotion.HAPPY: 1.0})
axis = st.one_of(st.none(), st.floats(-1, 1))


def room(**senses: Sense) -> MoodFilter:
    return MoodFilter(FilterSettings(), RoomModel(HOME, learns=False), senses)


def mood_after(mood_filter: MoodFilter, start_s: float, end_s: float, *emotions: Emotion) -> Mood:
    for n in range(round((end_s - start_s) * 4)):
        state = mood_filter.update(look(start_s + n / 4, *emotions, sure=0.5))
    return state.mood


@pytest.mark.parametrize("emotion", list(Emotion))
def test_a_point_favours_the_mood_that_lies_there(emotion: Emotion) -> None:
    evidence = evidence_of_affect(*AFFECT[Mood(emotion)])
    assert EMOTIONS[evidence.index(max(evidence))] is emotion


@given(axis, axis)
def test_no_point_rules_a_mood_out(valence: float | None, arousal: float | None) -> None:
    assert all(-2.4 < e < 2.0 for e in evidence_of_affect(valence, arousal))


@given(st.dictionaries(st.sampled_from(EMOTIONS), st.floats(0, 1)).filter(lambda d: any(d.values())))
def test_no_score_however_small_rules_a_mood_out(scores: dict[Emotion, float]) -> None:
    evidence = evidence_of_scores(scores)
    assert all(-2.4 < e < 2.0 for e in evidence)
    best = max(scores, key=lambda emotion: scores[emotion])
    assert evidence[EMOTIONS.index(best)] == max(evidence)


def test_one_denormal_score_counts_as_the_only_one() -> None:
    assert evidence_of_scores({Emotion.SAD: 5e-324}) == evidence_of_scores({Emotion.SAD: 1.0})


def test_a_sense_of_one_axis_leaves_the_other_open() -> None:
    calm = evidence_of_affect(None, -0.4)
    assert calm[EMOTIONS.index(Emotion.SAD)] == max(calm)
    assert calm[EMOTIONS.index(Emotion.SURPRISE)] == pytest.approx(calm[EMOTIONS.index(Emotion.FEAR)])


def test_senses_alone_set_the_mood_until_they_expire() -> None:
    mood_filter = room(voice=Sense(weight=1.0, expires_s=30.0))
    mood_filter.update(look(0.0))
    mood_filter.sense("voice", HAPPY, 1.0, 0.0)
    assert mood_after(mood_filter, 0.0, 25.0) is Mood.HAPPY
    assert mood_filter.follows_senses(29.0)
    assert mood_after(mood_filter, 25.0, 50.0) is Mood.NOBODY
    assert not mood_filter.follows_senses(50.0)


def test_a_sense_decides_between_two_readings_of_a_face() -> None:
    alone, helped = room(), room(voice=Sense(weight=1.0))
    helped.update(look(0.0))
    helped.sense("voice", SAD, 1.0, 0.0)
    for mood_filter in (alone, helped):
        mood_after(mood_filter, 0.25, 8.0, Emotion.SAD, Emotion.NEUTRAL)
    sad = [f.update(look(8.0, Emotion.SAD, Emotion.NEUTRAL)).scores[Emotion.SAD] for f in (alone, helped)]
    assert sad[1] > 2 * sad[0]


def test_a_statement_that_is_repeated_does_not_pile_up() -> None:
    once, often = (room(watch=Sense(weight=0.5, expires_s=600.0)) for _ in range(2))
    for mood_filter, every in ((once, 1200), (often, 20)):
        for n in range(1200):
            if n % every == 0:
                mood_filter.sense("watch", HAPPY, 1.0, n / 4)
            mood_filter.update(look(n / 4, Emotion.NEUTRAL))
    scores = [f.update(look(300.0, Emotion.NEUTRAL)).scores for f in (once, often)]
    assert scores[0][Emotion.HAPPY] == pytest.approx(scores[1][Emotion.HAPPY], abs=0.02)


@pytest.mark.parametrize("guesses", [0, 1, 2, 8])
def test_a_sure_report_counts_after_guesses(guesses: int) -> None:
    mood_filter, at_s = room(voice=Sense(weight=1.0, expires_s=60.0)), 0.0
    for emotion, weight, lasts_s in [
        (Emotion.NEUTRAL, 1.0, 20.0),
        *[(Emotion.HAPPY, 0.1, 5.0)] * guesses,
        (Emotion.HAPPY, 1.0, 10.0),
    ]:
        mood_filter.sense("voice", evidence_of_affect(*AFFECT[Mood(emotion)]), weight, at_s)
        mood = mood_after(mood_filter, at_s, at_s + lasts_s)
        at_s += lasts_s
    assert mood is Mood.HAPPY


@pytest.mark.parametrize(("name", "weight"), [("unknown", 1.0), ("voice", 0.0)])
def test_an_unknown_sense_or_one_without_weight_changes_nothing(name: str, weight: float) -> None:
    plain, asked = room(voice=Sense()), room(voice=Sense())
    asked.sense(name, SAD, weight, 0.0)
    for n in range(40):
        observation = Observation(n / 4, look(0, Emotion.HAPPY).faces)
        assert asked.update(observation) == plain.update(observation)


def test_a_report_counts_again_long_after_the_one_before() -> None:
    mood_filter = room(voice=Sense(weight=1.0, expires_s=5.0))

    def reported(at_s: float) -> float:
        mood_filter.sense("voice", HAPPY, 1.0, at_s)
        mood_after(mood_filter, at_s, at_s + 3.0)
        return mood_filter.update(look(at_s + 3.0)).scores[Emotion.HAPPY]

    first = reported(0.25)
    mood_after(mood_filter, 6.0, 906.0)
    assert reported(906.25) == pytest.approx(first, abs=0.05)
