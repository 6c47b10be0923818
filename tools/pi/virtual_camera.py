"""Lets the released picamera2 run over libcamera's software camera; asleep unless VIRTUAL_CAMERA_FPS is set.

The software camera differs from a Pi's in three ways that are none of the program's business: it has no raw
stream, wants buffers of two planes in memory that this kernel may not share between devices (no dma-buf), and
nothing paces its frames. One name in picamera2's main module and one method are replaced, and libcamera gets
each request a period after the last one, so that one frame comes in each period as from a sensor; the period
is that of FrameDurationLimits, where a request brings some.
"""

# ruff: noqa: ANN401 - libcamera and picamera2 ship no types

import importlib.abc
import importlib.machinery
import importlib.util
import mmap
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from queue import Queue
from threading import Lock, Thread
from types import ModuleType
from typing import Any

MODULE = "picamera2.picamera2"
FPS = float(os.environ.get("VIRTUAL_CAMERA_FPS") or 0)
HANG = "VIRTUAL_CAMERA_HANG"  # names a file: while it is there no frames come, as with a loose cable


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
            while os.path.exists(os.environ.get(HANG, "")):  # noqa: PTH110 - an empty Path is this folder
                time.sleep(1 / FPS)
            with self._lock:
                if number == self._run_number:
                    due_s = max(due_s, time.monotonic()) + self._period_s
                    self._queue_request(camera, request)


class _Mapped:
    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory

    def __enter__(self) -> mmap.mmap:
        return self._memory

    def __exit__(self, *_error: object) -> None:
        return None

    def get_buffer(self) -> mmap.mmap:
        """The bytes, as another part of picamera2 asks for them."""
        return self._memory


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
    camera, request = module.libcamera.Camera, module.libcamera.Request
    pacer = Pacer(camera.queue_request, camera.stop, request.set_control)

    def queue_request(self: Any, request: Any) -> int:
        return pacer.put(self, request)

    def stop(self: Any) -> Any:
        return pacer.stop(self)

    def set_control(self: Any, control: Any, value: Any) -> None:
        pacer.set_control(self, control, value)

    camera.queue_request, camera.stop, request.set_control = queue_request, stop, set_control
    module.DmaAllocator = MemoryAllocator
    module.Picamera2._get_raw_modes = video_modes  # noqa: SLF001 - there is no other way in


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
