"""A network with fewer channels at its end answers like the wider one, as nearly as it can."""

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import earlier  # noqa: E402
from narrow import narrowed  # noqa: E402
from network import EmotionNetwork, build  # noqa: E402
from recipe import Recipe  # noqa: E402

SEEN = np.random.default_rng(4).integers(0, 256, (600, 48, 48), dtype=np.uint8)


@pytest.fixture
def wide() -> EmotionNetwork:
    torch.manual_seed(5)
    network = build("equivariant")
    network(torch.from_numpy(SEEN[:200]).float().unsqueeze(1))
    return network.eval()


def answers(network: EmotionNetwork) -> torch.Tensor:
    with torch.no_grad():
        return torch.stack([logits[:, :7] for logits in network(torch.from_numpy(SEEN).float().unsqueeze(1))])


def test_channels_that_say_nothing_are_cut_without_a_trace(wide: EmotionNetwork) -> None:
    silent = torch.randperm(wide.head.in_features)[: wide.head.in_features // 2]
    with torch.no_grad():
        for head in (wide.head, wide.votes_head):
            head.weight[:, silent] = 0.0
    narrow = narrowed(wide, "equivariant_narrow", torch.from_numpy(SEEN))
    assert narrow.head.in_features < wide.head.in_features
    torch.testing.assert_close(answers(narrow), answers(wide), rtol=0.0, atol=1e-3)


def test_what_is_left_speaks_for_what_is_cut(wide: EmotionNetwork) -> None:
    narrow = narrowed(wide, "equivariant_narrow", torch.from_numpy(SEEN))
    missed = (answers(narrow) - answers(wide)).square().mean()
    with torch.no_grad():
        cut = answers(narrow).var(dim=1).mean()
    assert missed < 0.2 * cut


def test_a_student_begins_with_its_wider_forerunner_narrowed(wide: EmotionNetwork, tmp_path: Path) -> None:
    folder = tmp_path / "students" / "forerunner"
    folder.mkdir(parents=True)
    torch.save(wide.state_dict(), folder / "weights.pt")
    (folder / "student.json").write_text(json.dumps({"recipe": {"network": "equivariant"}, "start": None}))
    recipe = Recipe(network="equivariant_narrow", start="students/forerunner")
    begun, start = earlier.begin(recipe, tmp_path, None, SEEN)
    wanted = narrowed(wide, "equivariant_narrow", torch.from_numpy(SEEN))
    assert start == {"through": ["students/forerunner"]}
    torch.testing.assert_close(answers(begun), answers(wanted))
