"""Measure what the analysis of a song costs, step by step.

    .venv/bin/python tools/benchmarks/library_cost.py SONG…

Prints processor time a song (median), and the most memory that moodpid and its decoder held together: the sum
of their proportional set sizes, sampled in a `moodpid analyse` of its own that reads the same songs.
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from moodpid.library.analysis.decode import decode
from moodpid.library.analysis.features import extract
from moodpid.library.analysis.files import Passage
from moodpid.library.analysis.musicnn import Musicnn
from moodpid.library_app import NETWORK

_SAMPLE_S = 0.002
# As `moodpid analyse` does, without MPD and the database
_ANALYSE = """
import sys
from pathlib import Path
from moodpid.library.analysis.files import Passage
from moodpid.library.records import Tags
from moodpid.library_app import build_analyzer
analyzer = build_analyzer()
for song in sys.argv[1:]:
    analyzer.analyze(Passage(Path(song)), Tags())
"""


def main() -> int:
    """Measure; returns 1 if the network is not there."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("songs", nargs="+", type=Path, metavar="SONG")
    options = parser.parse_args()
    if not NETWORK.exists():
        print("library_cost: run tools/musicnn_weights.py first", file=sys.stderr)
        return 1
    network = Musicnn(NETWORK)
    costs: dict[str, list[float]] = {"decoding": [], "features": [], "network": []}
    for song in options.songs:
        before_s = children_s()
        excerpt = decode(Passage(song.absolute()), network=True)
        costs["decoding"].append(children_s() - before_s)
        costs["features"].append(cpu_s(partial(extract, excerpt.samples)))
        costs["network"].append(cpu_s(partial(network.embed, excerpt.network_samples)))
    for name, values in costs.items():
        print(f"{name}: {statistics.median(values):.2f} s")
    total = sum(statistics.median(values) for values in costs.values())
    print(f"together: {total:.2f} s a song")
    print_memory([str(song.absolute()) for song in options.songs])
    return 0


def print_memory(songs: list[str]) -> None:
    """Analyse songs in a process of its own, and print the most memory that it and its decoder held."""
    command = [sys.executable, "-c", _ANALYSE, *songs]
    most_kb = {"together": 0, "moodpid": 0, "decoder": 0}
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            own_kb = memory_kb(process.pid)
            decoder_kb = sum(memory_kb(child) for child in children_of(process.pid))
            for name, now_kb in zip(most_kb, (own_kb + decoder_kb, own_kb, decoder_kb), strict=True):
                most_kb[name] = max(most_kb[name], now_kb)
            time.sleep(_SAMPLE_S)
    shown = {name: f"{kb / 1024:.0f} MB" for name, kb in most_kb.items()}
    print(f"memory: {shown['together']} together; moodpid {shown['moodpid']}, the decoder {shown['decoder']}")


def memory_kb(pid: int) -> int:
    """Return the proportional set size of a process in KiB; 0 if it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(text.partition("\nPss:")[2].split()[0]) if "\nPss:" in text else 0


def children_of(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]
    except OSError:
        return []


def cpu_s(work: Callable[[], object]) -> float:
    """Return the processor time that `work` takes."""
    start_s = time.process_time()
    work()
    return time.process_time() - start_s


def children_s() -> float:
    """Return the processor time of all processes that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
