"""Recordings become frames in their own time, and what is broken in them is reported by name."""

import contextlib
import errno
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from moodpid.errors import PictureError
from moodpid.mood.emotion import Emotion
from moodpid.vision import limits
from moodpid.vision.cameras import recording
from moodpid.vision.cameras.demo_scene import HEIGHT, WIDTH, DemoScene, script
from moodpid.vision.cameras.video import Frames
from moodpid.vision.image_files import read_grey
from moodpid.vision.opencv import cv2
from moodpid.vision.types import Frame
from tests.support.fakes import Clock
from tests.support.recordings import picture, unexpected
from tests.support.rooms import FACES, room


def video(file: Path, frames: int = 50, fps: float = 25.0) -> Path:
    writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), fps, (64, 48))
    for number in range(frames):
        writer.write(np.full((48, 64, 3), 5 * number, np.uint8))
    writer.release()
    return file


class Faults(list[str]):
    def __call__(self, fault: PictureError) -> None:
        self.append(str(fault))


def test_pictures_of_a_folder_are_sorted_by_name(tmp_path: Path) -> None:
    for name, level in (("b.png", 20), ("a.png", 10), ("c.bmp", 30)):
        picture(tmp_path / name, level)
    (tmp_path / "notes.txt").write_text("not a picture")
    frames = list(recording.frames(tmp_path, 2.0, unexpected))
    assert [int(f.grey[0, 0]) for f in frames] == [10, 20, 30]
    assert [f.at_s for f in frames] == [0.0, 0.5, 1.0]


def test_a_video_is_sampled_by_its_own_timestamps(tmp_path: Path) -> None:
    frames = list(recording.frames(video(tmp_path / "v.avi"), 5.0, unexpected))
    assert [f.at_s for f in frames] == pytest.approx([n / 5 for n in range(10)], abs=0.021)
    assert frames[5].grey[0, 0] == pytest.approx(125, abs=6)
    assert frames[0].grey.shape == (48, 64)


def test_broken_pictures_are_reported_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    (tmp_path / "b.jpg").write_text("hello")
    picture(tmp_path / "c.png")
    picture(tmp_path / "d.png", size=(1, 1))
    faults = Faults()
    assert len(list(recording.frames(tmp_path, 4.0, faults))) == 1
    assert [f.partition(": ")[0] for f in faults] == [str(tmp_path / n) for n in ("a.png", "b.jpg", "d.png")]


def test_a_video_cut_short_is_reported(tmp_path: Path) -> None:
    whole = video(tmp_path / "v.avi").read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole[: len(whole) // 2])
    faults = Faults()
    frames = list(recording.frames(cut, 25.0, faults))
    assert 0 < len(frames) < 50
    assert len(faults) == 1
    assert "cut short" in faults[0]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("none.mp4", None, "no such file"),
        ("empty.mp4", b"", "empty"),
        ("notes.txt", b"hello" * 999, "text, not a video"),
        ("noise.mp4", bytes(range(256)) * 9, "not a video"),
    ],
)
def test_a_recording_that_cannot_be_opened_is_reported_at_once(
    tmp_path: Path, name: str, content: bytes | None, says: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(PictureError, match=says):
        recording.frames(tmp_path / name, 4.0, unexpected)


def test_a_folder_that_may_not_be_entered_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_path: Path) -> bool:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "is_dir", refuse)  # root may enter every folder
    with pytest.raises(PictureError, match=r"film\.mp4: cannot be read: Permission denied"):
        recording.frames(tmp_path / "film.mp4", 4.0, unexpected)


def test_a_folder_without_pictures_is_reported(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no pictures"):
        recording.frames(tmp_path, 4.0, unexpected)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "no such file"),
        (b"", "empty"),
        (b"hello", "not a picture"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 40, "damaged"),
    ],
)
def test_what_is_no_picture_is_reported_as_what_it_is(
    tmp_path: Path, content: bytes | None, says: str
) -> None:
    file = tmp_path / "p.png"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(PictureError, match=says):
        read_grey(file)


def test_the_service_reads_smaller_pictures_than_commands(tmp_path: Path) -> None:
    picture(tmp_path / "a.bmp", size=(3000, 4500))
    few = limits.ReadLimits(picture_bytes=48_000_000, video_pixels=2_400_000)
    faults: list[PictureError] = []
    assert list(recording.frames(tmp_path, 4.0, faults.append, few)) == []
    assert "4500 x 3000 pixels take" in str(faults[0])
    assert len(list(recording.frames(tmp_path, 4.0, unexpected))) == 1


def test_a_picture_that_no_face_fits_into_is_reported(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="1 x 1 pixels"):
        read_grey(picture(tmp_path / "p.png", size=(1, 1)))


