"""Which of a run's students is exported."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import finish


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
