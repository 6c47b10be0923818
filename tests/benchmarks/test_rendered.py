"""A drawn evening shows the faces that it should, and is read back as it was shown."""

from pathlib import Path

import numpy as np
import pytest
from benchmarks.detection.furniture import HEIGHT, WIDTH
from benchmarks.living_room.evenings import LOOKS_HZ, NOBODY, Evening
from benchmarks.living_room.rendered import Painter, Seen, open_writer, replay

from moodpid.mood.emotion import EMOTIONS, UNIFORM, Emotion
from moodpid.vision.image_files import read_grey
from moodpid.vision.types import Face
from tests.support.rooms import FACES

SECONDS = 8
HAPPY = EMOTIONS.index(Emotion.HAPPY)


@pytest.fixture(scope="module")
def painter() -> Painter:
    return Painter(np.stack([read_grey(FACES / f"{emotion}.png") for emotion in EMOTIONS]), 0)


def evening(*shown: int, looks: int = SECONDS * LOOKS_HZ) -> Evening:
    """Return an evening on which each person shows one face throughout, -1 for none."""
    faces = np.tile(np.array(shown), (looks, 1))
    sizes = np.full(faces.shape, 0.1)
    truth = np.full(looks, max(shown) if max(shown) >= 0 else NOBODY)
    scores = np.full((*faces.shape, NOBODY), 1 / NOBODY)
    return Evening(truth, scores, np.where(faces >= 0, sizes, 0.0), faces, sizes)


def test_faces_are_drawn_at_their_places_only(painter: Painter) -> None:
    (with_face, places), *_ = painter.frames(evening(HAPPY, -1, looks=2))
    (without, none), *_ = painter.frames(evening(-1, -1, looks=2))
    (place,) = places
    assert none == []
    outside = np.ones((HEIGHT, WIDTH), np.bool_)
    outside[place.y : place.y + place.height, place.x : place.x + place.width] = False
    assert np.array_equal(with_face[outside], without[outside])
    assert not np.array_equal(with_face, without)


def test_faces_of_three_people_stay_within_the_frame_and_apart(painter: Painter) -> None:
    for _, places in painter.frames(evening(0, 1, 2, looks=30)):
        lefts = [place.x for place in places]
        rights = [place.x + place.width for place in places]
        assert lefts[0] >= 0
        assert rights[2] <= WIDTH
        assert rights[0] <= lefts[1]
        assert rights[1] <= lefts[2]


def test_a_replayed_video_has_the_mood_that_was_drawn(painter: Painter, tmp_path: Path) -> None:
    shown, video = evening(HAPPY), tmp_path / "evening.mkv"
    writer = open_writer(video)
    for grey, _ in painter.frames(shown):
        writer.write(grey)
    writer.release()
    reports = replay(video, len(shown.truth))
    assert len(reports) == len(shown.truth)
    assert reports[0] == NOBODY
    assert reports[-1] == HAPPY


def test_what_was_seen_becomes_an_evening_with_the_same_truth() -> None:
    seen = Seen()
    seen.add([])
    seen.add([(UNIFORM, Face(0, 0, 64, 48)), (UNIFORM, Face(100, 0, 32, 48))])
    truth = np.array([NOBODY, HAPPY])
    result = seen.evening(truth)
    assert result.areas.tolist() == [[0.0, 0.0], [0.01, 0.005]]
    assert result.scores[1, 0] == pytest.approx(UNIFORM.probabilities)
    assert np.array_equal(result.truth, truth)
