"""Winograd's convolutions are PyTorch's own, up to rounding, forth and back."""

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import fused  # noqa: E402
import native  # noqa: E402
import network  # noqa: E402
import views  # noqa: E402
import winograd  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(winograd.library() is None, reason="needs a C compiler"),
]

ROUNDING = 5e-5  # of the largest number


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(3)


def plain(x: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.conv2d(x, kernel, padding=1)


def apart(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """How far they lie apart at most, relative to the largest number."""
    return float((ours - theirs).abs().max() / theirs.abs().max())


@pytest.mark.parametrize(
    ("pictures", "into", "out", "high", "across"),
    [
        (6, 32, 48, 24, 24),
        (winograd.PICTURES + 3, 16, 32, 6, 6),
        (3, 16, 16, 10, 7),  # sides that are no multiple of a tile's
        (2, 64, 16, 1, 20),
    ],
)
def test_a_convolution_and_its_gradients_agree_with_pytorch_s(
    pictures: int, into: int, out: int, high: int, across: int
) -> None:
    x = torch.randn(pictures, into, high, across, requires_grad=True)
    kernel = torch.randn(out, into, 3, 3, requires_grad=True)
    y, expected = winograd.conv(x, kernel), plain(x, kernel)
    wanted = torch.randn_like(expected)
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert apart(y.detach(), expected.detach()) < ROUNDING
    gradients = (torch.autograd.grad(each, (x, kernel), wanted) for each in (y, expected))
    assert all(apart(*pair) < ROUNDING for pair in zip(*gradients, strict=True))


def test_pictures_without_a_gradient_get_none() -> None:
    x, kernel = torch.randn(2, 16, 6, 6), torch.randn(16, 16, 3, 3, requires_grad=True)
    (ours,) = torch.autograd.grad(winograd.conv(x, kernel).sum(), kernel)
    (theirs,) = torch.autograd.grad(plain(x, kernel).sum(), kernel)
    assert apart(ours, theirs) < ROUNDING


def test_training_convolves_so_where_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    convolved = []
    monkeypatch.setattr(winograd, "conv", lambda x, kernel: convolved.append(x) or plain(x, kernel))
    x, kernel = torch.randn(2, 16, 6, 6), torch.randn(16, 16, 3, 3)
    fused.conv(x, kernel, (1, 1), (1, 1))
    assert len(convolved) == 1
    fused.conv(x, kernel, (2, 2), (1, 1))
    fused.conv(x, kernel[..., :1, :1], (1, 1), (0, 0))
    fused.conv(x[:, :3], kernel[:, :3], (1, 1), (1, 1))
    fused.conv(x.double(), kernel.double(), (1, 1), (1, 1))
    with torch.no_grad():
        fused.conv(x, kernel, (1, 1), (1, 1))
    assert len(convolved) == 1
    with torch.no_grad(), native.also_without_gradient():
        fused.conv(x, kernel, (1, 1), (1, 1))
    assert len(convolved) == 2
    with torch.no_grad():
        fused.conv(x, kernel, (1, 1), (1, 1))
    assert len(convolved) == 2


def test_answers_to_views_are_convolved_so_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    built = network.build("equivariant").eval()
    faces = torch.randint(256, (views.ANSWERED + 3, 48, 48), dtype=torch.uint8)
    convolved = []
    conv = winograd.conv
    monkeypatch.setattr(winograd, "conv", lambda x, kernel: convolved.append(len(x)) or conv(x, kernel))
    ours = views.answer(built, faces)
    assert set(convolved) == {views.ANSWERED, 3}
    monkeypatch.setattr(winograd, "suits", lambda *_: False)
    assert torch.allclose(ours, views.answer(built, faces), atol=2e-3)
