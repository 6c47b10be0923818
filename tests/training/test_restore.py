"""A model file gives back the network that it was exported from."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")
missing = [name for name in ("tensorflow", "ai_edge_litert") if importlib.util.find_spec(name) is None]
if missing:
    pytest.skip(f"needs {', '.join(missing)}: pip install -e .[training]", allow_module_level=True)

import data  # noqa: E402
import earlier  # noqa: E402
import export  # noqa: E402
import network  # noqa: E402
import restore  # noqa: E402
from average import settle_norms  # noqa: E402
from finish import int8_logits  # noqa: E402
from recipe import PREVIOUS, Recipe  # noqa: E402
from train import predict  # noqa: E402

SHIPPED = Path(__file__).resolve().parents[2] / "models" / "emotion.tflite"

pytestmark = pytest.mark.filterwarnings("default")


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (64, 48, 48), np.uint8)


def exported(name: str, faces: np.ndarray, folder: Path) -> Path:
    torch.manual_seed(1)
    built = network.build(name)
    built.train()(torch.from_numpy(faces).float().unsqueeze(1))  # so that its norms are not at rest
    if built.equivariant:
        settle_norms(built, torch.from_numpy(faces))
    export.convert(built, faces, folder / f"{name}.tflite")
    return folder / f"{name}.tflite"


@pytest.fixture(scope="module")
def model(faces: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported("small", faces, tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def equivariant(faces: np.ndarray, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported("equivariant", faces, tmp_path_factory.mktemp("equivariant"))


@pytest.mark.parametrize("name", ["small", "equivariant"])
def test_the_network_says_what_the_file_says(
    name: str, model: Path, equivariant: Path, faces: np.ndarray
) -> None:
    file = {"small": model, "equivariant": equivariant}[name]
    restored = predict(restore.restore(file, name), faces, torch.device("cpu")).numpy()
    of_file = int8_logits(file, faces)
    spread = of_file.std(axis=0).mean()
    assert np.abs(restored - of_file).mean() < 0.1 * spread


def test_an_equivariant_file_answers_a_mirror_image_alike(equivariant: Path, faces: np.ndarray) -> None:
    assert np.array_equal(int8_logits(equivariant, faces), int8_logits(equivariant, faces[:, :, ::-1].copy()))


@pytest.mark.parametrize("name", ["small", "equivariant", "shipped"])
def test_an_int8_file_is_blind_to_how_light_it_is(name: str, model: Path, equivariant: Path) -> None:
    file = {"small": model, "equivariant": equivariant, "shipped": SHIPPED}[name]
    network_name = json.loads(SHIPPED.with_suffix(".json").read_text())["training"]["recipe"]["network"]
    restored = restore.restore(file, network_name if name == "shipped" else name)
    kernel = restored.trunk[0].conv.weight.flatten(1)
    step = kernel.abs().amax(dim=1) / 127.0
    assert (kernel.sum(dim=1).abs() < 0.01 * step).all()


def test_hardly_anything_is_left_for_the_slow_operator(model: Path) -> None:
    interpreter = restore.opened(model)
    shapes = {detail["index"]: detail["shape"] for detail in interpreter.get_tensor_details()}
    operators = interpreter._get_ops_details()
    (seen,) = (shapes[each["inputs"][0]] for each in operators if each["op_name"] == "MEAN")
    assert seen[1] * seen[2] == 2


def test_a_kernel_is_rounded_without_a_mean() -> None:
    kernel = np.random.default_rng(2).normal(size=(6, 6, 1, 40)).astype(np.float32)
    kernel[..., 7] = 0.0
    kernel -= kernel.mean(axis=(0, 1, 2))
    rounded = export.rounded_evenly(kernel)
    step = np.abs(kernel).max(axis=(0, 1, 2)) / 127.0
    assert np.allclose(rounded.sum(axis=(0, 1, 2)), 0.0, atol=1e-5)
    assert (np.abs(rounded - kernel) <= 1.001 * step).all()
    assert np.allclose(np.abs(rounded).max(axis=(0, 1, 2)), np.abs(kernel).max(axis=(0, 1, 2)))


def test_a_file_of_another_network_is_refused(model: Path) -> None:
    with pytest.raises(ValueError, match="is no medium network"):
        restore.restore(model, "medium")


def test_what_begins_with_a_file_is_not_disturbed_at_first(faces: np.ndarray, tmp_path: Path) -> None:
    begun, start = earlier.begin(Recipe(network="equivariant", start=PREVIOUS), tmp_path, SHIPPED, faces)
    assert start is not None
    assert start["sha256"] == json.loads(SHIPPED.with_suffix(".json").read_text())["model"]["sha256"]
    # The head that no file has asks for no change of the layers below
    votes = begun(torch.from_numpy(faces).float().unsqueeze(1))[1]
    assert not votes.any()
    raised = json.loads(SHIPPED.with_suffix(".json").read_text())["training"]["raised"]
    missing = [raised.get(label, 0.0) for label in data.LABELS]
    as_shipped = predict(restore.restore(SHIPPED, "equivariant"), faces, torch.device("cpu")).numpy()
    assert predict(begun, faces, torch.device("cpu")).numpy() + missing == pytest.approx(as_shipped, abs=0.01)
