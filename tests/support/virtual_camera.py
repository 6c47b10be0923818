"""Lets the released picamera2 run over libcamera's software camera; asleep unless VIRTUAL_CAMERA_FPS is set.

The software camera differs from a Pi's in four ways that are none of the program's business: it has no raw
stream, wants buffers of two planes in memory that this kernel may not share between devices (no dma-buf),
nothing paces its frames, and it has no device whose lock refuses a second program. So some names in
picamera2's main module are replaced; libcamera gets each request a period after the last one, so that one
frame comes in each period as from a sensor; the period is that of FrameDurationLimits, where a request brings
some; and acquiring the camera locks a file.
"""

# ruff: noqa: ANN401 - libcamera and picamera2 ship no types

import errno
import fcntl
import importlib.abc
import importlib.machinery
import importlib.util
import mmap
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from queue import Queue
from threading import Lock, Thread
from types import ModuleType
from typing import Any

MODULE = "picamera2.picamera2"
FPS = float(os.environ.get("VIRTUAL_CAMERA_FPS") or 0)
# Names a file: while it is there no frames come, as with a loose cable. While one of that name with -open or
# -close at its end is there, that call does not come back, as in a driver that hangs
HANG = "VIRTUAL_CAMERA_HANG"
DEVICE = "/usr/share/libcamera/pipeline/virtual/virtual.yaml"  # is locked in place of a device


class MemoryAllocator:
    """Gives picamera2 buffers in anonymous memory, each mapped once."""

    def __init__(self) -> None:
        self._buffers: dict[Any, list[Any]] = {}
        self._maps: dict[Any, mmap.mmap] = {}

    def allocate(self, configuration: Iterable[Any], _use_case: str | None = None) -> None:
        """Make the buffers of all streams."""
        self._buffers = {
            part.stream: [self._buffer(part) for _ in range(part.buffer_count)] for part in configuration
        }

    def _buffer(self, part: Any) -> Any:
        import libcamera  # noqa: PLC0415 - its camera is open by now

        file = os.memfd_create("frame", os.MFD_CLOEXEC)
        os.ftruncate(file, part.frame_size)
        brightness = part.stride * part.size.height
        planes = []
        for offset, length in ((0, brightness), (brightness, part.frame_size - brightness)):
            plane = libcamera.FrameBuffer.Plane()
            plane.fd, plane.offset, plane.length = file, offset, length
            planes.append(plane)
        buffer = libcamera.FrameBuffer(planes)
        self._maps[buffer] = mmap.mmap(file, part.frame_size)
        os.close(file)
        return buffer

    def buffers(self, stream: Any) -> list[Any]:
        """The buffers of one stream."""
        return self._buffers[stream]

    def acquire(self, _buffers: Any) -> None:
        """Nothing to take."""

    def release(self, _buffers: Any) -> None:
        """Nothing was taken."""

    def cleanup(self) -> None:
        """The memory goes when nobody looks at it any more."""

    def sync(self, _allocator: Any, buffer: Any, _write: bool) -> "_Mapped":
        """The bytes of a buffer, for as long as the context lasts."""
        return _Mapped(self._maps[buffer])


class Pacer:
    """Passes requests on to the camera, one in each period, in a thread that ends with the process."""

    def __init__(
        self,
        queue_request: Callable[[Any, Any], Any],
        stop: Callable[[Any], Any],
        set_control: Callable[[Any, Any, Any], None],
    ) -> None:
        self._queue_request, self._stop, self._set_control = queue_request, stop, set_control
        self._waiting: Queue[tuple[int, Any, Any]] = Queue()
        # Requests die with their camera's run: one of an older run must not be passed on
        self._run_number, self._lock = 0, Lock()
        self._period_s = 1 / FPS
        Thread(target=self._pass_on, daemon=True).start()

    def put(self, camera: Any, request: Any) -> int:
        """Takes the place of `Camera.queue_request`."""
        self._waiting.put((self._run_number, camera, request))
        return 0

    def set_control(self, request: Any, control: Any, value: Any) -> None:
        """Takes the place of `Request.set_control`, and notes what a sensor would go by."""
        if control.name == "FrameDurationLimits":
            self._period_s = value[0] / 1e6
        self._set_control(request, control, value)

    def stop(self, camera: Any) -> Any:
        """Takes the place of `Camera.stop`."""
        with self._lock:
            self._run_number += 1
        return self._stop(camera)

    def _pass_on(self) -> None:
        due_s = time.monotonic()
        while True:
            number, camera, request = self._waiting.get()
            time.sleep(max(0.0, due_s - time.monotonic()))
            hang("")
            with self._lock:
                if number == self._run_number:
                    due_s = max(due_s, time.monotonic()) + self._period_s
                    self._queue_request(camera, request)


