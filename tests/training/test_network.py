"""The network that is trained and the one that is exported are the same."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import layers  # noqa: E402
import muon  # noqa: E402
import network  # noqa: E402
from average import settle_norms, settle_pairs  # noqa: E402

EXPORTED = [
    name for name, each in layers.NETWORKS.items() if not any(getattr(x, "gated", False) for x in each)
]

pytestmark = pytest.mark.filterwarnings("default")


def trained_looking(name: str) -> network.EmotionNetwork:
    """A network whose norms are not at rest."""
    torch.manual_seed(1)
    built = network.build(name)
    for module in built.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.3)
            module.running_var.uniform_(0.5, 2.0)
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.3)
    return built.eval()


@pytest.mark.parametrize("name", layers.NETWORKS)
def test_the_multiply_adds_are_counted_as_they_are_done(name: str) -> None:
    counted = 0

    def count(module: torch.nn.Module, _: object, out: torch.Tensor) -> None:
        nonlocal counted
        places = module.weight.numel() if isinstance(module, network.PlaceWeights) else 0
        counted += places or module.kernel().numel() * out.shape[2] * out.shape[3]

    built = network.build(name).eval()
    for module in built.modules():
        if isinstance(module, network.ConvNorm | network.PlaceWeights):
            module.register_forward_hook(count)
    built(torch.zeros(1, 1, 48, 48))
    assert counted == layers.multiply_adds(layers.NETWORKS[name])


def test_the_first_layer_does_not_see_how_light_it_is() -> None:
    stem = trained_looking("small").trunk[0]
    dark, light = torch.full((1, 1, 48, 48), 0.2), torch.full((1, 1, 48, 48), 1.5)
    inside = (slice(None), slice(None), slice(2, -2), slice(2, -2))
    assert torch.allclose(stem(dark)[inside], stem(light)[inside], atol=1e-5)


@pytest.mark.parametrize("name", ["medium", "compact", "gated"])
def test_unfolded_norms_keep_the_network_s_outputs(name: str) -> None:
    built = trained_looking(name)
    faces = torch.randint(0, 256, (64, 1, 48, 48)).float()
    with torch.no_grad():
        before = built(faces)[0]
        network.unfold_norms(built, faces)
        after, in_training = built(faces)[0], built.train()(faces)[0]
    assert torch.allclose(before, after, atol=1e-3 * float(before.abs().max()))
    # By the same pictures the norms measure the same in training
    assert torch.allclose(before, in_training, atol=0.02 * float(before.abs().max()))


def test_unfolded_kernels_have_the_size_that_suits_the_rates() -> None:
    built = trained_looking("small")
    network.unfold_norms(built, torch.randint(0, 256, (64, 1, 48, 48)).float())
    kernels = [each.detach() for each in built.parameters() if each.ndim == 4]
    sizes = [float(each.square().mean().sqrt()) for each in kernels]
    assert sizes == pytest.approx([network.TRAINED_RMS] * len(sizes))


def test_weights_of_places_start_as_the_plain_mean() -> None:
    maps = torch.rand(2, 5, 6, 6)
    weighed = network.PlaceWeights(5, 6)(maps)
    assert torch.allclose(weighed[:, :, 0, 0], maps.mean(dim=(2, 3)), atol=1e-6)


@pytest.mark.parametrize("shape", [(8, 50), (50, 8), (16, 16)])
def test_an_orthogonalized_step_is_about_as_strong_in_every_direction(shape: tuple[int, int]) -> None:
    torch.manual_seed(1)
    values = torch.linalg.svdvals(muon.orthogonalized(torch.randn(shape), steps=5))
    assert values.max() < 1.3
    assert values.median() > 0.6


def test_kernels_of_one_shape_are_orthogonalized_as_each_alone() -> None:
    torch.manual_seed(1)
    several = torch.randn(3, 8, 50)
    alone = torch.stack([muon.orthogonalized(each) for each in several])
    assert torch.allclose(muon.orthogonalized(several), alone, atol=1e-4)


@pytest.mark.timeout(110)
@pytest.mark.parametrize("name", EXPORTED)
def test_tensorflow_computes_what_pytorch_does(name: str) -> None:
    pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install -e .[training]")
    import export  # noqa: PLC0415 - needs TensorFlow

    built = trained_looking(name)
    images = np.random.default_rng(1).integers(0, 256, (4, 48, 48)).astype(np.uint8)
    with torch.no_grad():
        wanted = built(torch.from_numpy(images).float().unsqueeze(1))[0].numpy()
    assert export.float_logits(built, images) == pytest.approx(wanted, abs=1e-3 * float(abs(wanted).max()))


@pytest.mark.timeout(110)
def test_the_file_takes_the_grey_picture_as_it_is(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow", reason="needs TensorFlow: pip install -e .[training]")
    pytest.importorskip("ai_edge_litert", reason="needs LiteRT: pip install -e .[training]")
    import export  # noqa: PLC0415 - needs TensorFlow

    samples = np.random.default_rng(1).integers(0, 256, (20, 48, 48)).astype(np.uint8)
    exported = export.convert(trained_looking("small"), samples, tmp_path / "model.tflite")
    assert exported.output_scale > 0
    assert exported.path.stat().st_size < 2_000_000


@pytest.mark.parametrize("name", sorted(layers.EQUIVARIANT))
def test_an_equivariant_network_answers_a_face_as_its_mirror_image(name: str) -> None:
    built = trained_looking(name)
    faces = torch.randint(0, 256, (6, 1, 48, 48)).float()
    settle_norms(built, faces.squeeze(1).to(torch.uint8))
    with torch.no_grad():
        answers, mirrored = built(faces)[0], built(faces.flip(3))[0]
    assert torch.allclose(answers, mirrored, atol=1e-4)
    assert not torch.allclose(answers, built(faces.flip(2))[0], atol=1e-2)


@pytest.mark.parametrize("name", sorted(layers.EQUIVARIANT))
def test_it_does_so_with_the_norms_of_its_training_too(name: str) -> None:
    built = trained_looking(name)
    faces = torch.randint(0, 256, (6, 1, 48, 48)).float()
    with torch.no_grad():
        assert not torch.allclose(built(faces)[0], built(faces.flip(3))[0], atol=1e-3)
        settle_pairs(built)
        assert torch.allclose(built(faces)[0], built(faces.flip(3))[0], atol=1e-4)
