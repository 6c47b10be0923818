"""A training step's parts for a CPU: norm, sum and ReLU6 at once, maxima, and convolutions.

`fused.c` is compiled when it is first wanted, for bf16 or for float. Where there is no compiler, or an
accelerator, PyTorch's own operations do the same.
"""

from __future__ import annotations

import ctypes
from ctypes import c_int, c_long, c_void_p
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

import native
import winograd

SOURCE = Path(__file__).with_name("fused.c")
KINDS = {torch.bfloat16: (), torch.float32: ("-DSINGLE",)}  # of number, and what compiles them
WIDE, SMALL = 256, 36  # channels out, and places: from there on windows are quicker
ARGUMENTS = {
    "sum_squares": (c_void_p, c_long, c_long, c_void_p),
    "scale": (c_void_p, c_void_p, c_long, c_long, c_void_p, c_void_p, c_int, c_void_p),
    "mask_and_sum": (c_void_p, c_void_p, c_void_p, c_long, c_long, c_int, c_void_p, c_void_p),
    "unscale": (c_void_p, c_void_p, c_long, c_long, c_void_p, c_void_p, c_void_p, c_void_p),
    "pool": (c_void_p, c_long, c_long, c_long, c_long, c_void_p),
    "unpool": (c_void_p, c_void_p, c_void_p, c_long, c_long, c_long, c_long, c_void_p),
}


@cache
def library(kind: torch.dtype) -> ctypes.CDLL | None:
    """Return `fused.c` compiled for this processor and kind of number, or None where no C compiler can."""
    return native.compiled(SOURCE, ARGUMENTS, KINDS[kind])


def suits(x: Tensor) -> bool:
    """Tell whether the functions of `fused.c` can be used for x."""
    return x.dtype in KINDS and x.device.type == "cpu" and native.allowed() and library(x.dtype) is not None


def conv(x: Tensor, kernel: Tensor, stride: tuple[int, ...], padding: tuple[int, ...]) -> Tensor:
    """Return the convolution without bias, as `functional.conv2d`."""
    bf16 = torch.is_autocast_enabled("cpu") and x.device.type == "cpu" and torch.is_grad_enabled()
    if bf16 and kernel.shape[2:] == (3, 3) and stride == (1, 1) and padding == (1, 1):
        with torch.autocast("cpu", enabled=False):
            alike: Tensor = _Conv.apply(_alike(x.bfloat16()), _alike(kernel.bfloat16()))  # type: ignore[no-untyped-call]
        return alike
    if winograd.suits(x, kernel, stride, padding):
        return winograd.conv(x, kernel)
    return functional.conv2d(x, kernel, None, stride, padding)


def norm_relu6(x: Tensor, norm: nn.BatchNorm2d, shortcut: Tensor | None, *, clipped: bool) -> Tensor:
    """Return the batch norm of (N, C, side, side), plus the shortcut, and ReLU6 of it where it is clipped."""
    if not (norm.training or torch.is_grad_enabled()) and suits(x):
        return _norm_by_statistics(x, norm, shortcut, clipped)
    if norm.training and norm.momentum is not None and suits(x):
        fused: Tensor = _Norm.apply(x, norm.weight, norm.bias, shortcut, norm, clipped)  # type: ignore[no-untyped-call]
        return fused
    y: Tensor = norm(x)
    y = y if shortcut is None else y + shortcut
    return functional.relu6(y) if clipped else y


def _norm_by_statistics(x: Tensor, norm: nn.BatchNorm2d, shortcut: Tensor | None, clipped: bool) -> Tensor:
    """Return `norm_relu6` of (N, C, side, side) by the means and variances that the norm has gathered."""
    assert norm.running_mean is not None
    assert norm.running_var is not None
    x, shortcut = _alike(x), None if shortcut is None else _alike(shortcut)
    gain = norm.weight * (norm.running_var + norm.eps).rsqrt()
    offset = norm.bias - norm.running_mean * gain
    channels, y = x.shape[1], torch.empty_like(x)
    _call("scale", x, shortcut, x.numel() // channels, channels, gain, offset, int(clipped), y)
    return y


def pool(x: Tensor) -> Tensor:
    """Return the largest of each 2 x 2 places of (N, C, side, side), side even."""
    if suits(x):
        fused: Tensor = _Pool.apply(x)  # type: ignore[no-untyped-call]
        return fused
    return functional.max_pool2d(x, 2)


def _alike(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last)


def _sums(channels: int) -> Tensor:
    return torch.zeros(2, channels, dtype=torch.float64)


def _call(name: str, x: Tensor, *arguments: Tensor | int | None) -> None:
    """Call the function of `fused.c` for x's kind of number; tensors go as the addresses of their numbers."""
    loaded = library(x.dtype)
    assert loaded is not None
    getattr(loaded, name)(x.data_ptr(), *(a.data_ptr() if isinstance(a, Tensor) else a for a in arguments))


class _Conv(torch.autograd.Function):
    """A 3 x 3 convolution whose gradient for x is a convolution with the kernel turned around.

    PyTorch's takes up to three times as long for it as for the way forward, with wide layers.
    """

    @staticmethod
    def forward(context: Any, x: Tensor, kernel: Tensor) -> Tensor:
        context.save_for_backward(x, kernel)
        return functional.conv2d(x, kernel, None, 1, 1)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor]:
        x, kernel = context.saved_tensors
        dy = _alike(gradients[0])
        dx = None
        if context.needs_input_grad[0]:
            turned = kernel.flip(2, 3).transpose(0, 1).contiguous(memory_format=torch.channels_last)
            dx = functional.conv2d(dy, turned, None, 1, 1)
        return dx, _kernel_gradient(x, kernel, dy)