class _Mapped:
    def __init__(self, queue_state: mmap.mmap) -> None:
        self._memory = queue_state

    def __enter__(self) -> mmap.mmap:
        return self._memory

    def __exit__(self, *_error: object) -> None:
        return None

    def get_buffer(self) -> mmap.mmap:
        """The bytes, as another part of picamera2 asks for them."""
        return self._memory


class Users:
    """Refuses the camera to a second process in libcamera's words; two in one process it tells apart."""

    def __init__(self, acquire: Callable[[Any], Any], release: Callable[[Any], Any]) -> None:
        self._acquire, self._release = acquire, release
        self._files: dict[str, int] = {}

    def acquire(self, camera: Any) -> None:
        """Takes the place of `Camera.acquire`."""
        self._acquire(camera)
        file = os.open(DEVICE, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            self._release(camera)
            raise RuntimeError(f"Failed to acquire camera: {os.strerror(errno.EBUSY)}") from None
        self._files[camera.id] = file

    def release(self, camera: Any) -> None:
        """Takes the place of `Camera.release`."""
        self._release(camera)
        os.close(self._files.pop(camera.id))


def hang(name: str) -> None:
    """Do not come back while the file is there that says so."""
    file = os.environ.get(HANG)
    while file and Path(file + name).exists():
        time.sleep(0.1)


def video_modes(picamera: Any) -> list[dict[str, Any]]:
    """In place of the sensor's raw modes: the sizes that the software camera can show."""
    import libcamera  # noqa: PLC0415 - its camera is open by now

    roles = [libcamera.StreamRole.VideoRecording]
    formats = picamera.camera.generate_configuration(roles).at(0).formats
    return [
        {"format": str(name), "size": (size.width, size.height)}
        for name in formats.pixel_formats
        for size in formats.sizes(name)
    ]


def patch(module: Any) -> None:
    """Replace what does not fit in picamera2's main module and in libcamera."""
    camera, picamera2, request = module.libcamera.Camera, module.Picamera2, module.libcamera.Request
    pacer = Pacer(camera.queue_request, camera.stop, request.set_control)
    users = Users(camera.acquire, camera.release)
    camera.queue_request, camera.stop = as_method(pacer.put), as_method(pacer.stop)
    request.set_control = as_method(pacer.set_control)
    camera.acquire, camera.release = as_method(users.acquire), as_method(users.release)
    module.DmaAllocator = MemoryAllocator
    picamera2._get_raw_modes = video_modes
    picamera2._open_camera = as_method(picamera2._open_camera, "-open")
    picamera2.close = as_method(picamera2.close, "-close")


def as_method(function: Callable[..., Any], hang_name: str | None = None) -> Callable[..., Any]:
    """A function that gets the object first; it may hang before, while the file of this name is there."""

    def method(self: Any, *arguments: Any) -> Any:
        if hang_name is not None:
            hang(hang_name)
        return function(self, *arguments)

    return method


class Finder(importlib.abc.MetaPathFinder):
    """Patches the module right after it is loaded."""

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Finds picamera2's main module as it would be found anyway, and nothing else."""
        if fullname != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return None
        run = spec.loader.exec_module

        def run_and_patch(module: ModuleType) -> None:
            run(module)
            patch(module)

        spec.loader.exec_module = run_and_patch  # type: ignore[method-assign]
        return spec


if FPS:
    sys.meta_path.insert(0, Finder())
