"""The shipped model is as good as its card promises, and the README says what was measured."""

import json
from typing import Any

import pytest

from tests.support.rooms import MODEL

README = MODEL.parents[1] / "README.md"
# The classifier refuses a file that is not the one these figures were measured with
SIDECAR: dict[str, Any] = json.loads(MODEL.with_suffix(".json").read_text())
FIGURES: dict[str, Any] = SIDECAR["figures"]


def test_no_emotion_is_missed_more_often_than_found() -> None:
    recalls = {label: figures["recall"] for label, figures in FIGURES["valid"]["per_class"].items()}
    assert set(recalls) == set(SIDECAR["labels"])
    assert min(recalls.values()) >= 0.5


def test_its_confidence_can_be_believed() -> None:
    assert FIGURES["valid"]["ece"] <= 0.025


def test_it_is_small() -> None:
    assert MODEL.stat().st_size <= 1_100_000


@pytest.mark.parametrize("int8", [FIGURES["valid"]["accuracy"], FIGURES["plain_kernels_accuracy"]])
def test_next_to_nothing_is_lost_by_int8(int8: float) -> None:
    assert FIGURES["float_accuracy"] - int8 <= 0.002


@pytest.mark.parametrize("degrees", ["-20", "20"])
def test_a_tilted_head_costs_two_points_at_most(degrees: str) -> None:
    assert FIGURES["valid"]["accuracy"] - FIGURES["tilted"][degrees] <= 0.02


def test_the_readme_has_its_figures() -> None:
    text = " ".join(README.read_text().split())
    accuracy, error = FIGURES["valid"]["accuracy"], FIGURES["valid"]["ece"]
    assert f"names {accuracy:.1%} of the {FIGURES['valid']['n']:,} faces".replace("%", " %") in text
    assert f"a calibration error of {error:.1%}".replace("%", " %") in text
