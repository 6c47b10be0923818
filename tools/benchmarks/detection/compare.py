#!/usr/bin/env python3
"""Compare face detectors: faces found, ghosts in empty rooms, CPU time, and the delay of those who arrive.

    .venv/bin/python tools/benchmarks/detection/compare.py [--rooms 250] [--faces 42] [--arrivals 100]
        [--only WORDS] [--of NAMES] [--yunet MODEL.onnx] [--fer-python PYTHON]

Rooms and heads are drawn from seeds. Compared are moodpid, its version 0.1.0, the package `fer` in its Haar
mode, and the loop of many tutorials, `detectMultiScale(1.3, 5)`. CPU times are of the detection alone and
depend on the machine: compare their ratios. With an interpreter that has the package `fer` (pip install fer
tensorflow-cpu "setuptools<81"), the whole look is timed as well, with the emotion network of each.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.detection import contestants, measure
from benchmarks.detection.scenes import CASES, Case

Cell = Callable[[contestants.Contestant], str]


def rows(options: argparse.Namespace) -> list[tuple[str, Cell]]:
    """Return the name of each row, and how its cells are measured."""

    def recall(case: Case) -> Cell:
        return lambda one: f"{measure.recall(one, case, options.faces):.0%}"

    def ghosts(first: int) -> Cell:
        def cell(one: contestants.Contestant) -> str:
            found = measure.ghosts(one, range(first, first + options.rooms), options.looks)
            return f"{found.per_1000:.1f}; {found.occupied} of {found.rooms}"

        return cell

    looks = f"{options.looks} looks each"
    return [
        *((f"found: {case.name}", recall(case)) for case in CASES),
        (f"frames of 1,000 with a ghost; rooms occupied at the end ({looks})", ghosts(0)),
        ("… in other rooms", ghosts(1_000)),
        ("CPU of a look, furnished empty room", lambda one: _ms(measure.empty_room_ms(one, range(8), 17))),
        ("… around the last face", lambda one: _ms(measure.occupied_ms(one, 20, whole_frame=False))),
        ("… at the whole frame", lambda one: _ms(measure.occupied_ms(one, 20, whole_frame=True))),
        ("resident memory that it adds", lambda one: _memory(one, options.yunet)),
        ("looks until an arrival is found: median; worst; never", lambda one: _delay(one, options.arrivals)),
    ]


def _ms(value: float) -> str:
    return f"{value:.1f} ms"


def _memory(one: contestants.Contestant, yunet: str) -> str:
    """Measure in a fresh process."""
    command = [sys.executable, __file__, "--memory-of", one.name, *(["--yunet", yunet] if yunet else [])]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout.strip()


def _delay(one: contestants.Contestant, count: int) -> str:
    delay = measure.arrivals(one, count)
    return f"{delay.median:g}; {delay.worst}; {delay.missed} of {count}"


def whole_looks(python: str) -> Sequence[str]:
    """Return lines with the CPU time of a look, detection and emotion, of `fer` and of a textbook loop."""
    worker = Path(__file__).with_name("fer_worker.py")
    done = subprocess.run([python, str(worker)], check=True, capture_output=True, text=True, timeout=600)
    figures = json.loads(done.stdout.splitlines()[-1])
    return [f"CPU of a look with the emotion, {name}: {ms:.1f} ms" for name, ms in figures.items()]


def main() -> int:
    """Measure, and print a table as Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rooms", type=int, default=250, help="drawn rooms, and as many others")
    parser.add_argument("--looks", type=int, default=4, help="into each room")
    parser.add_argument("--faces", type=int, default=42, help="frames of each case")
    parser.add_argument("--arrivals", type=int, default=100)
    parser.add_argument("--only", default="", help="only rows with one of these words, comma-separated")
    parser.add_argument("--of", default="", help="only these detectors, comma-separated")
    parser.add_argument("--yunet", default="", help="the model of a further contestant")
    parser.add_argument("--memory-of", default="", help="print only the memory that this detector adds")
    parser.add_argument("--fer-python", default="", help="an interpreter that has the package fer")
    options = parser.parse_args()
    everybody = [
        contestants.MOODPID,
        contestants.VERSION_0_1_0,
        contestants.FER,
        contestants.TEXTBOOK,
        *([contestants.yunet(options.yunet)] if options.yunet else []),
    ]
    if options.memory_of:
        (measured,) = [one for one in everybody if one.name == options.memory_of]
        print(f"{measure.added_mb(measured, 24):.1f} MB")
        return 0
    field = [one for one in everybody if not options.of or one.name in options.of.split(",")]
    print("| | " + " | ".join(one.name for one in field) + " |")
    print("| --- |" + " --- |" * len(field))
    for name, cell in rows(options):
        if not any(word in name for word in options.only.split(",")):
            continue
        print(f"| {name} | " + " | ".join(cell(one) for one in field) + " |", flush=True)
    for line in whole_looks(options.fer_python) if options.fer_python else ():
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
