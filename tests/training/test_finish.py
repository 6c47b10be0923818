"""Which of a run's students is exported."""

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import finish


def test_the_likeliest_student_is_exported_and_not_the_luckiest(tmp_path: Path) -> None:
    for name, accuracy, loss in (("lucky", 0.72, 0.81), ("likely", 0.71, 0.79)):
        folder = tmp_path / "students" / name
        folder.mkdir(parents=True)
        figures = {"valid_accuracy": accuracy, "valid_loss": loss}
        (folder / "student.json").write_text(json.dumps(figures))
    assert finish.best(tmp_path) == "likely"


def test_a_run_without_students_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="run the stage `students` first"):
        finish.best(tmp_path)
