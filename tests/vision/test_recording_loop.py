"""At its end a recording begins again, without a hurry and without an end, or it is over."""

from itertools import pairwise
from pathlib import Path

import pytest

from moodpid.errors import CameraError, PictureError, RecordingEnded
from moodpid.vision.cameras import recording
from moodpid.vision.cameras.demo_scene import DemoScene
from tests.support.fakes import Clock
from tests.support.recordings import picture, unexpected
from tests.support.rooms import FACES


def camera_of(folder: Path, clock: Clock, *, loop: bool = True) -> recording.RecordingCamera:
    """The pictures in a folder, four a second."""
    return recording.RecordingCamera(
        lambda: recording.frames(folder, 4.0, unexpected), 4.0, loop=loop, clock=clock, sleep=clock.sleep
    )


def test_the_pace_holds_when_a_recording_begins_again() -> None:
    clock = Clock()
    scene = DemoScene(FACES)
    camera = recording.RecordingCamera(
        lambda: scene.frames(4.0), 4.0, loop=True, clock=clock, sleep=clock.sleep
    )
    camera.set_rate(1.0)
    times = [camera.read().at_s for _ in range(round(1.5 * scene.duration_s))]
    assert times[-1] - times[0] > 1.4 * scene.duration_s


@pytest.mark.parametrize("loop", [True, False])
def test_at_its_end_a_recording_begins_again_or_ends(tmp_path: Path, loop: bool) -> None:
    clock = Clock()
    picture(tmp_path / "a.png", 10)
    picture(tmp_path / "b.png", 20)
    camera = camera_of(tmp_path, clock, loop=loop)
    levels = [int(camera.read().grey[0, 0]) for _ in range(2)]
    if loop:
        levels += [int(camera.read().grey[0, 0]) for _ in range(2)]
        assert levels == [10, 20, 10, 20]
    else:
        with pytest.raises(RecordingEnded):
            camera.read()
    camera.close()


def test_a_loop_in_which_nothing_can_be_read_ends(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    faults: list[PictureError] = []
    camera = recording.RecordingCamera(lambda: recording.frames(tmp_path, 4.0, faults.append), 4.0, loop=True)
    with pytest.raises(RecordingEnded):
        camera.read()
    assert faults


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_last_picture_of_a_loop_stays_as_long(tmp_path: Path, count: int) -> None:
    for number in range(count):
        picture(tmp_path / f"{number}.png")
    camera = camera_of(tmp_path, Clock())
    times_s = [camera.read().at_s for _ in range(12)]
    assert [after - before for before, after in pairwise(times_s)] == pytest.approx([0.25] * 11)


def test_a_loop_whose_folder_is_away_is_a_lost_camera(tmp_path: Path) -> None:
    share = tmp_path / "share"
    share.mkdir()
    picture(share / "a.png")
    camera = camera_of(share, Clock())
    camera.read()
    share.rename(tmp_path / "away")
    with pytest.raises(CameraError, match="share: no such file"):
        camera.read()
