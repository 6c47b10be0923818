"""Model files are timed in turns, each against the first."""

from pathlib import Path

import pytest
from benchmarks import model_times

MODEL = Path(__file__).resolve().parents[2] / "models" / "emotion.tflite"


def test_the_first_model_is_what_others_are_measured_by(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = iter([2.0, 3.0, 4.0, 4.0, 2.0, 3.0])
    monkeypatch.setattr(model_times, "turn_ms", lambda _: next(turns))
    first, second = model_times.compare([MODEL, MODEL], rounds=3)
    assert (first["ms_per_face"], first["ratio"]) == (2.0, 1.0)
    assert (second["ms_per_face"], second["ratio"]) == (3.0, 1.5)


def test_a_model_that_is_not_there_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("sys.argv", ["model_times.py", str(tmp_path / "none.tflite")])
    with pytest.raises(SystemExit) as ended:
        model_times.main()
    assert ended.value.code == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"model_times: {tmp_path}/none")


def test_a_face_takes_time_through_the_real_network() -> None:
    (line,) = model_times.compare([MODEL], rounds=1)
    assert line["ms_per_face"] > 0.0
