"""The Raspberry Pi's camera through picamera2 and libcamera."""

import atexit
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

import libcamera
import numpy as np
from picamera2 import Picamera2

from moodpid.config import CameraConfig
from moodpid.errors import CameraBusyError, CameraError, CameraStuckError
from moodpid.vision.types import Frame

_TIMEOUT_S = 1.5  # beyond the time of a frame
_AS_WIDE = 0.95
_BACKLIGHT_STOPS = 0.7  # more light than for the picture as a whole


class PiCamera:
    """Reads the brightness of the low-resolution stream, which the camera sends at the requested rate.

    Args:
        device: Which camera, 0 for the first.
        width, height: The size to ask for, in pixels; the camera may choose a near one.
        fps: Frames per second.
        backlight: Expose for faces before a window, as far as the camera can.

    Raises:
        CameraError: There is no such camera, or another program has it.
    """

    def __init__(self, device: int, *, width: int, height: int, fps: float, backlight: bool = False) -> None:
        # What it cannot do it raises, and we tell that once; its own line would come with each try
        logging.getLogger("picamera2").setLevel(logging.CRITICAL)
        try:
            _check_number(device)
            self._camera = Picamera2(device)
        except CameraError:
            raise
        except Exception as error:  # picamera2 raises what the kernel, libcamera or its own code does
            raise _fault(device, error) from error
        # It is closed here; one that hangs must not keep the process from ending
        atexit.unregister(self._camera.close)
        self._fps = fps
        self._timeout_s = _TIMEOUT_S + 1 / fps
        try:
            self._configure(width, height, fps, _exposure(self._camera.camera_controls) if backlight else {})
            self._camera.start()
        except Exception as error:  # libcamera's faults have no common type
            self.close()
            raise CameraError(f"Pi camera {device} does not start: {error}") from error

    def _configure(self, width: int, height: int, fps: float, exposure: dict[str, Any]) -> None:
        controls = {**_lasting(fps), **exposure}
        if "AfMode" in self._camera.camera_controls:
            controls["AfMode"] = libcamera.controls.AfModeEnum.Continuous
        configuration = self._camera.create_video_configuration(
            # The main stream and the sensor's raw pictures are not used: small, or not at all
            main={"size": (width, height), "format": "YUV420"},
            lores={"size": (width, height), "format": "YUV420"},
            raw=None,
            sensor=_widest_view(self._camera),
            # Brightness from 0 to 255, as in the pictures that the network learnt from; video has 16 to 235
            colour_space=libcamera.ColorSpace.Sycc(),
            controls=controls,
            buffer_count=2,
            queue=False,
            display=None,
            encode=None,
        )
        self._camera.configure(configuration)
        # What the camera made of the request; the rows are padded to the stride
        lores = self._camera.camera_configuration()["lores"]
        self._width, self._height = lores["size"]
        self._stride = lores.get("stride") or self._width

    def read(self) -> Frame:
        """Return the next frame.

        Raises:
            CameraError: None came in time, or what came is no frame.
        """
        try:
            job = self._camera.capture_buffer("lores", wait=False)
            buffer = self._camera.wait(job, timeout=self._timeout_s)
            # In YUV420 as in NV12 the brightness comes first, row by row
            brightness = np.asarray(buffer)[: self._stride * self._height].reshape(self._height, self._stride)
        except (TimeoutError, FutureTimeoutError, CancelledError) as error:
            raise CameraError("the Pi camera sends no frames any more; check its cable") from error
        except Exception as error:  # raised on picamera2's own thread, or of a frame that is cut short
            raise CameraError(f"the Pi camera failed: {error}") from error
        return Frame(brightness[:, : self._width], time.monotonic())

    def set_rate(self, fps: float) -> None:
        """Have the sensor make this many frames per second, some frames from now.

        Raises:
            CameraError: libcamera refuses it.
        """
        if fps != self._fps:
            try:
                self._camera.set_controls(_lasting(fps))
            except Exception as error:  # libcamera's faults have no common type
                raise CameraError(f"the Pi camera takes no other pace: {error}") from error
            # Frames of the old pace are still on their way
            self._timeout_s = _TIMEOUT_S + 1 / min(fps, self._fps)
            self._fps = fps

    def close(self) -> None:
        """Close the camera; this may hang, see `moodpid.vision.cameras.time_limited`.

        Raises:
            CameraStuckError: libcamera does not release it.
        """
        try:
            self._camera.close()
        except Exception as error:  # libcamera's faults have no common type
            raise CameraStuckError(f"the Pi camera does not close: {error}") from error


