"""Measure what the analysis of a song costs, step by step.

    .venv/bin/python tools/benchmarks/library_cost.py SONG…

Prints processor time a song (median) and the most memory that moodpid and its decoder held.
"""

import argparse
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from moodpid.library.analysis.decode import decode
from moodpid.library.analysis.features import extract
from moodpid.library.analysis.musicnn import Musicnn
from moodpid.library_app import NETWORK


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
        excerpt = decode(song.absolute(), 0.0, network=True)
        costs["decoding"].append(children_s() - before_s)
        costs["features"].append(cpu_s(partial(extract, excerpt.samples)))
        costs["network"].append(cpu_s(partial(network.embed, excerpt.network_samples)))
    for name, values in costs.items():
        print(f"{name}: {statistics.median(values):.2f} s")
    total = sum(statistics.median(values) for values in costs.values())
    print(
        f"together: {total:.2f} s a song; {memory_mb(resource.RUSAGE_SELF):.0f} MB, the decoder "
        f"{memory_mb(resource.RUSAGE_CHILDREN):.0f} MB"
    )
    return 0


def cpu_s(work: Callable[[], object]) -> float:
    """Return the processor time that `work` takes."""
    start_s = time.process_time()
    work()
    return time.process_time() - start_s


def children_s() -> float:
    """Return the processor time of all processes that were waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def memory_mb(who: int) -> float:
    """Return the most memory that was resident."""
    return resource.getrusage(who).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
