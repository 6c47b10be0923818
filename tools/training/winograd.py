"""3 x 3 convolutions of floats on a CPU by Winograd's algorithm (Lavin & Gray, 2016), with their gradients.

Of nine products for a place, it needs 64 / 36. The transforms are those of `winograd.c`; the products between
them are of matrices. Off from PyTorch's own by about 1e-5 of the largest number.
"""

from __future__ import annotations

import ctypes
from ctypes import c_long, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import native

SOURCE = Path(__file__).with_name("winograd.c")
FUNCTIONS = ("input_transform", "input_adjoint", "output_transform", "output_adjoint")
ARGUMENTS = dict.fromkeys(FUNCTIONS, (c_void_p, c_long, c_long, c_long, c_long, c_void_p))
LANES, SIDE, NUMBERS = 16, 6, 64  # channels at a time; places of a tile's side; numbers of a window
PICTURES = 64  # at a time: what belongs to them stays in the processor's cache
# G of F(6 x 6, 3 x 3), by the points of winograd.c
G = torch.tensor(
    [
        [1.0, 0.0, 0.0],
        [-2 / 9, -2 / 9, -2 / 9],
        [-2 / 9, 2 / 9, -2 / 9],
        [1 / 90, 1 / 45, 2 / 45],
        [1 / 90, -1 / 45, 2 / 45],
        [32 / 45, 16 / 45, 8 / 45],
        [32 / 45, -16 / 45, 8 / 45],
        [0.0, 0.0, 1.0],
    ]
)


@cache
def library() -> ctypes.CDLL | None:
    """Return `winograd.c` compiled for this processor, or None where no C compiler can."""
    return native.compiled(SOURCE, ARGUMENTS)


def suits(x: Tensor, kernel: Tensor, stride: tuple[int, ...], padding: tuple[int, ...]) -> bool:
    """Return whether `conv` can do this convolution."""
    return (
        x.dtype == torch.float32
        and x.device.type == "cpu"
        and native.allowed()
        and (kernel.shape[2:], stride, padding) == ((3, 3), (1, 1), (1, 1))
        and all(width % LANES == 0 for width in kernel.shape[:2])
        and library() is not None
    )


def conv(x: Tensor, kernel: Tensor) -> Tensor:
    """Return the convolution of (N, in, high, across) by (out, in, 3, 3), padded by 1."""
    out, into = kernel.shape[:2]
    both = torch.einsum("ai,bj->abij", G, G).reshape(NUMBERS, 9)
    turned = both @ kernel.permute(2, 3, 1, 0).reshape(9, into * out)
    convolved: Tensor = _Winograd.apply(x, turned.view(NUMBERS, into, out))  # type: ignore[no-untyped-call]
    return convolved


def _transform(name: str, source: Tensor, pictures: Tensor, into: Tensor) -> None:
    """Call a function of `winograd.c`. pictures: source or into, whichever is not the numbers of tiles."""
    loaded = library()
    assert loaded is not None
    count, channels, high, across = pictures.shape
    getattr(loaded, name)(source.data_ptr(), count, high, across, channels, into.data_ptr())


class _Winograd(torch.autograd.Function):
    """Of pictures (N, in, high, across) and transformed kernels (64, in, out)."""

    @staticmethod
    def forward(context: Any, x: Tensor, kernels: Tensor) -> Tensor:
        x = x.contiguous(memory_format=torch.channels_last)
        context.save_for_backward(x, kernels)
        pictures, _, high, across = x.shape
        y = torch.empty(pictures, kernels.shape[2], high, across, memory_format=torch.channels_last)
        of_x, of_y = _Numbers(x), _Numbers(y)
        for few_x, few_y in zip(x.split(PICTURES), y.split(PICTURES), strict=True):
            windows, numbers = of_x.of(len(few_x)), of_y.of(len(few_x))
            _transform("input_transform", few_x, few_x, windows)
            torch.bmm(windows, kernels, out=numbers)
            _transform("output_transform", numbers, few_y, few_y)
        return y

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor]:
        x, kernels = context.saved_tensors
        dy = gradients[0].contiguous(memory_format=torch.channels_last)
        wanted = context.needs_input_grad[0]
        dx, d_kernels = torch.empty_like(x), torch.zeros_like(kernels)
        of_x, of_y = _Numbers(x), _Numbers(dy)
        for few_x, few_dx, few_dy in zip(*(t.split(PICTURES) for t in (x, dx, dy)), strict=True):
            windows, numbers = of_x.of(len(few_x)), of_y.of(len(few_x))
            _transform("output_adjoint", few_dy, few_dy, numbers)
            _transform("input_transform", few_x, few_x, windows)
            d_kernels.baddbmm_(windows.transpose(1, 2), numbers)
            if wanted:
                torch.bmm(numbers, kernels.transpose(1, 2), out=windows)
                _transform("input_adjoint", windows, few_dx, few_dx)
        return dx if wanted else None, d_kernels


class _Numbers:
    """Memory for the numbers of all tiles of a few pictures; used again and again, it stays in the cache."""

    def __init__(self, x: Tensor) -> None:
        """x: (N, channels, high, across), of which PICTURES are worked on at a time."""
        tiles = -(-x.shape[2] // SIDE) * -(-x.shape[3] // SIDE)
        self._one = NUMBERS * tiles * x.shape[1]
        self._channels = x.shape[1]
        self._memory = torch.empty(min(PICTURES, len(x)) * self._one)

    def of(self, count: int) -> Tensor:
        """Return the memory (64, tiles, channels) of so many pictures."""
        return self._memory[: count * self._one].view(NUMBERS, -1, self._channels)
