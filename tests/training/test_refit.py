"""A head fitted again agrees better with the labels, and nothing below it changes."""

import data
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import network  # noqa: E402
import refit  # noqa: E402


def test_a_head_fitted_again_agrees_better_with_the_labels() -> None:
    torch.manual_seed(1)
    chance = np.random.default_rng(1)
    labels = np.arange(70) % 7
    images = chance.integers(0, 40, (70, 48, 48)) + 30 * labels[:, None, None] * chance.integers(
        0, 2, (1, 48, 48)
    )
    faces = data.Faces(images.astype(np.uint8), labels, np.zeros((70, 10), np.uint8))
    built = network.build("small").eval()
    before = {name: value.clone() for name, value in built.state_dict().items()}

    def accuracy() -> float:
        with torch.no_grad():
            logits = built(torch.from_numpy(faces.images).float().unsqueeze(1))[0]
        return float((logits.argmax(1).numpy() == labels).mean())

    at_first = accuracy()
    refit.refit_head(built, faces, 0.4)
    assert accuracy() > at_first + 0.3
    changed = [name for name, value in built.state_dict().items() if not torch.equal(value, before[name])]
    assert changed == ["head.weight", "head.bias"]
