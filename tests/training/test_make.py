"""The one command, on a hundred faces and for two epochs, from the data to the model card."""

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools" / "training"
FACES = ROOT.parent / "shared" / "data" / "fer2013"
NEEDED = ("torch", "tensorflow", "ai_edge_litert", "matplotlib")
# Small networks and few faces: the path is the same as with large ones
FEW = ("--data", FACES, "--faces", 96, "--epochs", 2, "--network", "small")
FRESH = ("--members", "plain", "fine", "--students", "compact")
TUNED = ("--members", "tuned", "--students", "tuned", "--student", "tuned")
AGAIN = ("--students", "compact", "equivariant", "equivariant_again", "--student", "equivariant_again")
VOTED = ("--students", "equivariant_amid", "equivariant_amid_again", "equivariant_votes")
missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]

pytestmark = [
    pytest.mark.skipif(bool(missing), reason=f"needs {', '.join(missing)}: pip install -e .[training]"),
    pytest.mark.skipif(not FACES.exists(), reason=f"no FER2013 at {FACES}"),
    pytest.mark.timeout(240),
]


def tool(name: str, *arguments: object) -> str:
    command = [sys.executable, str(TOOLS / name), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    tool("make.py", "all", "--run", folder / "run", "--out", folder / "models", *FEW, *FRESH)
    return folder


def described(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "emotion.json").read_text())
    return content


def test_a_model_comes_with_all_that_is_said_about_it(made: Path) -> None:
    models = made / "models"
    names = {"training", "confusion", "classes", "reliability"}
    assert {picture.stem for picture in (models / "report").glob("*.png")} == names
    assert "must not be used" in (models / "MODEL_CARD.md").read_text()


def test_the_sidecar_says_how_it_was_made(made: Path) -> None:
    sidecar = described(made / "models")
    assert {teacher["name"] for teacher in sidecar["training"]["teachers"]} == {"plain", "fine"}
    assert set(sidecar["training"]["data"]) == {"train.npz", "valid.npz"}
    assert set(sidecar["figures"]["tilted"]) == {"-20", "20"}
    assert sum(sidecar["prior"]) == pytest.approx(1)
    assert sidecar["training"]["command"].endswith(
        "--members fine plain --students compact --student compact"
    )
    assert sidecar["model"]["bytes"] == (made / "models" / "emotion.tflite").stat().st_size


def test_the_same_command_again_trains_nothing_anew(made: Path) -> None:
    folders = ("--run", made / "run", "--out", made / "again")
    output = tool("make.py", "all", "--no-report", *folders, *FEW, *FRESH)
    assert '"epoch":' not in output
    models = [made / name / "emotion.tflite" for name in ("models", "again")]
    assert models[0].read_bytes() == models[1].read_bytes()


def test_the_next_model_can_start_from_an_earlier_one(made: Path) -> None:
    folders = ("--run", made / "next", "--out", made / "tuned")
    previous = ("--previous", made / "models" / "emotion.tflite")
    tool("make.py", "all", "--no-report", *folders, *previous, *FEW, *TUNED)
    start = described(made / "tuned")["training"]["start"]
    assert start["sha256"] == described(made / "models")["model"]["sha256"]
    assert start["through"] == ["members/tuned"]
    assert "then `members/tuned`" in (made / "tuned" / "MODEL_CARD.md").read_text()


def test_an_earlier_model_s_file_can_teach(made: Path, tmp_path: Path) -> None:
    folders = ("--run", tmp_path, "--files", f"first={made / 'models' / 'emotion.tflite'}")
    for stage in ("teachers", "answers"):
        tool("make.py", stage, *folders, *FEW, "--members")
    together = json.loads((tmp_path / "ensemble.json").read_text())
    assert set(together["members"]) == {"first"}
    member = json.loads((tmp_path / "members" / "first" / "member.json").read_text())
    assert member["file"]["sha256"] == described(made / "models")["model"]["sha256"]
    answers = np.load(tmp_path / "members" / "first" / "answers.npy")
    assert answers.shape == np.load(tmp_path / "answers.npy").shape
    assert np.allclose(answers.sum(axis=2), 1.0, atol=0.01)
    tool("make.py", "students", *folders, *FEW, *FRESH)
    tool("make.py", "export", "--no-report", *folders, "--out", tmp_path / "models", *FEW, *FRESH)
    card = (tmp_path / "models" / "MODEL_CARD.md").read_text()
    assert "--members --students compact --files first=first.tflite --student compact" in card
    assert f"`first` is the file with SHA-256 `{member['file']['sha256']}`" in card


