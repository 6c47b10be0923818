"""What a trained student is offered as, and that a mixture of weights is what it says."""

import data
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import candidates  # noqa: E402
import network  # noqa: E402


def faces(count: int) -> data.Faces:
    chance = np.random.default_rng(count)
    images = chance.integers(0, 256, (count, 48, 48)).astype(np.uint8)
    return data.Faces(images, np.arange(count) % 7, np.zeros((count, 10), np.uint8))


def test_halfway_between_two_networks_lie_their_means() -> None:
    start, trained = network.build("small").state_dict(), network.build("small").eval()
    before = {name: value.clone() for name, value in trained.state_dict().items()}
    start["trunk.0.norm.running_mean"] += 1.0
    mixed = candidates.between(start, trained, 0.5).state_dict()
    for name in ("trunk.0.conv.weight", "trunk.0.norm.running_mean", "head.weight", "head.bias"):
        assert torch.allclose(mixed[name], (start[name] + before[name]) / 2)
    assert all(torch.equal(before[name], value) for name, value in trained.state_dict().items())


def test_a_mixture_answers_a_mirror_image_alike() -> None:
    start, trained = network.build("equivariant").state_dict(), network.build("equivariant").eval()
    for name, value in start.items():
        if name.endswith("running_mean"):
            value.add_(torch.randn(value.shape))
    mixed = candidates.between(start, trained, 0.5)
    images = torch.from_numpy(faces(4).images).float().unsqueeze(1)
    assert torch.allclose(mixed(images)[0], mixed(images.flip(3))[0], atol=1e-5)


def test_the_likelihood_chooses_and_not_the_accuracy() -> None:
    built = network.build("small")
    lucky = candidates.Candidate(built, 1.0, True, True, valid_accuracy=0.72, valid_loss=0.81)
    likely = candidates.Candidate(built, 1.0, False, False, valid_accuracy=0.71, valid_loss=0.79)
    assert candidates.best([lucky, likely]) is likely


@pytest.mark.parametrize("experienced", [True, False])
def test_only_what_had_learned_before_is_mixed(experienced: bool) -> None:
    trained = network.build("small").eval()
    start = network.build("small").state_dict() if experienced else None
    made = list(candidates.candidates(trained, start, (faces(21), faces(14)), 0.0))
    shares = [1.0, 0.75, 0.5, 0.25] if experienced else [1.0]
    ways = [(False, False), (True, False), (True, True)]
    wanted = [(share, *way) for share in shares for way in ways]
    assert [(each.trained_share, each.measured, each.refit) for each in made] == wanted
    assert all(0.0 <= each.valid_accuracy <= 1.0 for each in made)
    assert len({id(each.network) for each in made}) == len(made)
