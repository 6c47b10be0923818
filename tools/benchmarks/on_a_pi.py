#!/usr/bin/env python3
"""Expected CPU cost on a Raspberry Pi: measured on this machine, scaled by a published benchmark.

    .venv/bin/python tools/benchmarks/on_a_pi.py [--rounds 2]        needs 7-Zip: apt install 7zip

Nothing of it was measured on a Pi. One core here is compared with one of each Pi by 7-Zip's own benchmark
(`7z b -mmt1`, its rating at full use of the processor), for which sbc-bench has published results; the CPU
time of an observation is multiplied by the ratio. 7-Zip uses no vectors; cascade and network do. Those of an
x86-64 processor (AVX2) are twice as wide as those of a Pi (NEON), so the cost lies between the ratio and
twice the ratio. The 2 is an assumption. Measurements and ratings alternate, so that a busy machine affects
both alike. The cost of libcamera comes on top.
"""

import argparse
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.footprint import looks_ms

PROGRAMS = ("7zz", "7z", "7za", "7zr")
LIMIT_S = 600.0
WIDER_VECTORS = 2.0  # assumed: AVX2 has 256 bits, NEON 128
LOOKS_HZ, FULL_EVERY_S = 4.0, 2.0  # the defaults: [camera] fps, and moodpid.vision.haar


@dataclass(frozen=True, slots=True)
class Board:
    """A Raspberry Pi.

    Attributes:
        name: Its common name.
        core: Its processor.
        mips: 7-Zip's rating of one core, from "7-zip single" in Results.md and Sorted-Results.md of
            https://github.com/ThomasKaiser/sbc-bench; of Zero 2 W and 3 B+ with a 32-bit system.
        result: The result there.
    """

    name: str
    core: str
    mips: int
    result: str


BOARDS = (
    Board("Zero 2 W", "Cortex-A53, 1.0 GHz", 838, "3E85"),
    Board("3 B+", "Cortex-A53, 1.4 GHz", 1046, "1isD"),
    Board("4 B", "Cortex-A72, 1.8 GHz", 1769, "3OBF"),
    Board("5", "Cortex-A76, 2.4 GHz", 3196, "Au3jaA"),
)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is expected of a board, each from its least to its most.

    Attributes:
        ratio: How many times slower than here.
        window_ms, full_ms: CPU time of a look around the last face, and of one at the whole frame.
        somebody, nobody: Share of one core, at the default pace, with one face in view and with none.
    """

    ratio: tuple[float, float]
    window_ms: tuple[float, float]
    full_ms: tuple[float, float]
    somebody: tuple[float, float]
    nobody: tuple[float, float]


def expect(board: Board, mips_here: float, here_ms: Mapping[str, float]) -> Expectation:
    """Scale what was measured here.

    Args:
        board: Where to.
        mips_here: 7-Zip's rating of one core of this machine.
        here_ms: CPU milliseconds of an observation, as `benchmarks.footprint.looks_ms` returns them.
    """
    ratio = mips_here / board.mips, WIDER_VECTORS * mips_here / board.mips

    def there(here: float) -> tuple[float, float]:
        return ratio[0] * here, ratio[1] * here

    full = 1 / (LOOKS_HZ * FULL_EVERY_S)  # of the looks while somebody is there
    somebody_ms = full * here_ms["full_frame"] + (1 - full) * here_ms["window"]
    return Expectation(
        ratio,
        there(here_ms["window"]),
        there(here_ms["full_frame"]),
        there(LOOKS_HZ * somebody_ms / 1000),
        there(LOOKS_HZ * here_ms["empty_room"] / 1000),
    )


def rating(reported: str) -> float:
    """Return the MIPS at full use of one core, from the output of `7z b`.

    Raises:
        ValueError: It is not there.
    """
    # "Tot:", then how much of the processor was used, the rating at full use, and the rating
    found = re.search(r"^Tot:\s+\d+\s+(\d+)\s+\d+", reported, re.MULTILINE)
    if not found:
        raise ValueError("7-Zip printed no total")
    return float(found[1])


def run_7zip() -> float:
    """Return the rating of one core of this machine, now."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise SystemExit("on_a_pi: 7-Zip is not installed: apt install 7zip")
    # Dictionaries that fit into the 512 MB of a Zero
    done = subprocess.run(
        [program, "b", "-mmt1", "-md23"], check=True, capture_output=True, text=True, timeout=LIMIT_S
    )
    return rating(done.stdout)


def _span(span: tuple[float, float], scale: float = 1.0, digits: int = 0) -> str:
    return " to ".join(f"{scale * value:.{digits}f}" for value in span)


def main() -> int:
    """Measure, and print a table as Markdown."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=2, help="the best of so many is taken")
    options = parser.parse_args()
    mips = 0.0
    here_ms: dict[str, float] = {}
    for _ in range(options.rounds):
        mips = max(mips, run_7zip())
        now_ms = looks_ms()
        here_ms = {name: min(ms, here_ms.get(name, ms)) for name, ms in now_ms.items()}
    here = f"{platform.machine()}, Python {platform.python_version()}"
    print(f"here: {here}, 7-Zip {mips:.0f} MIPS a core, looks in ms:")
    print("     ", ", ".join(f"{name} {ms:g}" for name, ms in here_ms.items()))
    print()
    print(
        "| Pi | core; 7-Zip MIPS | slower by | look in the window, whole frame "
        "| share of one of its four cores, somebody there | empty room |"
    )
    print("| --- | --- | --- | --- | --- | --- |")
    for board in BOARDS:
        one = expect(board, mips, here_ms)
        cells = (
            board.name,
            f"{board.core}; {board.mips}",
            _span(one.ratio, digits=1),
            f"{_span(one.window_ms)}, {_span(one.full_ms)} ms",
            f"{_span(one.somebody, 100)} %",
            f"{_span(one.nobody, 100)} %",
        )
        print("|", " | ".join(cells), "|")
    return 0


if __name__ == "__main__":
    sys.exit(main())
