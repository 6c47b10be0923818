"""Looks become a mood that is calm, prompt, and the same at every frame rate."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.mood.emotion import EMOTIONS, Emotion, EmotionScores, Mood
from moodpid.mood.face_likelihood import pooled_log_likelihood
from moodpid.mood.mood_filter import (
    DARK_MOODS,
    FilterSettings,
    MoodFilter,
    MoodState,
    sensitivity_for,
    threshold_for,
)
from moodpid.mood.observation import FaceReading, Observation
from moodpid.mood.room import RoomModel, prior_from
from tests.support.fakes import look, scores

SETTINGS = FilterSettings()
H, S, A = Emotion.HAPPY, Emotion.SAD, Emotion.ANGRY


def states(looks: Iterable[Observation], settings: FilterSettings = SETTINGS) -> list[MoodState]:
    mood_filter = MoodFilter(settings)
    return [mood_filter.update(one) for one in looks]


def stretch(seconds: float, *emotions: Emotion, start_s: float = 0.0, fps: float = 4.0) -> list[Observation]:
    return [look(start_s + n / fps, *emotions) for n in range(round(seconds * fps))]


def moods(states_: Iterable[MoodState]) -> list[Mood]:
    reported = [state.mood for state in states_]
    return [reported[0]] + [b for a, b in pairwise(reported) if a is not b]


def test_an_empty_room_is_nobody() -> None:
    assert moods(states(stretch(60))) == [Mood.NOBODY]


def test_a_face_becomes_a_mood_soon() -> None:
    reported = states(stretch(4, H))
    assert moods(reported) == [Mood.NOBODY, Mood.HAPPY]
    assert reported[-1].since_s <= 1.5


def test_one_false_detection_in_an_empty_room_stays_nobody() -> None:
    looks = [*stretch(10), look(10, A), *stretch(10, start_s=10.25)]
    assert moods(states(looks)) == [Mood.NOBODY]


def test_a_change_is_followed_once() -> None:
    looks = stretch(30, H) + stretch(30, S, start_s=30)
    assert moods(states(looks)) == [Mood.NOBODY, Mood.HAPPY, Mood.SAD]


def test_a_short_grimace_changes_nothing() -> None:
    looks = stretch(30, H) + stretch(0.75, A, start_s=30) + stretch(30, H, start_s=30.75)
    assert moods(states(looks)) == [Mood.NOBODY, Mood.HAPPY]


def test_a_mood_lasts_its_dwell() -> None:
    looks = stretch(4, H) + stretch(20, S, start_s=4)
    changes = [s.since_s for a, s in pairwise(states(looks)) if a.mood is not s.mood]
    assert changes[1] - changes[0] >= SETTINGS.dwell_s


def test_a_person_who_leaves_for_a_moment_keeps_the_mood() -> None:
    looks = stretch(20, H) + stretch(5, start_s=20) + stretch(20, H, start_s=25)
    assert moods(states(looks)) == [Mood.NOBODY, Mood.HAPPY]


def test_an_empty_room_becomes_nobody_in_its_time() -> None:
    reported = states(stretch(20, H) + stretch(20, start_s=20))
    assert moods(reported)[-1] is Mood.NOBODY
    assert reported[-1].since_s == pytest.approx(20 + SETTINGS.nobody_after_s, abs=0.5)


def test_the_mood_is_kept_for_a_person_who_returns_soon() -> None:
    left = stretch(20, H) + stretch(15, start_s=20)
    back = stretch(1.25, Emotion.NEUTRAL, start_s=35)
    remembered = states(left + back)[-1].scores[H]
    assert remembered > states(stretch(1.25, Emotion.NEUTRAL))[-1].scores[H]


def test_a_person_who_returns_as_happy_is_believed_at_once() -> None:
    mood_filter = MoodFilter(SETTINGS, RoomModel(prior_from({}), learns=False))
    looks = stretch(20, H) + stretch(600, start_s=20) + stretch(3, H, start_s=620)
    reported = moods(mood_filter.update(one) for one in looks)
    assert reported == [Mood.NOBODY, Mood.HAPPY, Mood.NOBODY, Mood.HAPPY]


@pytest.mark.parametrize("gap_s", [0.0, 3600.0])
def test_without_a_face_no_mood_begins(gap_s: float) -> None:
    mood_filter = MoodFilter(replace(SETTINGS, nobody_after_s=600.0), RoomModel(prior_from({}), learns=False))
    looks = stretch(30, H) + stretch(500, start_s=30 + gap_s)
    assert moods(mood_filter.update(one) for one in looks) == [Mood.NOBODY, Mood.HAPPY]


def test_the_next_person_may_be_another_one() -> None:
    left = stretch(20, H) + stretch(15, start_s=20)
    reported = states(left + stretch(10, S, start_s=35))
    assert moods(reported) == [Mood.NOBODY, Mood.HAPPY, Mood.NOBODY, Mood.SAD]


def test_the_nearer_face_decides() -> None:
    near, far = FaceReading(scores(S), 0.2), FaceReading(scores(H), 0.02)
    reported = states(Observation(n / 4, (far, near)) for n in range(40))
    assert reported[-1].mood is Mood.SAD


def test_a_crowd_that_agrees_is_no_surer_than_one() -> None:
    one = pooled_log_likelihood(look(0, H).faces, SETTINGS.prior)
    assert pooled_log_likelihood(look(0, H, H, H).faces, SETTINGS.prior) == pytest.approx(one)


@pytest.mark.parametrize("fps", [1.0, 2.0, 10.0, 30.0])
def test_the_frame_rate_hardly_changes_the_delay(fps: float) -> None:
    def delay(rate: float) -> float:
        return states(stretch(30, H, fps=rate) + stretch(30, S, start_s=30, fps=rate))[-1].since_s

    assert delay(fps) == pytest.approx(delay(4.0), abs=1.5)


def test_a_rare_class_needs_only_its_prior_s_evidence() -> None:
    prior = (0.14, 0.01, 0.14, 0.26, 0.17, 0.1, 0.18)
    as_expected = EmotionScores(prior)
    reported = states(
        (Observation(n / 4, (FaceReading(as_expected, 0.1),)) for n in range(40)), FilterSettings(prior=prior)
    )
    assert reported[-1].scores.probabilities == pytest.approx(prior)


any_scores = st.lists(st.floats(1e-6, 1), min_size=7, max_size=7).map(
    lambda raw: EmotionScores(tuple(r / sum(raw) for r in raw))
)
any_faces = st.lists(st.builds(FaceReading, any_scores, st.floats(1e-6, 1)), max_size=4).map(tuple)
any_looks = st.lists(st.tuples(st.floats(0, 1e6), any_faces), min_size=1, max_size=60)


def in_order(steps: list[tuple[float, tuple[FaceReading, ...]]]) -> list[Observation]:
    looks, at_s = [], 0.0
    for step_s, faces in steps:
        at_s += step_s
        looks.append(Observation(at_s, faces))
    return looks


@given(any_looks)
def test_beliefs_stay_probabilities_whatever_is_seen(
    steps: list[tuple[float, tuple[FaceReading, ...]]],
) -> None:
    for state in states(in_order(steps)):
        assert sum(state.scores.probabilities) == pytest.approx(1)
        assert 0 <= state.confidence <= 1


@given(any_looks)
def test_no_mood_but_nobody_ends_before_its_dwell(steps: list[tuple[float, tuple[FaceReading, ...]]]) -> None:
    for before, after in pairwise(states(in_order(steps))):
        if after.mood not in (before.mood, Mood.NOBODY) and before.mood is not Mood.NOBODY:
            assert after.at_s - before.since_s >= SETTINGS.dwell_s


@given(st.lists(st.floats(0, 1e4), min_size=1, max_size=20), st.integers(0, 19), st.floats(0, 1e4))
def test_one_detection_alone_is_nobody_after_any_gap(steps: list[float], which: int, after_s: float) -> None:
    faces = (FaceReading(scores(A, 0.99), 0.1),)
    looks = in_order([(s, faces if n == which % len(steps) else ()) for n, s in enumerate([*steps, after_s])])
    assert moods(states(looks)) == [Mood.NOBODY]


def test_a_gap_in_watching_empties_no_room() -> None:
    reported = states([*stretch(20, H), look(90.0), look(90.25)])
    assert reported[-1].mood is Mood.HAPPY


@given(any_looks)
def test_nobody_is_reported_only_without_faces(
    steps: list[tuple[float, tuple[FaceReading, ...]]],
) -> None:
    for before, after in pairwise(states(in_order(steps))):
        if after.mood is Mood.NOBODY and before.mood is not Mood.NOBODY:
            assert after.faces == 0


@given(st.permutations(EMOTIONS))
def test_no_emotion_is_favoured_by_its_place_in_the_order(order: list[Emotion]) -> None:
    reported = states(stretch(20, order[0]) + stretch(30, order[1], start_s=20))
    assert moods(reported) == [Mood.NOBODY, Mood(order[0]), Mood(order[1])]


@given(st.floats(0.5, 0.99))
def test_sensitivity_is_the_threshold_in_other_words(threshold: float) -> None:
    sensitivity = sensitivity_for(threshold)
    assert 0 <= sensitivity <= 100
    assert threshold_for(sensitivity) == pytest.approx(min(threshold, 0.7))


@given(st.floats(-1e9, 1e9))
def test_any_sensitivity_gives_a_threshold_in_its_range(sensitivity: float) -> None:
    assert 0.5 <= threshold_for(sensitivity) <= 0.7


@pytest.mark.parametrize("emotion", [emotion for emotion in EMOTIONS if emotion is not Emotion.NEUTRAL])
def test_the_lower_the_sensitivity_the_later_a_lasting_mood_comes(emotion: Emotion) -> None:
    came_s = []
    for sensitivity in (100, 80, 60, 40, 20, 0):
        mood_filter = MoodFilter(
            replace(SETTINGS, threshold=threshold_for(sensitivity)), RoomModel(prior_from({}), learns=False)
        )
        for n in range(480):
            shown = Emotion.NEUTRAL if n < 240 else emotion
            seen = Observation(n / 4, (FaceReading(scores(shown, 0.9), 0.1),))
            if mood_filter.update(seen).mood is Mood(emotion):
                came_s.append(n / 4 - 60.0)
                break
    assert len(came_s) == 6  # it always comes
    assert came_s == sorted(came_s)
    assert came_s[0] < came_s[-1]


def emotion_scores(**shares: float) -> EmotionScores:
    rest = (1 - sum(shares.values())) / (len(EMOTIONS) - len(shares))
    return EmotionScores(tuple(shares.get(e.value, rest) for e in EMOTIONS))


def test_an_emotion_never_ruled_out_loses_to_the_usual_one() -> None:
    laughs = emotion_scores(happy=0.93, neutral=0.03, fear=0.01)
    talks = emotion_scores(neutral=0.45, sad=0.2, fear=0.17, happy=0.1)
    open_mouth = emotion_scores(fear=0.5, sad=0.24, surprise=0.1, neutral=0.08, happy=0.02)
    shown = ([laughs] * 7 + [talks] * 4 + [open_mouth] * 4) * 8
    mood_filter = MoodFilter(FilterSettings(), RoomModel(prior_from({}), learns=False))
    reported = [
        mood_filter.update(Observation(n / 4, (FaceReading(one, 0.05),))) for n, one in enumerate(shown)
    ]
    assert {state.mood for state in reported} <= {Mood.NOBODY, Mood.HAPPY, Mood.NEUTRAL}


@given(any_looks)
def test_a_dark_mood_after_another_needs_more_than_the_threshold(
    steps: list[tuple[float, tuple[FaceReading, ...]]],
) -> None:
    for before, after in pairwise(states(in_order(steps))):
        fresh = before.mood not in (Mood.NOBODY, after.mood) and after.mood is not Mood.NOBODY
        if fresh and after.mood in DARK_MOODS and before.mood not in DARK_MOODS:
            odds = SETTINGS.threshold / (1 - SETTINGS.threshold)
            assert after.confidence / (1 - after.confidence + 1e-12) >= 3 * odds * 0.999


def test_after_a_reset_the_room_is_as_at_the_start() -> None:
    mood_filter, night_s = MoodFilter(SETTINGS), 28_800.0
    for one in stretch(20, H):
        mood_filter.update(one)
    reset = mood_filter.reset(night_s)
    assert reset.mood is Mood.NOBODY
    fresh = MoodFilter(SETTINGS)
    for one in [*stretch(1), look(1.0, S), *stretch(2, start_s=1.25), *stretch(5, S, start_s=4.0)]:
        later = mood_filter.update(replace(one, at_s=night_s + 0.25 + one.at_s))
        assert later.mood is fresh.update(one).mood
        assert (later.mood is Mood.SAD) or later.mood is Mood.NOBODY
    assert later.mood is Mood.SAD
