"""A soak of the daemon: how memory, open files and threads grow, for `faults.py`."""

import json
import statistics
import time
from pathlib import Path

from benchmarks.fault_rig import FaultHarness, field_of

_WARM_S = 600.0
_SAMPLE_S = 5.0
_MAX_GROWTH_MB = 1.0
_GROWING = ("memory_mb", "open_files", "threads")


def soak(minutes: float) -> bool:
    """Let the daemon look 30 times a second, and print how memory, open files and threads grow.

    The first ten minutes, or a third of a short soak, are left out.
    """
    with FaultHarness() as rig:
        rig.start(fps=30.0)
        rig.seconds_until_right()
        warm_s = min(_WARM_S, minutes * 60 / 3)
        began_s = time.monotonic()
        samples: list[tuple[float, dict[str, float]]] = []
        while (age_s := time.monotonic() - began_s) < minutes * 60 and rig.running:
            time.sleep(_SAMPLE_S)
            if age_s > warm_s:
                samples.append((age_s, _sample(rig.pid) | {"looks_hz": _looks_hz(rig)}))
        slopes = {name: _slope([(at_s, values[name]) for at_s, values in samples]) for name in _GROWING}
        for name, slope in slopes.items():
            print(f"{name}: {samples[-1][1][name]:.1f} at the end, {3600 * slope:+.3f} an hour")
        grown_mb = samples[-1][1]["memory_mb"] - samples[0][1]["memory_mb"]
        looks_hz = statistics.mean(values["looks_hz"] for _, values in samples)
        print(
            f"memory grew by {grown_mb:.2f} MB after {warm_s / 60:.0f} minutes; {looks_hz:.1f} looks a second"
        )
        print(json.dumps({"minutes": minutes, "slopes_per_hour": {k: 3600 * v for k, v in slopes.items()}}))
        return rig.running and grown_mb < _MAX_GROWTH_MB


def _sample(pid: int) -> dict[str, float]:
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    )
    return {
        "memory_mb": int(status["VmRSS"].split()[0]) / 1024,
        "open_files": float(len(list(Path(f"/proc/{pid}/fd").iterdir()))),
        "threads": float(status["Threads"]),
    }


def _looks_hz(rig: FaultHarness) -> float:
    return float(field_of(rig.retained(), "vitals", "looks_hz") or 0.0)


def _slope(points: list[tuple[float, float]]) -> float:
    """Return the slope of the line of least squares, in units a second."""
    if len(points) < 3:
        return 0.0
    return statistics.linear_regression(*zip(*points, strict=True)).slope