def test_a_recording_plays_at_its_own_pace() -> None:
    clock = Clock()
    start_s = clock()
    camera = recording.RecordingCamera(
        lambda: DemoScene(FACES).frames(4.0), 4.0, loop=False, clock=clock, sleep=clock.sleep
    )
    assert [camera.read().at_s - start_s for _ in range(4)] == [0.0, 0.25, 0.5, 0.75]
    assert clock() - start_s == 0.75


def test_a_pause_in_the_timestamps_is_cut_short() -> None:
    clock = Clock()
    start_s = clock()
    times_s = (0.0, 0.25, 45.0, 45.25, 46.0)

    def film() -> Frames:
        for at_s in times_s:
            yield Frame(np.zeros((48, 48), np.uint8), at_s)

    camera = recording.RecordingCamera(film, 4.0, loop=False, clock=clock, sleep=clock.sleep)
    assert [camera.read().at_s - start_s for _ in times_s] == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.5])
    assert clock() - start_s == pytest.approx(1.5)


def test_frames_that_came_due_while_nobody_looked_are_left_out() -> None:
    clock = Clock()
    start_s = clock()
    camera = recording.RecordingCamera(
        lambda: DemoScene(FACES).frames(4.0), 4.0, loop=False, clock=clock, sleep=clock.sleep
    )
    camera.read()
    clock.sleep(2.1)
    assert camera.read().at_s - start_s == 2.0


def at_another_pace(frames: Frames, fps: float) -> list[float]:
    """The times of the frames after the first, if these many a second are asked for from there on."""
    next(frames)
    times = []
    with contextlib.suppress(StopIteration):
        while True:
            times.append(frames.send(fps).at_s)
    return times


def test_every_recording_makes_fewer_frames_on_request(tmp_path: Path) -> None:
    for name in "abcdefgh":
        picture(tmp_path / f"{name}.png")
    assert at_another_pace(recording.frames(tmp_path, 4.0, unexpected), 2.0) == [0.5, 1.0, 1.5]
    film = recording.frames(video(tmp_path / "v.avi"), 5.0, unexpected)
    assert at_another_pace(film, 1.0) == pytest.approx([1.0], abs=0.021)
    assert at_another_pace(DemoScene(FACES).frames(4.0), 0.5)[:3] == [2.0, 4.0, 6.0]


def test_a_pace_between_leaves_out_frames_evenly(tmp_path: Path) -> None:
    for name in "abcdefghi":
        picture(tmp_path / f"{name}.png")
    times = at_another_pace(recording.frames(tmp_path, 4.0, unexpected), 3.0)
    assert len(times) == 6
    assert times == sorted(set(times))


@pytest.mark.parametrize("looks", [0, 3])
def test_a_changed_rate_keeps_the_recording_s_own_time(looks: int) -> None:
    clock = Clock()
    start_s = clock()
    camera = recording.RecordingCamera(
        lambda: DemoScene(FACES).frames(4.0), 4.0, loop=True, clock=clock, sleep=clock.sleep
    )
    for _ in range(looks):
        camera.read()
    camera.set_rate(1.0)
    times = [camera.read().at_s - start_s for _ in range(4)]
    assert [b - a for a, b in pairwise(times)] == [1.0] * 3
    assert clock() - start_s == times[-1]


@pytest.mark.parametrize("cost_s", [0.1, 0.3, 2.0])
def test_a_machine_too_slow_for_a_recording_shows_it_slower(cost_s: float) -> None:
    clock = Clock()

    def slow() -> Frames:
        for number in range(20):
            clock.sleep(cost_s)
            yield Frame(room(), number / 4)

    camera = recording.RecordingCamera(slow, 4.0, loop=True, clock=clock, sleep=clock.sleep)
    times = []
    for _ in range(30):
        asked_s = clock()
        times.append(camera.read().at_s)
        assert clock() - asked_s <= 3
    assert times == sorted(times)


def test_the_bundled_scene_shows_all_emotions_between_empty_rooms() -> None:
    parts, _ = script()
    shown = [part.shows for part in parts]
    assert {s for s in shown if s} == set(Emotion)
    assert shown[0] is shown[-1] is None
    assert None in shown[1:-1]


def test_the_bundled_scene_is_the_same_each_time() -> None:
    one, other = DemoScene(FACES), DemoScene(FACES)
    assert one.picture(6.0).shape == (HEIGHT, WIDTH)
    assert np.array_equal(one.picture(6.0), other.picture(6.0))
    assert not np.array_equal(one.picture(6.0), one.picture(2.0))


def test_a_colour_picture_is_read_as_grey(tmp_path: Path) -> None:
    file = tmp_path / "colour.png"
    cv2.imwrite(str(file), np.dstack([room()] * 3))
    assert np.array_equal(read_grey(file), room())
