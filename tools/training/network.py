"""The networks, each written down once, and the PyTorch module that is trained from it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

INPUT_SCALE = 1.0 / 128.0  # grey levels to about 0..2; folded into the first kernel at export


@dataclass(frozen=True, slots=True)
class Conv:
    """Convolution, batch norm, ReLU6. An even kernel of stride 2 pads alike on all sides."""

    width: int
    kernel: int = 3
    stride: int = 1


@dataclass(frozen=True, slots=True)
class Residual:
    """Two 3 x 3 convolutions beside a shortcut (1 x 1 where the width changes), then ReLU6."""

    width: int


@dataclass(frozen=True, slots=True)
class Pool:
    """2 x 2 maximum."""


Layer = Conv | Residual | Pool

NETWORKS: dict[str, tuple[Layer, ...]] = {
    "small": (
        Conv(32, kernel=6, stride=2),
        Conv(32),
        Pool(),
        Residual(64),
        Pool(),
        Residual(128),
        Residual(128),
    ),
    # What fits into a megabyte as int8
    "light": (
        Conv(32, kernel=6, stride=2),
        Conv(32),
        Pool(),
        Residual(80),
        Residual(80),
        Pool(),
        Residual(152),
        Residual(152),
    ),
    "medium": (
        Conv(32, kernel=6, stride=2),
        Conv(32),
        Pool(),
        Residual(80),
        Residual(80),
        Pool(),
        Residual(160),
        Residual(160),
    ),
    "teacher": (
        Conv(64),
        Residual(64),
        Pool(),
        Residual(128),
        Residual(128),
        Pool(),
        Residual(256),
        Residual(256),
        Pool(),
        Residual(512),
        Residual(512),
    ),
}


class ConvNorm(nn.Module):
    """A convolution without bias and the batch norm that is folded into it at export.

    Where it looks at the picture itself, its kernels are kept at mean 0, so that they answer to
    edges and not to how light the room is.
    """

    def __init__(self, into: int, width: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.sees_picture = into == 1
        padding = (kernel - 1) // 2
        self.conv = nn.Conv2d(into, width, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(width)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """Apply it to (N, in, side, side)."""
        conv = self.conv
        out: Tensor = self.norm(functional.conv2d(x, self.kernel(), None, conv.stride, conv.padding))
        return out

    def kernel(self) -> Tensor:
        """Return the kernel (out, in, k, k) as it is applied."""
        weight = self.conv.weight
        return weight - weight.mean(dim=(1, 2, 3), keepdim=True) if self.sees_picture else weight

    def folded(self) -> tuple[Tensor, Tensor]:
        """Return the kernel (out, in, k, k) and the bias (out,) of conv and norm together."""
        variance, mean = self.norm.running_var, self.norm.running_mean
        assert variance is not None
        assert mean is not None
        gain = self.norm.weight / torch.sqrt(variance + self.norm.eps)
        return self.kernel() * gain.view(-1, 1, 1, 1), self.norm.bias - mean * gain


class ResidualBlock(nn.Module):
    """The module of a `Residual`."""

    def __init__(self, into: int, width: int) -> None:
        super().__init__()
        self.first = ConvNorm(into, width, 3)
        self.second = ConvNorm(width, width, 3)
        self.shortcut = None if into == width else ConvNorm(into, width, 1)
        # The block starts as its shortcut (Goyal et al., 2017): steadier at a high learning rate.
        if self.shortcut is None:
            nn.init.zeros_(self.second.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Apply it to (N, in, side, side)."""
        y = self.second(functional.relu6(self.first(x)))
        return functional.relu6(y + (x if self.shortcut is None else self.shortcut(x)))


class EmotionNetwork(nn.Module):
    """Grey faces to logits.

    `forward` takes (N, 1, side, side) float, 0 to 255, side a multiple of 16, and returns the
    seven FER2013 logits (N, 7) and the ten FER+ logits (N, 10). The second head only shapes the
    layers that both share; it is left out at export.
    """

    def __init__(self, layers: tuple[Layer, ...], dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = layers
        self.trunk = nn.ModuleList()
        width = 1
        for layer in layers:
            match layer:
                case Conv():
                    self.trunk.append(ConvNorm(width, layer.width, layer.kernel, layer.stride))
                    width = layer.width
                case Residual():
                    self.trunk.append(ResidualBlock(width, layer.width))
                    width = layer.width
                case Pool():
                    self.trunk.append(nn.MaxPool2d(2))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width, 7)
        self.votes_head = nn.Linear(width, 10)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the FER2013 and the FER+ logits."""
        x = images * INPUT_SCALE
        for layer, module in zip(self.layers, self.trunk, strict=True):
            x = module(x)
            if isinstance(layer, Conv):
                x = functional.relu6(x)
        x = self.dropout(x.mean(dim=(2, 3)))
        return self.head(x), self.votes_head(x)


def build(name: str, dropout: float = 0.0) -> EmotionNetwork:
    """Return the network of that name with fresh weights."""
    return EmotionNetwork(NETWORKS[name], dropout)


def multiply_adds(layers: tuple[Layer, ...], side: int = 48) -> int:
    """Count the multiply-adds of one face, without the heads."""
    total, width = 0, 1
    for layer in layers:
        match layer:
            case Conv():
                side //= layer.stride
                total += side * side * layer.kernel**2 * width * layer.width
                width = layer.width
            case Residual():
                shortcut = 0 if width == layer.width else width * layer.width
                weights = 9 * width * layer.width + 9 * layer.width**2 + shortcut
                total += side * side * weights
                width = layer.width
            case Pool():
                side //= 2
    return total
