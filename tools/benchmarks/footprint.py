#!/usr/bin/env python3
"""What moodpid costs: memory, time to READY, CPU time of a look, share of a core, and what fewer looks save.

    .venv/bin/python tools/benchmarks/footprint.py [--seconds 20] [--page] [--json]

The service runs between a private MPD and a private Mosquitto on the bundled recording, as `moodpid run`
under a service manager of ours that waits for READY=1. Machines differ and are noisy: compare ratios of one
run, such as a look in the window with one in the full frame.
"""

import argparse
import json
import os
import platform
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.detection.contestants import MOODPID
from benchmarks.detection.measure import empty_room_ms
from benchmarks.page_cost import page_cost

from moodpid.mood.emotion import Emotion
from moodpid.vision.cameras.demo_scene import DemoScene, script
from moodpid.vision.cameras.recording import BUNDLED
from moodpid.vision.classifier import TfliteClassifier
from moodpid.vision.haar import HaarDetector
from moodpid.vision.pipeline import FacePipeline
from moodpid.vision.types import Frame
from moodpid.wiring import BUNDLED_MODEL
from tests.support.processes import begin, end
from tests.support.servers import PrivateMosquitto, PrivateMpd

LOOKS = 40
EMPTY_ROOMS, EMPTY_LOOKS = 6, 17  # two searches of the whole frame, at the default rate
READY_LIMIT_S = 30.0
SETTLE_S = 3.0  # until what was asked for is done
PAGE = resource.getpagesize()
TICKS_HZ = os.sysconf("SC_CLK_TCK")


def looks_ms() -> dict[str, float]:
    """Return CPU milliseconds of a look: whole frame, window, furnished empty room, classifier."""
    scene, classifier = DemoScene(BUNDLED), TfliteClassifier(BUNDLED_MODEL)
    start_s = next(p.start_s for p in script()[0] if p.shows is Emotion.HAPPY) + 2.0
    faces = [scene.picture(start_s + n / 10) for n in range(LOOKS)]
    box = HaarDetector(64).detect(Frame(faces[0], 0.0))[0]

    def look(full_every_s: float, pictures: list[Any]) -> float:
        observer = FacePipeline(HaarDetector(64, full_every_s=full_every_s), classifier)
        observer.analyze(Frame(pictures[0], 0.0))  # the first one warms up, and finds the window
        return _cpu_ms(lambda n: observer.analyze(Frame(pictures[n], n / 1000)))

    return {
        "full_frame": look(0.0, faces),
        "window": look(float("inf"), faces),
        "empty_room": round(empty_room_ms(MOODPID, range(EMPTY_ROOMS), EMPTY_LOOKS), 2),
        "classifier_per_face": _cpu_ms(lambda n: classifier.classify(Frame(faces[n], 0.0), box)),
    }


def _cpu_ms(work: Callable[[int], object]) -> float:
    began = time.process_time()
    for number in range(LOOKS):
        work(number)
    return round(1000 * (time.process_time() - began) / LOOKS, 2)


@contextmanager
def service(folder: Path, more: str = "") -> Iterator[tuple[subprocess.Popen[bytes], float, int]]:
    """`moodpid run` between servers of its own, the seconds it took to READY, and the broker's port.

    Args:
        folder: Where its configuration and its manager's socket lie.
        more: More lines of the configuration.
    """
    with ExitStack() as stack:
        mpd, broker = stack.enter_context(PrivateMpd()), stack.enter_context(PrivateMosquitto())
        config = folder / "moodpid.toml"
        config.write_text(
            f'[camera]\nsource = "recording"\nloop = true\n[player]\nport = {mpd.port}\nhost = "{mpd.host}"\n'
            f'[player.playlists]\nhappy = ["Happy"]\n[mqtt]\nport = {broker.port}\nhost = "{broker.host}"\n'
            + more
        )
        manager = stack.enter_context(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
        manager.bind(str(folder / "notify"))
        manager.settimeout(READY_LIMIT_S)
        began_s = time.monotonic()
        command = [sys.executable, "-P", "-m", "moodpid", "run", "--config", str(config)]
        environment = {**os.environ, "NOTIFY_SOCKET": str(folder / "notify")}
        # A log would count as written
        process = begin(command, Path(os.devnull), environment=environment)
        stack.callback(end, process)
        while manager.recv(4096) != b"READY=1":
            pass
        # Without reading on, the service would wait for room after some hundred messages
        manager.settimeout(None)
        Thread(target=_read_on, args=(manager,), daemon=True).start()
        yield process, time.monotonic() - began_s, broker.port


@contextmanager
def _service_with(more: str) -> Iterator[int]:
    with tempfile.TemporaryDirectory() as folder, service(Path(folder), more) as (process, _, _):
        yield process.pid


def _read_on(manager: socket.socket) -> None:
    with suppress(OSError):  # closed at the end
        while manager.recv(4096):
            pass


def follow(pid: int, seconds: float) -> dict[str, float]:
    """Memory, CPU share, wake-ups and threads of a process, watched for some seconds."""
    ticks, switches, began_s = _ticks(pid), _switches(pid), time.monotonic()
    time.sleep(seconds)
    seconds = time.monotonic() - began_s
    return {
        "rss_mb": round(_field(pid, "VmRSS") / 1024, 1),
        "peak_rss_mb": round(_field(pid, "VmHWM") / 1024, 1),
        "threads": _field(pid, "Threads"),
        "core_share_percent": round(100 * (_ticks(pid) - ticks) / TICKS_HZ / seconds, 1),
        "wakeups_per_s": round((_switches(pid) - switches) / seconds, 1),
        "written_bytes": _written(pid),
    }


def _field(pid: int, name: str) -> int:
    """Return a number of /proc/PID/status, see proc(5); memory is in kB there."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise KeyError(name)


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _switches(pid: int) -> int:
    """How often a thread of the process went to sleep, and so had to be woken."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        text = (task / "status").read_text()
        total += int(text.partition("\nvoluntary_ctxt_switches:")[2].split()[0])
    return total


def _written(pid: int) -> int:
    """Bytes that went to a disk."""
    text = Path(f"/proc/{pid}/io").read_text()
    return int(text.partition("\nwrite_bytes:")[2].split()[0])


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="how long to watch the service")
    parser.add_argument("--page", action="store_true", help="what the page costs as well, in four minutes")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, service(Path(folder)) as (process, ready_s, port):
        running = follow(process.pid, options.seconds)
        address = ["-h", "127.0.0.1", "-p", str(port), "-t", "moodpid/moodpid/looks_hz/set"]
        subprocess.run(["mosquitto_pub", *address, "-m", "1"], check=True, timeout=SETTLE_S)
        time.sleep(SETTLE_S)
        slower = follow(process.pid, options.seconds)
    figures: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "ready_s": round(ready_s, 2),
        **running,
        "at_one_look_a_second": {name: slower[name] for name in ("core_share_percent", "wakeups_per_s")},
        "cpu_ms_per_look": looks_ms(),
    }
    if options.page:
        figures["page"] = page_cost(_service_with)
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            for key, number in value.items() if isinstance(value, dict) else [("", value)]:
                print(f"{name + ' ' + key:<36} {number}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
