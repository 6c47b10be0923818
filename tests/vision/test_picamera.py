"""The Pi's camera gives grey frames, whatever it made of the request, and never waits for ever."""

import atexit
import importlib
import sys
from concurrent.futures import Future

import numpy as np
import pytest
from numpy.typing import NDArray

from moodpid.errors import CameraError, CameraStuckError
from tests.support import fake_libcamera, fake_picamera2
from tests.support.fake_picamera2 import Picamera2


@pytest.fixture
def pi_camera(monkeypatch: pytest.MonkeyPatch) -> type:
    """The adapter over a stand-in for picamera2, imported again."""
    monkeypatch.setitem(sys.modules, "picamera2", fake_picamera2)
    monkeypatch.setitem(sys.modules, "libcamera", fake_libcamera)
    monkeypatch.delitem(sys.modules, "moodpid.vision.cameras.picamera", raising=False)
    monkeypatch.setattr(Picamera2, "opened", [])
    adapter: type = importlib.import_module("moodpid.vision.cameras.picamera").PiCamera
    return adapter


@pytest.mark.parametrize(
    ("asked", "adjusted", "shape"),
    [
        ((640, 480), {}, (480, 640)),
        ((600, 400), {}, (400, 600)),
        ((640, 480), {"size": (320, 240), "stride": 384, "format": "NV12"}, (240, 320)),
    ],
)
def test_frames_are_the_brightness_without_its_padding(
    pi_camera: type,
    monkeypatch: pytest.MonkeyPatch,
    asked: tuple[int, int],
    adjusted: dict[str, object],
    shape: tuple[int, int],
) -> None:
    monkeypatch.setattr(Picamera2, "adjusted", adjusted)
    frame = pi_camera(0, width=asked[0], height=asked[1], fps=4.0).read()
    assert frame.grey.shape == shape
    assert (frame.grey[:, 0] == range(shape[0])).sum() == min(shape[0], 256)
    assert not (frame.grey[8:] == 7).any() or shape[0] > 263


def test_the_camera_itself_is_asked_for_the_pace(pi_camera: type) -> None:
    pi_camera(0, width=640, height=480, fps=4.0)
    (camera,) = Picamera2.opened
    assert camera.asked["controls"]["FrameDurationLimits"] == (250_000, 250_000)
    assert "AfMode" not in camera.asked["controls"]


def test_a_new_rate_is_set_on_the_open_camera(pi_camera: type) -> None:
    camera = pi_camera(0, width=640, height=480, fps=4.0)
    camera.set_rate(4.0)
    camera.set_rate(1.0)
    assert Picamera2.opened[0].set_later == [{"FrameDurationLimits": (1_000_000, 1_000_000)}]


def test_a_rate_that_libcamera_rejects_is_a_camera_error(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Picamera2, _controls: dict[str, object]) -> None:
        raise RuntimeError("Camera in Stopping state")

    camera = pi_camera(0, width=640, height=480, fps=4.0)
    monkeypatch.setattr(Picamera2, "set_controls", fail)
    with pytest.raises(CameraError, match="takes no other pace: Camera in Stopping state"):
        camera.set_rate(1.0)