def _lasting(fps: float) -> dict[str, Any]:
    """Return the control that gives each frame its share of a second, in microseconds."""
    frame_us = round(1_000_000 / fps)
    return {"FrameDurationLimits": (frame_us, frame_us)}


def _widest_view(camera: Picamera2) -> dict[str, Any] | None:
    """Return the sensor's smallest mode among those that see the most.

    For small pictures libcamera would choose a mode near their size, and some of those, such as 640 x 480 of
    the IMX219, show the middle of the room only. None for cameras that have no modes to choose from.
    """
    if "ScalerCrop" not in camera.camera_controls:  # the modes are measured by it
        return None
    modes = [mode for mode in camera.sensor_modes if "crop_limits" in mode]
    if not modes:
        return None

    def area(size: Sequence[int]) -> int:
        return size[-2] * size[-1]

    widest = max(area(mode["crop_limits"]) for mode in modes)
    # Modes that cut off a row or two at the edge see as much
    wide = [mode for mode in modes if area(mode["crop_limits"]) >= _AS_WIDE * widest]
    best = min(wide, key=lambda mode: (area(mode["size"]), mode["bit_depth"]))
    return {"output_size": best["size"], "bit_depth": best["bit_depth"]}


def _exposure(there: Mapping[str, object]) -> dict[str, Any]:
    """Return the controls that keep a face from becoming a silhouette, as far as the camera has them.

    Source: libcamera's documentation of AeMeteringMode, AeConstraintMode and ExposureValue (in stops).
    """
    names = libcamera.controls
    wanted: dict[str, Callable[[], Any]] = {
        "AeMeteringMode": lambda: names.AeMeteringModeEnum.CentreWeighted,
        "AeConstraintMode": lambda: names.AeConstraintModeEnum.Shadows,
        "ExposureValue": lambda: _BACKLIGHT_STOPS,
    }
    return {name: value() for name, value in wanted.items() if name in there}


def _cameras() -> list[str]:
    """Return the names of the cameras that libcamera finds now."""
    return [str(camera.get("Model", "?")) for camera in Picamera2.global_camera_info()]


def _check_number(device: int) -> None:
    """Check that libcamera finds a camera of this number; raises CameraError."""
    there = _cameras()
    if device >= len(there):
        raise CameraError(f"Pi camera {device}: {_none_found(there)}")


def _none_found(there: list[str]) -> str:
    if there:
        found = ", ".join(f"{number} ({name})" for number, name in enumerate(there))
        return f"there is none of that number; libcamera finds {found}: set [camera] device"
    return "libcamera finds none; check its cable, then `rpicam-hello --list-cameras`"


def _fault(device: int, error: Exception) -> CameraError:
    """Return the fault by its name: picamera2 hides libcamera's message behind a line of its own."""
    message = str(error.__cause__ or error).rstrip(".")
    if isinstance(error, PermissionError):
        what = error.filename or "the camera"
        return CameraError(
            f"Pi camera {device}: this user may not open {what}; add the user to the group video: "
            "sudo usermod -aG video USER"
        )
    # libcamera returns EBUSY for another process, and names its own states for another user in this one
    if "busy" in message.lower() or "requiring state Available" in message or "acquire" in message:
        why = f"{CameraBusyError.why} ({message}); stop that program, or wait until it is done"
        return CameraBusyError(f"Pi camera {device}: {why}")
    return CameraError(f"Pi camera {device}: does not open ({message}); try `rpicam-hello --list-cameras`")


def open_camera(config: CameraConfig) -> PiCamera:
    """Open the configured Pi camera; raises CameraError."""
    return PiCamera(
        config.device,
        width=config.width,
        height=config.height,
        fps=config.fps,
        backlight=config.backlight,
    )
