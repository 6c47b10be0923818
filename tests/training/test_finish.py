"""Which of a run's students is exported, and what its shy classes are given."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import data
import finish

FEAR = data.LABELS.index("fear")
LABELS = np.arange(700) % 7


def test_the_likeliest_student_is_exported_and_not_the_luckiest(tmp_path: Path) -> None:
    _trained(tmp_path, "lucky", accuracy=0.72, loss=0.81)
    _trained(tmp_path, "likely", accuracy=0.71, loss=0.79)
    assert finish.best(tmp_path) == "likely"


def _trained(run: Path, name: str, *, accuracy: float, loss: float) -> None:
    folder = run / "students" / name
    folder.mkdir(parents=True)
    (folder / "student.json").write_text(json.dumps({"valid_accuracy": accuracy, "valid_loss": loss}))


def test_a_run_without_students_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run the stage `students` first"):
        finish.best(tmp_path)


def shy(by: float) -> NDArray[np.float64]:
    """Return logits that are right throughout, but of fear always a little less sure than of sadness."""
    logits = np.eye(7)[LABELS]
    logits[LABELS == FEAR, FEAR], logits[LABELS == FEAR, data.LABELS.index("sad")] = 0.0, by
    return logits


def test_a_class_that_is_found_is_not_raised() -> None:
    assert finish.shy_classes(np.eye(7)[LABELS], LABELS) == {}


def test_a_shy_class_gets_no_more_than_it_needs() -> None:
    assert finish.shy_classes(shy(0.22), LABELS) == {"fear": 0.25}


def test_no_class_is_raised_by_more_than_the_limit() -> None:
    assert finish.shy_classes(shy(5.0), LABELS) == {"fear": finish.MOST}


def test_a_class_without_faces_is_left_alone() -> None:
    others = LABELS != FEAR
    assert finish.shy_classes(shy(0.22)[others], LABELS[others]) == {}
