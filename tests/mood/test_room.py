"""The room's frequencies are learned slowly, within bounds, and from faces alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodpid.mood.emotion import EMOTIONS, Emotion, EmotionScores
from moodpid.mood.face_likelihood import mean_log_scores
from moodpid.mood.mood_filter import FilterSettings, MoodFilter
from moodpid.mood.observation import FaceReading, Observation
from moodpid.mood.room import HOME_PRIOR, RoomModel, RoomState, prior_from
from tests.support.fakes import look, scores

HOME = prior_from({})
H, S, N = (EMOTIONS.index(e) for e in (Emotion.HAPPY, Emotion.SAD, Emotion.NEUTRAL))
MEANS = tuple(mean_log_scores(look(0, emotion, sure=0.6).faces) for emotion in EMOTIONS)
FACES = look(0, Emotion.HAPPY).faces


def belief(emotion: Emotion) -> tuple[float, ...]:
    return tuple(float(e is emotion) for e in EMOTIONS)


def watched(
    room: RoomModel, emotion: Emotion, hours: float, faces: tuple[FaceReading, ...] = FACES
) -> RoomModel:
    for _ in range(round(hours * 3600)):
        room.learn(belief(emotion), faces, 1.0)
    return room


any_belief = (
    st.lists(st.floats(0, 1), min_size=7, max_size=7)
    .filter(sum)
    .map(lambda raw: tuple(r / sum(raw) for r in raw))
)


def test_a_room_begins_as_an_average_home() -> None:
    assert RoomModel(HOME).prior == pytest.approx([HOME_PRIOR[e] for e in EMOTIONS])
    assert RoomModel(HOME).resting is None


def test_a_party_is_learned_within_an_evening() -> None:
    room = watched(RoomModel(HOME), Emotion.HAPPY, 3.0)
    assert room.prior[H] > 0.7


def test_one_song_of_laughter_teaches_little() -> None:
    room = watched(RoomModel(HOME), Emotion.HAPPY, 0.05)
    assert room.prior[H] - HOME[H] < 0.05


@given(st.lists(st.tuples(any_belief, st.floats(0, 1e9)), max_size=20))
def test_frequencies_stay_frequencies_within_bounds(steps: list[tuple[tuple[float, ...], float]]) -> None:
    room = RoomModel(HOME, MEANS)
    for seen, elapsed_s in steps:
        room.learn(seen, FACES, elapsed_s)
    assert sum(room.prior) == pytest.approx(1.0)
    assert all(0.004 <= p <= 0.95 for p in room.prior)
    assert room.resting is None or all(-1.0 <= r <= 1.0 for r in room.resting)


@given(st.permutations(range(12)))
def test_the_order_of_a_minute_hardly_matters(order: list[int]) -> None:
    seen = [EMOTIONS[n % 7] for n in order]
    room = RoomModel(HOME)
    for emotion in seen:
        room.learn(belief(emotion), FACES, 1.0)
    straight = RoomModel(HOME)
    for n in range(12):
        straight.learn(belief(EMOTIONS[n % 7]), FACES, 1.0)
    assert room.prior == pytest.approx(straight.prior, abs=1e-6)


@pytest.mark.parametrize("elapsed_s", [0.0, -5.0])
def test_no_time_teaches_nothing(elapsed_s: float) -> None:
    room = RoomModel(HOME)
    room.learn(belief(Emotion.SAD), FACES, elapsed_s)
    assert room.state == RoomState()


def test_a_clock_that_jumps_teaches_no_more_than_a_look() -> None:
    room = RoomModel(HOME)
    room.learn(belief(Emotion.SAD), FACES, 1e9)
    assert sum(room.state.moods_s) < 3.0


def test_an_empty_room_teaches_and_forgets_nothing() -> None:
    mood_filter = MoodFilter(FilterSettings(prior=HOME), RoomModel(HOME, state=RoomState((9.0,) * 7)))
    for n in range(40):
        mood_filter.update(Observation(n * 600.0, ()))
    assert mood_filter.room.state == RoomState((9.0,) * 7)


def test_a_fixed_prior_is_not_changed_by_the_room() -> None:
    room = watched(RoomModel(HOME, learns=False), Emotion.HAPPY, 1.0)
    assert room.prior == HOME


def test_what_was_learned_can_be_forgotten() -> None:
    room = watched(RoomModel(HOME, MEANS), Emotion.HAPPY, 1.0)
    room.forget()
    assert room.prior == pytest.approx(HOME)
    assert room.resting is None


def test_a_resting_face_that_looks_sad_is_learned() -> None:
    usual = mean_log_scores(look(0, Emotion.NEUTRAL, sure=0.6).faces)
    cross = [x + (0.8 if i == S else 0.0) for i, x in enumerate(usual)]
    raw = [2.718281828**x for x in cross]
    face = (FaceReading(EmotionScores(tuple(r / sum(raw) for r in raw)), 0.1),)
    room = watched(RoomModel(HOME, MEANS), Emotion.NEUTRAL, 2.0, face)
    assert room.resting is not None
    assert 0.3 < room.resting[S] - room.resting[N] < 0.8


def test_a_sad_week_is_not_taken_for_a_resting_face() -> None:
    room = watched(RoomModel(HOME, MEANS), Emotion.SAD, 2.0, (FaceReading(scores(Emotion.SAD, 0.6), 0.1),))
    assert room.resting is not None
    assert max(map(abs, room.resting)) < 0.01
    assert room.prior[S] > 0.5


@pytest.mark.parametrize(
    ("shares", "happy", "neutral"),
    [
        ({Emotion.HAPPY: 0.6}, 0.6, 0.4 * 0.64 / 0.8),
        ({Emotion.HAPPY: 0.5, Emotion.NEUTRAL: 0.25}, 0.5, 0.25),
        (dict.fromkeys(EMOTIONS, 0.5), 1 / 7, 1 / 7),
    ],
)
def test_a_partial_prior_is_completed_by_an_average_home(
    shares: dict[Emotion, float], happy: float, neutral: float
) -> None:
    prior = prior_from(shares)
    assert sum(prior) == pytest.approx(1.0)
    assert (prior[H], prior[N]) == pytest.approx((happy, neutral))
