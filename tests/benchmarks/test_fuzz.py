"""The fuzzer's parts hold for a few inputs each; `tools/benchmarks/fuzz.py` feeds many."""

import pytest
from benchmarks.fuzz import run
from benchmarks.fuzz_parts import PARTS

EXAMPLES = {"mpd": 30, "configuration": 150, "packets": 300}


@pytest.mark.parametrize("name", PARTS)
def test_a_part_survives_broken_input(name: str) -> None:
    run(PARTS[name], EXAMPLES.get(name, 60), 0)
