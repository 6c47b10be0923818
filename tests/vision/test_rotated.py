"""Frames are turned and mirrored as the configuration says, whichever camera they come from."""

import numpy as np
import pytest

from moodpid.config import CameraConfig as CameraTable
from moodpid.config import CameraSource, parse
from moodpid.errors import ConfigError
from moodpid.vision.cameras.registry import camera_opener
from moodpid.vision.cameras.rotated import RotatedCamera
from moodpid.vision.types import Frame

PICTURE = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)


class Still:
    """Always shows the same picture."""

    closed = False
    fps = 0.0

    def read(self) -> Frame:
        return Frame(PICTURE, 7.0)

    def set_rate(self, fps: float) -> None:
        self.fps = fps

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize(
    ("rotation", "hflip", "vflip", "rows"),
    [
        (0, False, False, [[1, 2, 3], [4, 5, 6]]),
        (90, False, False, [[4, 1], [5, 2], [6, 3]]),
        (180, False, False, [[6, 5, 4], [3, 2, 1]]),
        (270, False, False, [[3, 6], [2, 5], [1, 4]]),
        (0, True, False, [[3, 2, 1], [6, 5, 4]]),
        (0, False, True, [[4, 5, 6], [1, 2, 3]]),
        (180, True, True, [[1, 2, 3], [4, 5, 6]]),
    ],
)
def test_a_picture_is_turned_clockwise_and_mirrored(
    rotation: int, hflip: bool, vflip: bool, rows: list[list[int]]
) -> None:
    frame = RotatedCamera(Still(), rotation, hflip=hflip, vflip=vflip).read()
    assert frame.grey.tolist() == rows
    assert frame.grey.flags.c_contiguous
    assert frame.at_s == 7.0


def test_closing_and_another_pace_are_the_camera_s_own_affair() -> None:
    camera = Still()
    turned = RotatedCamera(camera, 180, hflip=False, vflip=False)
    turned.set_rate(2.0)
    turned.close()
    assert camera.fps == 2.0
    assert camera.closed


def test_the_configuration_turns_any_camera() -> None:
    table = CameraTable(source=CameraSource.RECORDING, rotation=90)
    camera = camera_opener(table)()
    height, width = camera.read().grey.shape
    camera.close()
    assert height > width


def test_a_rotation_that_is_none_is_reported() -> None:
    with pytest.raises(ConfigError, match=r"\[camera\] rotation.*45"):
        parse("[camera]\nrotation = 45\n[player]\nenabled = false\n")