def test_the_time_limit_follows_the_camera_s_rate(pi_camera: type, monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    answer = Picamera2.wait

    def wait(self: Picamera2, job: Future[NDArray[np.uint8]], timeout: float) -> NDArray[np.uint8]:
        waits.append(timeout)
        return answer(self, job, timeout)

    monkeypatch.setattr(Picamera2, "wait", wait)
    camera = pi_camera(0, width=640, height=480, fps=4.0)
    for fps in (4.0, 1.0, 4.0):
        camera.set_rate(fps)
        camera.read()
    assert waits == [1.75, 2.5, 2.5]


def test_a_camera_that_can_focus_is_reported_to(pi_camera: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Picamera2, "controls_there", {"AfMode": (0, 2, 0)})
    pi_camera(0, width=640, height=480, fps=4.0)
    assert Picamera2.opened[0].asked["controls"]["AfMode"] == "continuous"


def test_brightness_has_the_full_range_of_a_picture(pi_camera: type) -> None:
    pi_camera(0, width=640, height=480, fps=4.0)
    assert Picamera2.opened[0].asked["colour_space"] == "sYCC"


def test_only_what_is_looked_at_is_asked_of_the_camera(pi_camera: type) -> None:
    pi_camera(0, width=640, height=480, fps=4.0)
    assert Picamera2.opened[0].asked["raw"] is None
    assert Picamera2.opened[0].asked["main"]["format"] == "YUV420"


def test_backlit_faces_are_exposed_for_where_possible(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Picamera2, "controls_there", {"AeConstraintMode": (0, 3, 0), "ExposureValue": (-8, 8, 0)}
    )
    pi_camera(0, width=640, height=480, fps=4.0, backlight=True)
    controls = Picamera2.opened[0].asked["controls"]
    assert controls["AeConstraintMode"] == "shadows"
    assert controls["ExposureValue"] > 0
    assert "AeMeteringMode" not in controls


def test_exposure_is_the_camera_s_own_affair_unless_asked(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Picamera2, "controls_there", {"ExposureValue": (-8, 8, 0)})
    pi_camera(0, width=640, height=480, fps=4.0)
    assert set(Picamera2.opened[0].asked["controls"]) == {"FrameDurationLimits"}


def test_the_sensor_shows_the_whole_room_at_the_least_cost(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As the Camera Module 2 (IMX219) tells them
    imx219 = [
        {"size": (640, 480), "bit_depth": 10, "crop_limits": (1000, 752, 1280, 960)},
        {"size": (1640, 1232), "bit_depth": 8, "crop_limits": (0, 0, 3280, 2464)},
        {"size": (1640, 1232), "bit_depth": 10, "crop_limits": (0, 0, 3280, 2464)},
        {"size": (1920, 1080), "bit_depth": 10, "crop_limits": (680, 692, 1920, 1080)},
        {"size": (3280, 2464), "bit_depth": 10, "crop_limits": (0, 0, 3280, 2464)},
    ]
    monkeypatch.setattr(Picamera2, "modes", imx219)
    monkeypatch.setattr(Picamera2, "controls_there", {"ScalerCrop": ()})
    pi_camera(0, width=640, height=480, fps=4.0)
    assert Picamera2.opened[0].asked["sensor"] == {"output_size": (1640, 1232), "bit_depth": 8}


def test_a_camera_without_modes_chooses_by_itself(pi_camera: type) -> None:
    pi_camera(0, width=640, height=480, fps=4.0)
    assert Picamera2.opened[0].asked["sensor"] is None


def test_no_camera_at_all_is_reported_with_what_to_try(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Picamera2, "cameras", 0)
    with pytest.raises(CameraError, match="finds none; check its cable, then `rpicam-hello"):
        pi_camera(0, width=640, height=480, fps=4.0)


def test_a_missing_camera_number_is_reported_with_the_present_ones(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Picamera2, "cameras", 2)
    with pytest.raises(CameraError, match=r"Pi camera 2: .* finds 0 \(imx708\), 1 \(imx709\)"):
        pi_camera(2, width=640, height=480, fps=4.0)


@pytest.mark.parametrize(
    "reported",
    [
        "Failed to acquire camera: Device or resource busy",
        "Camera in Running state trying acquire() requiring state Available",
    ],
)
def test_a_busy_camera_is_reported_with_its_user(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch, reported: str
) -> None:
    monkeypatch.setattr(Picamera2, "busy", reported)
    with pytest.raises(CameraError, match="another program uses it") as raised:
        pi_camera(0, width=640, height=480, fps=4.0)
    assert reported in str(raised.value)


def test_another_fault_is_not_taken_for_a_busy_camera(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Picamera2, "busy", "Failed to initialize camera")
    with pytest.raises(CameraError, match=r"does not open \(Failed to initialize camera\)"):
        pi_camera(0, width=640, height=480, fps=4.0)


def test_a_camera_that_does_not_start_is_closed_again(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_self: Picamera2) -> None:
        raise RuntimeError("Failed to start camera")

    monkeypatch.setattr(Picamera2, "start", fail)
    with pytest.raises(CameraError, match="does not start: Failed to start camera"):
        pi_camera(0, width=640, height=480, fps=4.0)
    assert not Picamera2.opened[0].is_open


def test_a_camera_that_stalls_is_reported_in_time(pi_camera: type, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = pi_camera(0, width=640, height=480, fps=4.0)
    monkeypatch.setattr(Picamera2, "stalled", True)
    with pytest.raises(CameraError, match="no frames any more"):
        camera.read()


def test_a_hanging_camera_does_not_block_the_process_s_exit(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[object] = []
    monkeypatch.setattr(atexit, "unregister", left.append)
    pi_camera(0, width=640, height=480, fps=4.0)
    assert left == [Picamera2.opened[0].close]


def test_a_camera_that_libcamera_holds_is_reported(pi_camera: type, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Picamera2) -> None:
        raise RuntimeError("Failed to release camera: Device or resource busy")

    camera = pi_camera(0, width=640, height=480, fps=4.0)
    monkeypatch.setattr(Picamera2, "close", fail)
    with pytest.raises(CameraStuckError, match="does not close: Failed to release"):
        camera.close()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PermissionError(13, "Permission denied", "/dev/dma_heap/vidbuf_cached"), "group video"),
        (OSError(12, "Cannot allocate memory"), "Cannot allocate memory"),
        (AttributeError("'NoneType' object has no attribute 'get'"), "does not open"),
    ],
)
def test_whatever_picamera2_raises_is_a_fault_of_the_camera(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    def fail(_self: Picamera2, _number: int = 0) -> None:
        raise error

    monkeypatch.setattr(Picamera2, "__init__", fail)
    with pytest.raises(CameraError, match=says):
        pi_camera(0, width=640, height=480, fps=4.0)


def test_a_camera_manager_that_fails_is_a_camera_error(
    pi_camera: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_cls: type) -> None:
        raise RuntimeError("Failed to start CameraManager")

    monkeypatch.setattr(Picamera2, "global_camera_info", classmethod(fail))
    with pytest.raises(CameraError, match="Failed to start CameraManager"):
        pi_camera(0, width=640, height=480, fps=4.0)


def test_a_frame_cut_short_is_a_fault_of_the_camera(pi_camera: type, monkeypatch: pytest.MonkeyPatch) -> None:
    camera = pi_camera(0, width=640, height=480, fps=4.0)
    monkeypatch.setattr(Picamera2, "wait", lambda *_, **__: np.zeros(1000, np.uint8))
    with pytest.raises(CameraError, match="the Pi camera failed"):
        camera.read()


def test_a_camera_that_stopped_is_a_camera_error(pi_camera: type, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_self: Picamera2, _name: str, *, wait: bool) -> None:
        raise RuntimeError(f"Camera is not running {wait}")

    camera = pi_camera(0, width=640, height=480, fps=4.0)
    monkeypatch.setattr(Picamera2, "capture_buffer", fail)
    with pytest.raises(CameraError, match="Camera is not running"):
        camera.read()
