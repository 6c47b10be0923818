"""What the page costs: memory and CPU time of the service without it, with it, and with one viewer.

Each is watched for whole rounds of the bundled recording, as looks at faces cost more than looks at an empty
room. `tools/benchmarks/footprint.py --page` prints it.
"""

import http.client
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from moodpid.vision.cameras.demo_scene import script

ROUND_S = script()[1]
SETTLE_S = 8.0  # until all is loaded, and MPD and the broker are connected

Start = Callable[[str], AbstractContextManager[int]]
"""Starts the service with more lines of configuration; yields its process id."""


def page_cost(start: Start, rounds: int = 1) -> dict[str, float]:
    """Return the memory and CPU time that the page adds; shares in per cent of a core."""
    with start("") as pid:
        time.sleep(SETTLE_S)
        off, off_mb = _share(pid, rounds), _memory_mb(pid)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    with start(f"[web]\nenabled = true\npicture = true\nport = {port}\n") as pid:
        time.sleep(SETTLE_S)
        on, on_mb = _share(pid, rounds), _memory_mb(pid)
        with _viewer(port) as pictures:
            time.sleep(2.0)
            seen, began_s = len(pictures), time.monotonic()
            viewed, viewed_mb = _share(pid, rounds), _memory_mb(pid)
            rate_hz = (len(pictures) - seen) / (time.monotonic() - began_s)
    return {
        "service_percent": round(off, 2),
        "unwatched_mb": round(on_mb - off_mb, 1),
        "unwatched_percent": round(on - off, 2),
        "viewer_mb": round(viewed_mb - off_mb, 1),
        "viewer_percent": round(viewed - off, 2),
        "pictures_per_s": round(rate_hz, 2),
    }


@contextmanager
def _viewer(port: int) -> Iterator[list[int]]:
    """Watch as a page does: the feed on one connection, each picture on another; yields their sizes."""
    sizes: list[int] = []
    stop = Event()
    thread = Thread(target=_watch, args=(port, sizes, stop), daemon=True)
    thread.start()
    try:
        yield sizes
    finally:
        stop.set()
        thread.join(5.0)


def _watch(port: int, sizes: list[int], stop: Event) -> None:
    feed = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    pictures = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with suppress(OSError, http.client.HTTPException):  # the service has ended
        feed.request("GET", "/api/events?view=1")
        events = feed.getresponse()
        while not stop.is_set():
            line = events.readline()
            if line.startswith(b"data: {") and (frame := json.loads(line[6:]).get("frame")):
                pictures.request("GET", f"/api/picture/{frame['number']}")
                sizes.append(len(pictures.getresponse().read()))


def _share(pid: int, rounds: int) -> float:
    """Return the CPU time of a process in per cent of a core, over whole rounds of the recording."""
    before_s, began_s = _cpu_s(pid), time.monotonic()
    time.sleep(rounds * ROUND_S)
    return 100 * (_cpu_s(pid) - before_s) / (time.monotonic() - began_s)


def _cpu_s(pid: int) -> float:
    """Return the CPU time of all present threads, to the nanosecond (sched-stats in the kernel's manual)."""
    total_ns = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(OSError):  # it has ended
            total_ns += int((task / "schedstat").read_text().split()[0])
    return total_ns / 1e9


def _memory_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
