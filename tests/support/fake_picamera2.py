"""Stands in for picamera2 where there is no libcamera: it adjusts configurations and pads rows as there."""

from concurrent.futures import Future
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray


class Picamera2:
    """One camera that can be set to be missing, busy, stalled or broken."""

    cameras: ClassVar[int] = 1
    busy: ClassVar[str] = ""
    stalled: ClassVar[bool] = False
    controls_there: ClassVar[dict[str, Any]] = {}
    modes: ClassVar[list[dict[str, Any]]] = []
    adjusted: ClassVar[dict[str, Any]] = {}
    opened: ClassVar[list["Picamera2"]] = []

    def __init__(self, camera_num: int = 0) -> None:
        if camera_num >= self.cameras:
            raise IndexError("list index out of range")
        if self.busy:
            raise RuntimeError("Camera __init__ sequence did not complete.") from RuntimeError(self.busy)
        self.camera_controls = self.controls_there
        self.sensor_modes = self.modes
        self.asked: dict[str, Any] = {}
        self.set_later: list[dict[str, Any]] = []
        self.is_open, self.started = True, False
        self.opened.append(self)

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return [{"Model": f"imx{708 + number}", "Num": number} for number in range(cls.cameras)]

    def create_video_configuration(self, **asked: object) -> dict[str, Any]:
        self.asked = asked
        return asked

    def configure(self, configuration: dict[str, Any]) -> None:
        width, height = configuration["lores"]["size"]
        # As the Pi does: rows are padded to a multiple of 64 bytes
        stride = -(-width // 64) * 64
        self._lores = {"size": (width, height), "format": "YUV420", "stride": stride} | self.adjusted

    def camera_configuration(self) -> dict[str, Any]:
        return {"lores": self._lores}

    def start(self) -> None:
        self.started = True

    def set_controls(self, controls: dict[str, Any]) -> None:
        assert self.started
        self.set_later.append(controls)

    def capture_buffer(self, name: str, *, wait: bool) -> "Future[NDArray[np.uint8]]":
        assert (name, wait, self.started) == ("lores", False, True)
        job: Future[NDArray[np.uint8]] = Future()
        if not self.stalled:
            (_, height), stride = self._lores["size"], self._lores["stride"]
            padded = np.full((height * 3 // 2, stride), 7, np.uint8)
            padded[:height, : self._lores["size"][0]] = np.arange(height, dtype=np.uint8)[:, np.newaxis]
            job.set_result(padded.reshape(-1))
        return job

    def wait(self, job: "Future[NDArray[np.uint8]]", timeout: float) -> NDArray[np.uint8]:
        return job.result(timeout=min(timeout, 0.01))

    def close(self) -> None:
        self.is_open = False
