"""What the configuration says reaches the parts that it is about."""

import pytest

from moodpid import wiring
from moodpid.channels import SharedValue
from moodpid.config import parse
from moodpid.mood.emotion import EMOTIONS, Emotion
from moodpid.mood.room import ClassifierProfile, RoomState, prior_from
from moodpid.mood.senses import evidence_of_scores
from moodpid.state import ViewLevel
from moodpid.vision.cameras import registry
from moodpid.vision.pipeline import FacePipeline
from tests.support.fakes import Clock, FakeCamera, FakeClassifier, FakeDetector, look

PROFILE = ClassifierProfile((1 / 7,) * 7, mean_logs=tuple((0.0,) * len(EMOTIONS) for _ in EMOTIONS))


@pytest.mark.parametrize("mqtt", [False, True])
@pytest.mark.parametrize("web", [False, True])
def test_a_picture_leaves_only_where_it_was_asked_for(
    monkeypatch: pytest.MonkeyPatch, mqtt: bool, web: bool
) -> None:
    monkeypatch.setattr(registry, "camera_opener", lambda *_: lambda: FakeCamera(Clock()))
    asked_for = "".join(
        f"[{table}]\nenabled = true\n{'picture = true' if asked else ''}\n"
        for table, asked in (("mqtt", mqtt), ("web", web))
    )
    level = SharedValue(ViewLevel.FACES)  # a page is open
    pipeline = FacePipeline(FakeDetector(), FakeClassifier())
    source = wiring.build_source(parse(asked_for), pipeline, lambda: False, level)
    assert source.next_observation() is not None
    assert bool(source.picture) is mqtt
    assert source.view is not None
    assert bool(source.view.picture) is web
    source.close()
    assert source.picture is None


def sadness(weight: float) -> float:
    """How sad an empty room is by a sense of this weight."""
    config = parse(f"[senses.voice]\nweight = {weight}\nexpires_s = 10")
    mood_filter = wiring.build_mood_filter(config, PROFILE)
    mood_filter.sense("voice", evidence_of_scores({Emotion.SAD: 0.6, Emotion.HAPPY: 0.4}), 1.0, 0.0)
    assert mood_filter.senses_anything(9.0)
    assert not mood_filter.senses_anything(11.0)
    for step in range(20):
        state = mood_filter.update(look(step / 4))
    return state.scores[Emotion.SAD]


def test_senses_count_by_their_weights_and_for_their_time() -> None:
    assert sadness(1.0) > sadness(0.5) > sadness(0.1)


def test_how_often_moods_are_comes_from_where_the_configuration_says() -> None:
    sad_week = RoomState(tuple(100_000.0 * (emotion is Emotion.SAD) for emotion in EMOTIONS))

    def sad(prior: str) -> float:
        room = wiring.build_room(parse(f"[mood]\nprior = {prior}"), PROFILE, sad_week)
        return room.prior[EMOTIONS.index(Emotion.SAD)]

    assert sad('"home"') == prior_from({})[EMOTIONS.index(Emotion.SAD)]
    assert sad('"training"') == pytest.approx(1 / len(EMOTIONS))
    assert sad("{ sad = 0.3 }") == pytest.approx(0.3)
    assert sad('"learned"') > 0.8


def test_a_camera_gives_frames_often_enough_for_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    camera = FakeCamera(Clock())
    monkeypatch.setattr(registry, "camera_opener", lambda *_: lambda: camera)
    pipeline = FacePipeline(FakeDetector(), FakeClassifier())
    level = SharedValue(ViewLevel.NOTHING)
    source = wiring.build_source(parse("[camera]\nfps = 1"), pipeline, lambda: False, level)
    looks = [source.next_observation() for _ in range(8)]
    assert camera.rates == [2.0]
    assert sum(look is not None for look in looks) in {3, 4}  # in 3.5 s
