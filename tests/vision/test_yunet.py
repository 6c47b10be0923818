"""Faces of the network become boxes as the classifier learned them, turned by the line of the eyes."""

import os
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from moodpid.config import DetectorKind, VisionConfig
from moodpid.errors import ModelError
from moodpid.mood.emotion import Emotion
from moodpid.vision.detectors import build_detector
from moodpid.vision.haar import HaarDetector, StillDetector
from moodpid.vision.types import Frame
from moodpid.vision.yunet import YuNetDetector, face_of
from tests.support.rooms import room

# The path of the model: it is not part of the repository
MODEL = os.environ.get("MOODPID_YUNET_MODEL", "")


def row(x: float, y: float, side: float, score: float = 0.9, down: float = 0.0) -> NDArray[np.float32]:
    """Return a row of the network: a box, eyes in it, and the other points, which are not used."""
    eyes = (x + 0.3 * side, y + 0.4 * side, x + 0.7 * side, y + 0.4 * side + down)
    return np.array([x, y, side, 1.2 * side, *eyes, *[0.0] * 6, score], np.float32)


class FakeNetwork:
    """Finds the same faces in every picture."""

    def __init__(self, *rows: NDArray[np.float32]) -> None:
        self.rows = rows
        self.sizes: list[tuple[int, int]] = []

    def setInputSize(self, size: tuple[int, int]) -> None:  # noqa: N802 - OpenCV's name
        self.sizes.append(size)

    def detect(self, picture: NDArray[np.uint8]) -> tuple[int, NDArray[np.float32] | None]:
        assert picture.shape == (*reversed(self.sizes[-1]), 3)
        return 1, np.array(self.rows) if self.rows else None


def test_faces_are_scaled_to_the_frame_the_largest_first() -> None:
    network = FakeNetwork(row(10, 20, 40), row(100, 60, 80))
    large, small = YuNetDetector("", 64, open_network=lambda _: network).detect(Frame(room(), 0.0))
    assert network.sizes == [(320, 240)]
    assert large.width > small.width > 64
    assert large.centre == pytest.approx((280, 206), abs=8)


def test_faces_below_the_minimum_are_left_out() -> None:
    network = FakeNetwork(row(10, 20, 20))
    assert YuNetDetector("", 64, open_network=lambda _: network).detect(Frame(room(), 0.0)) == ()


def test_a_frame_without_faces_has_none() -> None:
    detector = YuNetDetector("", 64, open_network=lambda _: FakeNetwork())
    assert detector.detect(Frame(room(), 0.0)) == ()


def test_the_roll_is_that_of_the_line_of_the_eyes() -> None:
    assert face_of(row(0, 0, 100)).roll == pytest.approx(0.0)
    assert face_of(row(0, 0, 100, down=40.0)).roll == pytest.approx(45.0)
    assert face_of(row(0, 0, 100, down=-40.0)).roll == pytest.approx(-45.0)


def test_a_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no network")
    with pytest.raises(ModelError, match=r"broken\.onnx: not a YuNet model"):
        YuNetDetector(str(broken), 64)


def test_a_file_that_cannot_be_read_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.onnx: cannot be read: No such file"):
        YuNetDetector(str(tmp_path / "none.onnx"), 64)
    with pytest.raises(ModelError, match="cannot be read: Is a directory"):
        YuNetDetector(str(tmp_path), 64)


def test_the_configuration_chooses_the_detector() -> None:
    assert isinstance(build_detector(VisionConfig()), HaarDetector)
    assert isinstance(build_detector(VisionConfig(), stills=True), StillDetector)


def test_yunet_without_its_model_is_refused() -> None:
    with pytest.raises(ValueError, match="detector_model"):
        VisionConfig(detector=DetectorKind.YUNET)


@pytest.mark.skipif(not MODEL, reason="MOODPID_YUNET_MODEL does not name face_detection_yunet_2023mar.onnx")
@pytest.mark.parametrize("emotion", list(Emotion))
def test_every_average_face_is_found_by_the_real_network(emotion: Emotion) -> None:
    config = VisionConfig(detector=DetectorKind.YUNET, detector_model=MODEL)
    (face,) = build_detector(config).detect(Frame(room((emotion, 200, 120, 220)), 0.0))
    assert face.centre == pytest.approx((310, 230), abs=40)
