"""Faces are found in the whole frame, and found again at a fraction of the cost."""

from pathlib import Path

import numpy as np
import pytest

from moodpid.errors import CascadeError
from moodpid.mood.emotion import Emotion
from moodpid.vision.haar import HaarDetector, StillDetector, cascade_path
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, Frame, GreyImage
from tests.support.rooms import room

H, N = Emotion.HAPPY, Emotion.NEUTRAL


class CountingCascade:
    """The real cascade, counting the pixels it is given."""

    def __init__(self, detector: HaarDetector) -> None:
        self._real = detector._cascade
        self.pixels: list[int] = []
        detector._cascade = self  # type: ignore[assignment]

    def detectMultiScale(self, grey: GreyImage, **how: object) -> object:  # noqa: N802 - OpenCV's name
        self.pixels.append(grey.size)
        return self._real.detectMultiScale(grey, **how)  # type: ignore[call-overload]


def near(face: Face, left: int, top: int, side: int) -> bool:
    return all(abs(a - b) <= 0.15 * side for a, b in zip(face, (left, top, side, side), strict=True))


@pytest.mark.parametrize("emotion", list(Emotion))
def test_every_average_face_is_found(emotion: Emotion) -> None:
    (face,) = HaarDetector(64).detect(Frame(room((emotion, 200, 120, 220)), 0.0))
    assert near(face, 200, 120, 220)


def test_an_empty_room_has_no_faces() -> None:
    assert HaarDetector(64).detect(Frame(room(), 0.0)) == ()


def test_the_largest_face_comes_first() -> None:
    faces = HaarDetector(64).detect(Frame(room((N, 20, 40, 120), (H, 300, 100, 260)), 0.0))
    assert len(faces) == 2
    assert near(faces[0], 300, 100, 260)


def test_faces_below_the_minimum_are_not_looked_for() -> None:
    picture = Frame(room((H, 200, 120, 100)), 0.0)
    assert len(HaarDetector(64).detect(picture)) == 1
    assert HaarDetector(140).detect(picture) == ()


def test_a_second_look_searches_only_around_the_face() -> None:
    detector = HaarDetector(64)
    count = CountingCascade(detector)
    detector.detect(Frame(room((H, 200, 120, 160)), 0.0))
    (again,) = detector.detect(Frame(room((H, 210, 125, 160)), 0.25))
    assert near(again, 210, 125, 160)
    assert count.pixels[0] == 640 * 480
    assert max(count.pixels[1:]) < 0.4 * 640 * 480


def test_a_face_that_jumped_is_found_in_the_same_look() -> None:
    detector = HaarDetector(64)
    detector.detect(Frame(room((H, 20, 20, 160)), 0.0))
    (face,) = detector.detect(Frame(room((H, 440, 280, 160)), 0.25))
    assert near(face, 440, 280, 160)


def test_a_newcomer_is_seen_at_the_next_full_look() -> None:
    detector = HaarDetector(64, full_every_s=2.0)
    both = room((H, 20, 120, 180), (N, 400, 120, 180))
    detector.detect(Frame(room((H, 20, 120, 180)), 0.0))
    assert len(detector.detect(Frame(both, 1.0))) == 1
    assert len(detector.detect(Frame(both, 2.0))) == 2


def test_a_recording_that_begins_again_gets_a_full_look() -> None:
    detector = HaarDetector(64)
    count = CountingCascade(detector)
    detector.detect(Frame(room((H, 200, 120, 160)), 60.0))
    detector.detect(Frame(room((H, 200, 120, 160)), 0.0))
    assert count.pixels == [640 * 480] * 2


@pytest.mark.parametrize("side", [48, 96, 300])
@pytest.mark.parametrize("emotion", list(Emotion))
def test_a_face_that_fills_a_still_is_found_within_its_edges(emotion: Emotion, side: int) -> None:
    (face,) = StillDetector(64).detect(Frame(room((emotion, 0, 0, side), width=side, height=side), 0.0))
    assert min(face.width, face.height) >= 0.8 * side
    assert face.x >= 0 <= face.y
    assert max(face.x + face.width, face.y + face.height) <= side


def test_a_still_with_a_face_in_a_room_is_searched_as_a_camera_s_frame_is() -> None:
    picture = Frame(room((H, 20, 40, 120), (N, 300, 100, 260)), 0.0)
    assert StillDetector(64).detect(picture) == HaarDetector(64).detect(picture)


def test_a_still_without_a_face_has_none() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (48, 48), np.uint8)
    assert StillDetector(64).detect(Frame(room(), 0.0)) == ()
    assert StillDetector(64).detect(Frame(noise, 0.0)) == ()


@pytest.mark.parametrize("shape", [(1, 1), (24, 24), (30, 400), (480, 640)])
def test_frames_of_any_size_and_content_are_survived(shape: tuple[int, int]) -> None:
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    for detector in (HaarDetector(64), StillDetector(64)):
        for number in range(4):
            detector.detect(Frame(noise, number / 4))


def test_a_cascade_that_is_missing_or_broken_is_told_with_the_package_that_has_it(tmp_path: Path) -> None:
    with pytest.raises(CascadeError, match="opencv-data"):
        HaarDetector(64, str(tmp_path / "none.xml"))
    broken = tmp_path / "broken.xml"
    broken.write_text("<opencv_storage/>")
    with pytest.raises(CascadeError, match="not a face cascade"):
        HaarDetector(64, str(broken))


def test_a_build_of_opencv_without_its_data_finds_the_one_of_the_system(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(cv2, "data")
    if not Path("/usr/share/opencv4/haarcascades").is_dir():
        pytest.skip("the Debian package opencv-data is not installed: tools/test installs it")
    assert cascade_path().is_relative_to("/usr/share/opencv4")
