"""The fused operations are PyTorch's own, up to rounding, forth and back."""

from collections.abc import Callable, Iterator

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import fused  # noqa: E402
import native  # noqa: E402
import pace  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings("default"),
    pytest.mark.skipif(fused.library(torch.float32) is None, reason="needs a C compiler"),
]

ROUNDING = {torch.bfloat16: 0.005, torch.float32: 1e-5}  # relative
SHAPE = (6, 48, 12, 12)


@pytest.fixture(autouse=True)
def _seeded() -> Iterator[None]:
    torch.manual_seed(3)
    return


def pictures(*shape: int, kind: torch.dtype = torch.bfloat16) -> torch.Tensor:
    """Random numbers around 1, laid out as in training."""
    return (torch.randn(shape) * 2 + 1).to(kind).contiguous(memory_format=torch.channels_last)


def a_norm(width: int) -> torch.nn.BatchNorm2d:
    """A batch norm that is not at rest."""
    norm = torch.nn.BatchNorm2d(width)
    torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
    torch.nn.init.normal_(norm.bias, 0, 0.5)
    return norm


def gradients(
    operation: Callable[..., torch.Tensor], inputs: list[torch.Tensor], wanted: torch.Tensor
) -> tuple[torch.Tensor, ...]:
    """What an operation gives, and the gradients of its inputs for a given gradient of that."""
    leaves = [each.detach().clone().requires_grad_() for each in inputs]
    given = operation(*leaves)
    given.backward(wanted.to(given.dtype))
    return given.detach(), *(leaf.grad for leaf in leaves)


def apart(ours: torch.Tensor, theirs: torch.Tensor) -> float:
    """How far they lie apart, relative."""
    return float((ours.float() - theirs).norm() / theirs.norm())


@pytest.mark.parametrize("kind", ROUNDING)
@pytest.mark.parametrize("clipped", [False, True])
@pytest.mark.parametrize("beside", [False, True])
def test_norm_sum_and_relu6_agree_with_pytorch_s(clipped: bool, beside: bool, kind: torch.dtype) -> None:
    x, shortcut, wanted = (pictures(*SHAPE, kind=kind) for _ in range(3))
    inputs = [x, shortcut] if beside else [x]
    ours, theirs = a_norm(48), torch.nn.BatchNorm2d(48)
    theirs.load_state_dict(ours.state_dict())

    def fused_once(x: torch.Tensor, shortcut: torch.Tensor | None = None) -> torch.Tensor:
        return fused.norm_relu6(x, ours, shortcut, clipped=clipped)

    def in_steps(x: torch.Tensor, shortcut: torch.Tensor | None = None) -> torch.Tensor:
        y = theirs(x) if shortcut is None else theirs(x) + shortcut
        return torch.nn.functional.relu6(y) if clipped else y

    # An output that bf16 rounds to 6 counts as clipped: none of those is asked about
    wanted[(fused_once(*inputs).float() - 6.0).abs() < 0.05] = 0.0
    ours.reset_running_stats()
    got = gradients(fused_once, inputs, wanted)
    expected = gradients(in_steps, [each.float() for each in inputs], wanted.float())
    assert got[0].dtype == kind
    assert all(apart(*pair) < ROUNDING[kind] for pair in zip(got, expected, strict=True))
    for name in ("weight", "bias"):
        assert apart(getattr(ours, name).grad, getattr(theirs, name).grad) < ROUNDING[kind]
    for name in ("running_mean", "running_var"):
        assert apart(getattr(ours, name), getattr(theirs, name)) < 1e-4


@pytest.mark.parametrize("beside", [False, True])
def test_a_settled_norm_without_gradient_agrees_with_pytorch_s(beside: bool) -> None:
    x, other = (pictures(*SHAPE, kind=torch.float32) for _ in range(2))
    shortcut = other if beside else None
    norm = a_norm(48)
    norm(x)  # measures
    norm.eval()
    with torch.no_grad():
        expected = fused.norm_relu6(x, norm, shortcut, clipped=True)
    with torch.no_grad(), native.also_without_gradient():
        ours = fused.norm_relu6(x, norm, shortcut, clipped=True)
    assert apart(ours, expected) < ROUNDING[torch.float32]


@pytest.mark.parametrize("kind", ROUNDING)
def test_maxima_and_their_gradient_are_exactly_pytorch_s(kind: torch.dtype) -> None:
    x, wanted = pictures(*SHAPE, kind=kind), pictures(6, 48, 6, 6, kind=kind)
    got = gradients(fused.pool, [x], wanted)
    expected = gradients(lambda x: torch.nn.functional.max_pool2d(x, 2), [x.float()], wanted.float())
    assert all(torch.equal(ours.float(), theirs) for ours, theirs in zip(got, expected, strict=True))


@pytest.mark.parametrize(("side", "width"), [(12, 32), (6, 256)])
def test_a_convolution_s_gradients_agree_with_pytorch_s(side: int, width: int) -> None:
    x, wanted = pictures(6, 48, side, side), pictures(6, width, side, side)
    kernel = torch.randn(width, 48, 3, 3)

    def convolved(x: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16):
            return fused.conv(x, kernel, (1, 1), (1, 1))

    got = gradients(convolved, [x, kernel], wanted)
    rounded = kernel.bfloat16().float()
    expected = gradients(
        lambda x, kernel: torch.nn.functional.conv2d(x, kernel, None, 1, 1),
        [x.float(), rounded],
        wanted.float(),
    )
    for ours, theirs in zip(got, expected, strict=True):
        assert apart(ours, theirs) < ROUNDING[torch.bfloat16]


def test_with_other_numbers_or_no_gradient_pytorch_does_it() -> None:
    assert not fused.suits(torch.zeros(SHAPE, dtype=torch.float64))
    with torch.no_grad():
        assert not fused.suits(pictures(*SHAPE))
        with native.also_without_gradient():
            assert fused.suits(pictures(*SHAPE))
        assert not fused.suits(pictures(*SHAPE))
    assert fused.suits(pictures(*SHAPE))


def test_without_a_compiler_pytorch_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fused, "library", lambda _: None)
    assert not fused.suits(pictures(*SHAPE))


def test_the_pace_of_both_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    before = fused.suits, fused.conv
    assert pace.main(["--network", "small", "--batch", "4", "--rounds", "1"]) == 0
    assert [line.partition(" a step, ")[0] for line in capsys.readouterr().out.splitlines()] == [
        "small, 4 pictures"
    ] * 2
    assert (fused.suits, fused.conv) == before
