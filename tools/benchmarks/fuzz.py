#!/usr/bin/env python3
"""Feeds parts of moodpid with random and broken input: any end but the documented ones is a failure.

    .venv/bin/python tools/benchmarks/fuzz.py [--examples 1000] [--seed 0] [PART...]

Each part runs in a process of its own, so that a crash of a library counts as a failure like an exception.
The parts are configuration, state, sidecar, messages, packets, mpd, tags, pictures. Exit codes: 0 no failure;
1 a failure, with the smallest input that shows it.
"""

import argparse
import logging
import multiprocessing
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.fuzz_parts import PARTS, Part
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.strategies import SearchStrategy

from moodpid.system.quiet_stderr import quiet_stderr

_BATCH = 2000
"""Inputs of one run of hypothesis, which remembers them all and becomes slow and large."""


def run(part: Part, examples: int, number: int) -> None:
    """Run one part in this process; raise what a failure raises."""
    strategy = part.inputs()
    with part.prepared():
        for done in range(0, examples, _BATCH):
            _run_batch(part, strategy, min(_BATCH, examples - done), number + done)


def _run_batch(part: Part, strategy: SearchStrategy[object], examples: int, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
    )
    @given(strategy)
    def check(value: object) -> None:
        part.check(value)

    with quiet_stderr():  # of the libraries that decode pictures
        check()


def _run_named(name: str, examples: int, number: int) -> None:
    logging.disable()
    run(PARTS[name], examples, number)


def main() -> int:
    """Run the parts one after the other, and print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--examples", type=int, default=1000, metavar="N", help="inputs for each part")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("parts", nargs="*", metavar="PART", choices=[[], *PARTS], help=", ".join(PARTS))
    options = parser.parse_args()
    failed = False
    for name in options.parts or PARTS:
        began_s = time.monotonic()
        process = multiprocessing.get_context("spawn").Process(
            target=_run_named, args=(name, options.examples, options.seed)
        )
        process.start()
        process.join()
        how = "no failure" if process.exitcode == 0 else f"FAILURE, exit code {process.exitcode}"
        print(
            f"{name:<14} {options.examples:>7} inputs {time.monotonic() - began_s:6.1f} s  {how}", flush=True
        )
        failed = failed or process.exitcode != 0
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())