def test_a_kept_teacher_needs_no_training_to_teach_again(made: Path, tmp_path: Path) -> None:
    tool("make.py", "keep", "--run", made / "run", "--out", tmp_path, *FEW, "--members", "plain")
    file = tmp_path / "teachers" / "plain.tflite"
    for stage in ("teachers", "answers"):
        tool("make.py", stage, "--run", tmp_path / "run", *FEW, "--members", "--files", f"plain={file}")
    assert set(json.loads((tmp_path / "run" / "ensemble.json").read_text())["members"]) == {"plain"}
    trained, kept = (
        np.load(run / "members" / "plain" / "answers.npy") for run in (made / "run", tmp_path / "run")
    )
    assert float(np.abs(trained.astype(np.float32) - kept).mean()) < 0.05
    figures = [
        json.loads((run / "members" / "plain" / "member.json").read_text())
        for run in (made / "run", tmp_path / "run")
    ]
    assert figures[0]["recipe"] == figures[1]["recipe"]


def test_a_student_can_go_on_from_another(made: Path) -> None:
    folders = ("--run", made / "run", "--out", made / "again")
    tool("make.py", "students", *folders, *FEW, *AGAIN)
    tool("make.py", "export", "--no-report", *folders, *FEW, *AGAIN)
    assert described(made / "again")["training"]["start"] == {"through": ["students/equivariant"]}
    assert "random weights, then `students/equivariant`" in (made / "again" / "MODEL_CARD.md").read_text()


def test_people_can_teach_beside_the_ensemble(made: Path, tmp_path: Path) -> None:
    previous = ("--previous", made / "models" / "emotion.tflite")
    folders = ("--run", made / "run", "--out", tmp_path)
    tool("make.py", "students", *folders, *FEW, *previous, *VOTED)
    chosen = ("--student", "equivariant_votes")
    tool("make.py", "export", "--no-report", *folders, *FEW, *previous, *VOTED, *chosen)
    together = described(tmp_path)["training"]["ensemble"]["with_votes"]
    said = f"{together['cross_fitted_accuracy']:.1%} with people's votes beside it"
    assert said in " ".join((tmp_path / "MODEL_CARD.md").read_text().split())


def test_what_taught_a_student_stays_with_it(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "run", tmp_path / "run")
    together = tmp_path / "run" / "ensemble.json"
    together.write_text(json.dumps({**json.loads(together.read_text()), "valid_accuracy": 1.0}))
    tool("make.py", "export", "--no-report", "--run", tmp_path / "run", "--out", tmp_path, *FEW, *FRESH)
    assert described(tmp_path)["training"]["ensemble"] == described(made / "models")["training"]["ensemble"]


def test_a_student_begun_keeps_what_began_to_teach_it(made: Path, tmp_path: Path) -> None:
    shutil.copytree(made / "run", tmp_path / "run")
    student = tmp_path / "run" / "students" / "compact" / "student.json"
    before = json.loads(student.read_text())
    student.unlink()
    together = tmp_path / "run" / "ensemble.json"
    together.write_text(json.dumps({**before["ensemble"], "valid_accuracy": 1.0}))
    tool("make.py", "students", "--run", tmp_path / "run", *FEW, *FRESH)
    after = json.loads(student.read_text())
    assert (after["ensemble"], after["teachers"]) == (before["ensemble"], before["teachers"])


def test_an_earlier_model_keeps_its_teachers(made: Path, tmp_path: Path) -> None:
    earlier = ("--student", "previous", "--previous", made / "models" / "emotion.tflite")
    tool("make.py", "export", "--no-report", "--run", tmp_path / "run", "--out", tmp_path, *FEW, *earlier)
    for about in ("ensemble", "teachers"):
        assert described(tmp_path)["training"][about] == described(made / "models")["training"][about]


def test_a_stage_that_comes_too_early_is_one_line(tmp_path: Path) -> None:
    arguments = map(str, ("students", "--run", tmp_path, *FEW, *AGAIN))
    command = [sys.executable, str(TOOLS / "make.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("make.py: ")
    assert done.stderr.endswith("run the stage `answers` first\n")
    assert "Traceback" not in done.stderr


def test_an_earlier_model_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    arguments = map(str, ("students", "--run", tmp_path, "--previous", tmp_path / "none.tflite", *FEW))
    command = [sys.executable, str(TOOLS / "make.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("make.py: ")
    assert "none.json" in line


def test_what_starts_from_an_earlier_model_asks_for_one(tmp_path: Path) -> None:
    arguments = map(str, ("teachers", "--run", tmp_path, *FEW, *TUNED))
    command = [sys.executable, str(TOOLS / "make.py"), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.endswith("tuned starts from an earlier model: say which with --previous\n")


def test_the_evaluation_prints_one_json_object(made: Path, tmp_path: Path) -> None:
    model = made / "models" / "emotion.tflite"
    valid = tmp_path / "valid.npz"
    with np.load(FACES / "valid.npz") as faces:
        np.savez(valid, images=faces["images"][:90], fer_label=faces["fer_label"][:90])
    result = json.loads(tool("evaluate.py", "--model", model, "--data", valid, "--tilt", "20", "--json"))
    assert result["n"] == 90
    assert set(result) == {"n", "accuracy", "per_class", "ece", "model_bytes", "ms_per_face"}
    assert 0 <= result["accuracy"] <= 1
