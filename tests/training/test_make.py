"""The one command, on a few hundred faces and for two epochs, from the data to the model card."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools" / "training"
FACES = ROOT.parent / "shared" / "data" / "fer2013"
NEEDED = ("torch", "tensorflow", "ai_edge_litert", "matplotlib")
# A small teacher: the path is the same as with large ones
FEW = (
    *("--data", FACES, "--faces", 384, "--epochs", 2),
    *("--teachers", 1, "--teacher-epochs", 1, "--teacher-network", "small"),
)
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
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("made")
    said = tool("make.py", "--run", folder / "run", "--out", folder / "models", *FEW)
    return folder, said


def described(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "models" / "emotion.json").read_text())
    return content


def test_a_model_comes_with_all_that_is_said_about_it(made: tuple[Path, str]) -> None:
    models = made[0] / "models"
    names = {"training", "confusion", "classes", "reliability"}
    assert {picture.stem for picture in (models / "report").glob("*.png")} == names
    assert "must not be used" in (models / "MODEL_CARD.md").read_text()


def test_the_sidecar_says_how_it_was_made(made: tuple[Path, str]) -> None:
    sidecar = described(made[0])
    assert len(sidecar["training"]["history"]) == 2
    assert set(sidecar["training"]["data"]) == {"train.npz", "valid.npz"}
    assert sum(sidecar["prior"]) == pytest.approx(1)
    assert sidecar["model"]["bytes"] == (made[0] / "models" / "emotion.tflite").stat().st_size


def test_the_same_command_again_makes_the_same_model_of_the_run_that_is_there(
    made: tuple[Path, str],
) -> None:
    folder, _ = made
    said = tool("make.py", "--run", folder / "run", "--out", folder / "again", "--no-report", *FEW)
    assert "going on after epoch 2" in said
    assert '"epoch":' not in said
    models = [folder / name / "emotion.tflite" for name in ("models", "again")]
    assert models[0].read_bytes() == models[1].read_bytes()


def test_a_model_that_is_there_can_teach_the_next(made: tuple[Path, str]) -> None:
    folder, _ = made
    model = folder / "models" / "emotion.tflite"
    few = ("--data", FACES, "--faces", 384, "--epochs", 1, "--teachers", 0, "--teacher-model", model)
    tool("make.py", "--run", folder / "second", "--out", folder / "taught", "--no-report", *few)
    (teacher,) = json.loads((folder / "taught" / "emotion.json").read_text())["training"]["teachers"]
    assert teacher["sha256"] == described(folder)["model"]["sha256"]
    assert teacher["epochs"] == 2


def test_the_evaluation_prints_one_json_object(made: tuple[Path, str]) -> None:
    model = made[0] / "models" / "emotion.tflite"
    result = json.loads(tool("evaluate.py", "--model", model, "--data", FACES / "valid.npz", "--json"))
    assert result["n"] == 3589
    assert set(result) == {"n", "accuracy", "per_class", "ece", "model_bytes", "ms_per_face"}
    assert 0 <= result["accuracy"] <= 1