def _kernel_gradient(x: Tensor, kernel: Tensor, dy: Tensor) -> Tensor:
    """Return the gradient of a 3 x 3 kernel (out, in, 3, 3).

    Wide layers on small maps take half as long as one product of matrices, of dy and all windows of x.
    """
    pictures, width, high, across = x.shape
    out = len(kernel)
    if out < WIDE or high * across > SMALL:
        wanted, steps = (False, True, False), ((1, 1), (1, 1), (1, 1), False, (0, 0), 1)
        slow: Tensor = torch.ops.aten.convolution_backward(dy, x, kernel, None, *steps, wanted)[1]
        return slow
    padded = _alike(functional.pad(x, (1, 1, 1, 1))).permute(0, 2, 3, 1)
    picture, row, column, channel = padded.stride()
    windows = padded.as_strided(
        (pictures, high, across, 3, 3, width), (picture, row, column, row, column, channel)
    ).reshape(-1, 9 * width)
    product = dy.permute(0, 2, 3, 1).reshape(-1, out).T @ windows
    return product.view(out, 3, 3, width).permute(0, 3, 1, 2)


class _Norm(torch.autograd.Function):
    """Batch norm (Ioffe & Szegedy, 2015), a sum with a shortcut, and ReLU6."""

    @staticmethod
    def forward(  # noqa: PLR0917 - `apply` passes nothing by name
        context: Any,
        x: Tensor,
        weight: Tensor,
        bias: Tensor,
        shortcut: Tensor | None,
        norm: nn.BatchNorm2d,
        clipped: bool,
    ) -> Tensor:
        x, shortcut = _alike(x), None if shortcut is None else _alike(shortcut)
        channels = x.shape[1]
        rows = x.numel() // channels
        sums = _sums(channels)
        _call("sum_squares", x, rows, channels, sums)
        mean = sums[0] / rows
        variance = (sums[1] / rows - mean**2).clamp(min=0.0)
        assert norm.running_mean is not None
        assert norm.running_var is not None
        norm.running_mean.lerp_(mean.float(), norm.momentum)
        norm.running_var.lerp_((variance * rows / (rows - 1)).float(), norm.momentum)
        inverse = (variance + norm.eps).rsqrt()
        gain = weight * inverse
        y = torch.empty_like(x)
        _call(
            "scale", x, shortcut, rows, channels, gain.float(), (bias - mean * gain).float(), int(clipped), y
        )
        context.save_for_backward(x, y, gain, mean, inverse)
        context.clipped = int(clipped)
        return y

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        x, y, gain, mean, inverse = context.saved_tensors
        dy = _alike(gradients[0])
        channels = x.shape[1]
        rows = x.numel() // channels
        sums, dt, dx = _sums(channels), torch.empty_like(x), torch.empty_like(x)
        _call("mask_and_sum", dy, x, y, rows, channels, context.clipped, dt, sums)
        d_bias, d_weight = sums[0], inverse * (sums[1] - mean * sums[0])
        slope = gain * inverse * d_weight / rows
        offset = gain * d_bias / rows - slope * mean
        _call("unscale", dt, x, rows, channels, gain.float(), slope.float(), offset.float(), dx)
        return dx, d_weight.float(), d_bias.float(), dt if context.needs_input_grad[3] else None, None, None


class _Pool(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, x: Tensor) -> Tensor:
        x = _alike(x)
        pictures, channels, high, across = x.shape
        y = _alike(torch.empty(pictures, channels, high // 2, across // 2, dtype=x.dtype))
        _call("pool", x, pictures, high, across, channels, y)
        context.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> Tensor:
        x, y = context.saved_tensors
        pictures, channels, high, across = x.shape
        dx = torch.empty_like(x)
        _call("unpool", _alike(gradients[0]), x, y, pictures, high, across, channels, dx)
        return dx
