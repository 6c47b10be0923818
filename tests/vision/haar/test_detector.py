"""Faces are found in the whole frame, and found again at a fraction of the cost."""

import errno
import os
from pathlib import Path

import numpy as np
import pytest

from moodpid.errors import CascadeError
from moodpid.mood.emotion import Emotion
from moodpid.vision.haar import HaarDetector, StillDetector
from moodpid.vision.haar.cascades import PROPOSER, cascade_path
from moodpid.vision.haar.motion import Region
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Face, Frame, GreyImage
from tests.support.rooms import room

H, N = Emotion.HAPPY, Emotion.NEUTRAL


def near(face: Face, left: int, top: int, side: int) -> bool:
    box = face.x, face.y, face.width, face.height
    return all(abs(a - b) <= 0.15 * side for a, b in zip(box, (left, top, side, side), strict=True))


def noisy(grey: GreyImage, seed: int, deviation: float = 3.0) -> GreyImage:
    noise = np.random.default_rng(seed).normal(0, deviation, grey.shape)
    return np.clip(grey + noise, 0, 255).astype(np.uint8)


def turned(grey: GreyImage, roll: float, centre: tuple[int, int]) -> GreyImage:
    turn = cv2.getRotationMatrix2D(centre, -roll, 1.0)
    size = grey.shape[1], grey.shape[0]
    return np.asarray(cv2.warpAffine(grey, turn, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.fixture
def searches(monkeypatch: pytest.MonkeyPatch) -> list[Region]:
    """The regions that are searched."""
    regions: list[Region] = []
    search = HaarDetector._search

    def spy(detector: HaarDetector, picture: object, region: Region) -> None:
        regions.append(region)
        search(detector, picture, region)  # type: ignore[arg-type]

    monkeypatch.setattr(HaarDetector, "_search", spy)
    return regions


@pytest.mark.parametrize("emotion", list(Emotion))
def test_every_average_face_is_found(emotion: Emotion) -> None:
    (face,) = HaarDetector(64).detect(Frame(room((emotion, 200, 120, 220)), 0.0))
    assert near(face, 200, 120, 220)


@pytest.mark.parametrize("roll", [-25.0, 25.0])
def test_a_head_on_one_side_is_found_with_its_roll(roll: float) -> None:
    picture = turned(room((H, 240, 160, 160)), roll, (320, 240))
    (face,) = HaarDetector(64).detect(Frame(picture, 0.0))
    assert near(face, 240, 160, 160)
    assert face.roll == pytest.approx(roll, abs=10)


@pytest.mark.parametrize("light", [0.25, 0.15, 0.1])
@pytest.mark.parametrize("lamp", [False, True])
def test_a_face_in_dim_light_is_found(light: float, lamp: bool) -> None:
    picture = np.rint(room((N, 200, 120, 110)) * light).astype(np.uint8)
    if lamp:
        cv2.circle(picture, (560, 70), 38, (255,), -1)
    (face,) = HaarDetector(64).detect(Frame(noisy(picture, 0, 2.0), 0.0))
    assert near(face, 200, 120, 110)


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


def test_a_face_that_stays_is_followed_without_a_search(searches: list[Region]) -> None:
    detector = HaarDetector(64)
    detector.detect(Frame(room((H, 200, 120, 160)), 0.0))
    (again,) = detector.detect(Frame(room((H, 210, 125, 160)), 0.25))
    assert near(again, 210, 125, 160)
    assert len(searches) == 1


def test_a_face_that_jumped_is_found_in_the_same_look() -> None:
    detector = HaarDetector(64)
    detector.detect(Frame(room((H, 20, 20, 160)), 0.0))
    (face,) = detector.detect(Frame(room((H, 440, 280, 160)), 0.25))
    assert near(face, 440, 280, 160)


def test_a_newcomer_is_seen_at_the_next_full_search() -> None:
    detector = HaarDetector(64, full_every_s=2.0)
    both = room((H, 20, 120, 180), (N, 400, 120, 180))
    detector.detect(Frame(room((H, 20, 120, 180)), 0.0))
    assert len(detector.detect(Frame(both, 1.0))) == 1
    assert len(detector.detect(Frame(both, 2.0))) == 2


def test_a_still_empty_room_is_searched_every_two_seconds_only(searches: list[Region]) -> None:
    detector = HaarDetector(64)
    for number in range(17):
        detector.detect(Frame(noisy(room(), number), number / 4))
    assert len(searches) == 3


def test_a_person_entering_an_empty_room_is_found_at_once(searches: list[Region]) -> None:
    detector = HaarDetector(64)
    detector.detect(Frame(noisy(room(), 0), 0.0))
    detector.detect(Frame(noisy(room(), 1), 0.25))
    (face,) = detector.detect(Frame(noisy(room((N, 300, 200, 70)), 2), 0.5))
    assert near(face, 300, 200, 70)
    assert searches[-1].area < 640 * 480 / 4


def test_a_recording_that_begins_again_gets_a_full_search(searches: list[Region]) -> None:
    detector = HaarDetector(64)
    detector.detect(Frame(room((H, 200, 120, 160)), 60.0))
    detector.detect(Frame(room((H, 200, 120, 160)), 0.0))
    assert searches == [Region(0, 0, 640, 480)] * 2


def test_a_poster_does_not_count_after_minutes() -> None:
    seen = {}
    for ignored in (True, False):
        detector = HaarDetector(64, ignore_pictures=ignored)
        for second in range(0, 200, 2):
            frame = Frame(noisy(room((N, 240, 160, 120)), second), float(second))
            seen[ignored, second] = len(detector.detect(frame))
    assert seen[True, 100] == 1
    assert seen[True, 190] == 0
    assert seen[False, 190] == 1


@pytest.mark.parametrize("exposures", [(1.0,), (1.5, 1.3, 1.15, 1.05, 1.0)])
def test_a_poster_is_no_person_in_another_light(exposures: tuple[float, ...]) -> None:
    poster = room((N, 240, 160, 120))
    lamp, window = np.linspace(1.0, 0.6, 640), np.linspace(0.6, 1.2, 640)
    lights = [lamp] * 95 + [window * share for share in exposures] + [window] * 100
    detector = HaarDetector(64)
    counted = []
    for number, light in enumerate(lights):
        seen = noisy(np.clip(poster * light, 0, 255).astype(np.uint8), number)
        counted.append(len(detector.detect(Frame(seen, 2.0 * number))))
    assert counted[:90] == [1] * 90
    assert counted[95:] == [0] * (len(lights) - 95)


def test_a_person_taken_for_a_picture_counts_on_moving() -> None:
    detector = HaarDetector(64)
    counted = []
    for number in range(150):
        moves = number >= 100
        picture = room((N, 240 + (6 * (number % 2) if moves else 0), 160, 120))
        light = 0.6 if moves and number // 20 % 2 else 1.0
        frame = Frame(noisy((picture * light).astype(np.uint8), number), 2.0 * number)
        counted.append(len(detector.detect(frame)))
    assert counted[99] == 0
    assert counted[-40:] == [1] * 40


def test_a_poster_that_moves_counts_again() -> None:
    detector = HaarDetector(64)
    for second in range(0, 190, 2):
        detector.detect(Frame(noisy(room((N, 240, 160, 120)), second), float(second)))
    faces: tuple[Face, ...] = ()
    for number in range(190, 230):
        away = 3 * (number % 2)
        faces = detector.detect(Frame(noisy(room((N, 240 + away, 160, 120)), number), float(number)))
    assert len(faces) == 1


@pytest.mark.parametrize("side", [48, 96, 300])
@pytest.mark.parametrize("emotion", list(Emotion))
def test_a_still_filling_face_is_found_within_its_edges(emotion: Emotion, side: int) -> None:
    (face,) = StillDetector(64).detect(Frame(room((emotion, 0, 0, side), width=side, height=side), 0.0))
    assert min(face.width, face.height) >= 0.8 * side
    assert face.x >= 0 <= face.y
    assert max(face.x + face.width, face.y + face.height) <= side


def test_faces_in_a_still_of_a_room_are_found() -> None:
    faces = StillDetector(64).detect(Frame(room((H, 20, 40, 120), (N, 300, 100, 260)), 0.0))
    assert near(faces[0], 300, 100, 260)
    assert near(faces[1], 20, 40, 120)


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


def test_a_frame_of_another_size_begins_afresh() -> None:
    detector = HaarDetector(64)
    detector.detect(Frame(room((H, 400, 280, 180)), 0.0))
    assert len(detector.detect(Frame(room((H, 20, 20, 180), width=320, height=240), 0.25))) == 1


def test_a_missing_or_broken_cascade_is_named_with_its_package(tmp_path: Path) -> None:
    with pytest.raises(CascadeError, match="opencv-data"):
        HaarDetector(64, str(tmp_path / "none.xml"))
    broken = tmp_path / "broken.xml"
    broken.write_text("<opencv_storage/>")
    with pytest.raises(CascadeError, match="not a face cascade"):
        HaarDetector(64, str(broken))


def test_a_cascade_that_may_not_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "is_file", refuse)  # root may enter every folder
    with pytest.raises(CascadeError, match=r"own\.xml cannot be read: Permission denied"):
        cascade_path(configured="/home/pi/own.xml")


def test_a_build_of_opencv_without_data_uses_the_system_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(cv2, "data")
    if not Path("/usr/share/opencv4/haarcascades").is_dir():
        pytest.skip("the Debian package opencv-data is not installed: tools/test installs it")
    assert cascade_path(PROPOSER).is_relative_to("/usr/share/opencv4")


@pytest.mark.parametrize("fade_s", [3.0, 5.0, 10.0, 20.0])
def test_a_poster_is_no_person_in_light_that_fades(fade_s: float) -> None:
    poster = room((N, 240, 160, 120))
    lamp, window = np.linspace(1.0, 0.6, 640), np.linspace(0.6, 1.2, 640)
    detector, at_s, counted = HaarDetector(64), 0.0, []
    shares = [(2.0, 0.0)] * 95 + [(0.25, min(1.0, n / 4 / fade_s)) for n in range(160)]
    for number, (step_s, share) in enumerate(shares):
        at_s += step_s
        light = lamp + share * (window - lamp)
        seen = noisy(np.clip(poster * light, 0, 255).astype(np.uint8), number)
        counted.append(len(detector.detect(Frame(seen, at_s))))
    assert counted[95:] == [0] * 160
