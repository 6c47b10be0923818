"""Evidence of looks that share their mistakes stays bounded, and counts once."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.mood.emotion import EMOTIONS, UNIFORM, Emotion, EmotionScores
from moodpid.mood.face_likelihood import OpinionMeter, pooled_log_likelihood
from moodpid.mood.observation import FaceReading
from tests.support.fakes import look, scores

PRIOR = UNIFORM.probabilities
H, F = Emotion.HAPPY, Emotion.FEAR
HAPPY = pooled_log_likelihood(look(0, H).faces, PRIOR)
AFRAID = pooled_log_likelihood(look(0, F).faces, PRIOR)

any_scores = (
    st.lists(st.floats(0, 1), min_size=7, max_size=7)
    .filter(sum)
    .map(lambda raw: EmotionScores(tuple(r / sum(raw) for r in raw)))
)
any_faces = st.lists(st.builds(FaceReading, any_scores, st.floats(1e-6, 1)), min_size=1, max_size=4)


def opinions(evidence: list[tuple[float, ...]], smoothing_s: float = 2.5, hz: float = 4.0) -> float:
    meter = OpinionMeter()
    return sum(meter.weigh(e, n / hz, smoothing_s, 1.0) for n, e in enumerate(evidence))


@given(any_faces)
def test_no_look_rules_an_emotion_out(faces: list[FaceReading]) -> None:
    assert all(math.log(0.02) - 1e-9 <= e <= math.log(7.0) for e in pooled_log_likelihood(faces, PRIOR))


@given(any_faces, st.randoms())
def test_the_order_of_faces_does_not_matter(faces: list[FaceReading], random: object) -> None:
    shuffled = sorted(faces, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert pooled_log_likelihood(shuffled, PRIOR) == pytest.approx(pooled_log_likelihood(faces, PRIOR))


def test_a_resting_face_is_taken_off() -> None:
    bias = tuple(0.7 if e is Emotion.SAD else 0.0 for e in EMOTIONS)
    raw = [p * math.exp(b) for p, b in zip(scores(H, 0.5).probabilities, bias, strict=True)]
    biased = FaceReading(EmotionScores(tuple(r / sum(raw) for r in raw)), 0.1)
    plain = FaceReading(scores(H, 0.5), 0.1)
    assert pooled_log_likelihood([biased], PRIOR, bias) == pytest.approx(
        pooled_log_likelihood([plain], PRIOR)
    )


def test_a_face_that_lasts_is_little_more_than_one_opinion() -> None:
    assert opinions([HAPPY] * 4) > 0.3
    assert opinions([HAPPY] * 40) < 1.5


def test_a_face_that_changes_is_a_second_opinion_at_once() -> None:
    assert opinions([HAPPY] * 20 + [AFRAID] * 8) - opinions([HAPPY] * 20) > 0.5


def test_however_much_a_face_moves_opinions_come_at_their_rate() -> None:
    assert opinions([HAPPY, AFRAID] * 40) <= 1 + 20 / 2.5


@given(
    st.lists(st.tuples(st.floats(0, 100), st.lists(st.floats(-9, 9), min_size=7, max_size=7)), max_size=30)
)
def test_each_look_is_at_most_one_opinion(steps: list[tuple[float, list[float]]]) -> None:
    meter, at_s = OpinionMeter(), 0.0
    for step_s, evidence in steps:
        at_s += step_s
        assert 0.0 <= meter.weigh(evidence, at_s, 2.5, 0.9) <= 1.0


def test_evidence_that_favours_nothing_is_no_news() -> None:
    assert opinions([(0.0,) * 7] * 40) < 1.0
