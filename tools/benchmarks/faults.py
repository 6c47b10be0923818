#!/usr/bin/env python3
"""Drives the real daemon through faults, and counts what it survives and how long until every view is right.

    .venv/bin/python tools/benchmarks/faults.py [--times 3] [PART...]   a table, one row a part
    .venv/bin/python tools/benchmarks/faults.py --minutes 60       a soak: slopes of memory, files, threads

Servers and daemon are private and end with the tool. Times are from the end of a fault to the moment when the
broker retains the right states. Exit codes: 0 all survived; 1 not all.
"""

import argparse
import random
import statistics
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.fault_parts import PARTS
from benchmarks.fault_rig import FaultHarness, Outcome
from benchmarks.fault_soak import soak


def table(names: list[str], times: int, seed: int) -> bool:
    """Print a row for each part; return whether all was survived."""
    chance = random.Random(seed)  # noqa: S311 - faults, not secrets
    well = True
    print("| fault | tried | survived | median s | longest s | peak MB |", flush=True)
    print("| --- | --- | --- | --- | --- | --- |", flush=True)
    with FaultHarness() as rig:
        rig.start()
        rig.seconds_until_right()
        for name in names:
            outcomes: list[Outcome] = []
            rig.forget_peak()
            for _ in range(times):
                outcomes += PARTS[name][1](rig, chance)
                if not rig.running:
                    rig.start()
            rig.note_peak()
            seconds = [outcome for outcome in outcomes if outcome is not None]
            well = well and len(seconds) == len(outcomes)
            how = f"{statistics.median(seconds):.1f} | {max(seconds):.1f}" if seconds else "- | -"
            row = (
                f"| {PARTS[name][0]} | {len(outcomes)} | {len(seconds)} | {how} | {rig.peak_kb / 1024:.0f} |"
            )
            print(row, flush=True)
    return well


def main() -> int:
    """Run the parts, or a soak."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=3, metavar="N", help="how often each fault happens")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--minutes", type=float, metavar="M", help="a soak of so many minutes instead")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"unknown part {', '.join(unknown)}; there are {', '.join(PARTS)}")
    if options.minutes:
        return int(not soak(options.minutes))
    return int(not table(options.parts or list(PARTS), options.times, options.seed))


if __name__ == "__main__":
    raise SystemExit(main())
