"""Half the bits are used where they are quicker."""

from collections.abc import Iterator

import pytest

torch = pytest.importorskip("torch", reason="needs PyTorch: pip install -e .[training]")

import device  # noqa: E402

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    device.quicker_in_bf16.cache_clear()
    yield
    device.quicker_in_bf16.cache_clear()


@pytest.mark.parametrize("quicker", [True, False])
def test_a_cpu_with_bf16_arithmetic_is_tried_out(quicker: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {torch.bfloat16: 1.0 if quicker else 3.0, torch.float32: 2.0}
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setattr(device, "_convolving_s", seconds.__getitem__)
    assert device.quicker_in_bf16(CPU) == quicker


def test_a_cpu_without_bf16_arithmetic_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    monkeypatch.setattr(device, "_convolving_s", lambda _: pytest.fail("was tried out"))
    assert not device.quicker_in_bf16(CPU)


def test_a_convolution_takes_time() -> None:
    assert all(device._convolving_s(kind) > 0.0 for kind in (torch.bfloat16, torch.float32))
