"""The PyTorch modules of the networks that `layers.py` lists."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

import fused
from layers import EQUIVARIANT, NETWORKS, Conv, Layer, Pool, Residual, Weigh

INPUT_SCALE = 1.0 / 128.0  # grey levels to about 0..2; folded into the first kernel at export


class ConvNorm(nn.Module):
    """A convolution without bias and the batch norm that is folded into it at export.

    Where it looks at the picture itself, its kernels are kept at mean 0, so that they answer to
    edges and not to how light the room is. equivariant: the second half of the channels sees the mirror
    image of what the first half sees, and only the first half's kernels are learned.
    """

    def __init__(
        self, into: int, width: int, kernel: int, stride: int = 1, *, equivariant: bool = False
    ) -> None:
        super().__init__()
        self.sees_picture, self.equivariant = into == 1, equivariant
        padding = (kernel - 1) // 2
        self.conv = nn.Conv2d(into, width, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(width)
        nn.init.kaiming_normal_(self.conv.weight, mode="fan_out", nonlinearity="relu")
        if equivariant:
            self.conv.weight = nn.Parameter(self.conv.weight.detach()[: width // 2].clone())

    def forward(self, x: Tensor, shortcut: Tensor | None = None, *, clipped: bool = False) -> Tensor:
        """Apply it to (N, in, side, side); add the shortcut where there is one, ReLU6 where it is clipped."""
        conv = self.conv
        assert not isinstance(conv.padding, str)
        convolved = fused.conv(x, self.kernel(), conv.stride, conv.padding)
        return fused.norm_relu6(convolved, self.norm, shortcut, clipped=clipped)

    def kernel(self) -> Tensor:
        """Return the kernel (out, in, k, k) as it is applied."""
        weight = self.conv.weight
        if self.sees_picture:
            weight = weight - weight.mean(dim=(1, 2, 3), keepdim=True)
        if not self.equivariant:
            return weight
        swapped = weight if self.sees_picture else torch.cat(weight.chunk(2, dim=1)[::-1], dim=1)
        return torch.cat([weight, swapped.flip(3)])

    @torch.no_grad()
    def settle(self) -> None:
        """Give the two channels of a pair the same norm: in training they drift a little apart."""
        if self.equivariant:
            for value in self.norm.state_dict().values():
                if value.dtype.is_floating_point:
                    value.copy_(value.view(2, -1).mean(dim=0).repeat(2))

    def folded(self) -> tuple[Tensor, Tensor]:
        """Return the kernel (out, in, k, k) and the bias (out,) of conv and norm together."""
        gain, offset = _affine(self.norm)
        return self.kernel() * gain.view(-1, 1, 1, 1), offset


TRAINED_RMS = 0.06  # of a kernel that Muon has trained, whatever its layer


@torch.no_grad()
def unfold_norms(network: nn.Module, images: Tensor) -> None:
    """Let norms that were folded into their kernels and biases measure again, in place, by these pictures.

    images: (N, 1, side, side) float. In evaluation the network gives what it gave; in training each norm goes
    on from the batch. The kernels get the size at which the learning rates suit them, which norms do not see.
    """
    network.eval()
    norms = [module for module in network.modules() if isinstance(module, ConvNorm)]
    seen: dict[nn.Module, tuple[Tensor, Tensor]] = {}

    def note(norm: nn.Module, given: tuple[Tensor]) -> None:
        seen[norm] = given[0].mean(dim=(0, 2, 3)), given[0].var(dim=(0, 2, 3))

    hooks = [each.norm.register_forward_pre_hook(note) for each in norms]
    network(images)
    for hook in hooks:
        hook.remove()
    for each in norms:
        mean, variance = seen[each.norm]
        gain, offset = _affine(each.norm)
        size = TRAINED_RMS / each.conv.weight.square().mean().sqrt()
        each.conv.weight.mul_(size)
        each.norm.running_mean = mean * size
        each.norm.running_var = variance * size**2
        each.norm.weight.copy_(gain * (variance + each.norm.eps / size**2).sqrt())
        each.norm.bias.copy_(offset + gain * mean)


def _affine(norm: nn.BatchNorm2d) -> tuple[Tensor, Tensor]:
    """Return the gain and the offset that a norm comes to in evaluation."""
    variance, mean = norm.running_var, norm.running_mean
    assert variance is not None
    assert mean is not None
    gain = norm.weight / torch.sqrt(variance + norm.eps)
    return gain, norm.bias - mean * gain


class Gate(nn.Module):
    """Squeeze and excitation: a weight from 0 to 1 for each channel, out of all channels' means."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.squeeze = nn.Linear(width, width // 8)
        self.excite = nn.Linear(width // 8, width)

    def forward(self, x: Tensor) -> Tensor:
        """Weigh the channels of (N, width, side, side)."""
        weights = torch.sigmoid(self.excite(functional.relu(self.squeeze(x.mean(dim=(2, 3))))))
        return x * weights[:, :, None, None]


class PlaceWeights(nn.Module):
    """The module of a `Weigh`; it starts as the plain mean."""

    def __init__(self, width: int, side: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((width, side * side), 1.0 / side**2))

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, width, 1, 1) of (N, width, side, side)."""
        return (x.flatten(2) * self.weight).sum(dim=2)[:, :, None, None]


class Maximum(nn.Module):
    """The module of a `Pool`."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, width, side / 2, side / 2) of (N, width, side, side)."""
        return fused.pool(x)


class ResidualBlock(nn.Module):
    """The module of a `Residual`."""

    def __init__(self, into: int, layer: Residual, *, equivariant: bool = False) -> None:
        super().__init__()
        width, inner = layer.width, layer.inner or layer.width
        self.gate = Gate(width) if layer.gated else None
        self.first = ConvNorm(into, inner, 3, equivariant=equivariant)
        self.second = ConvNorm(inner, width, 3, equivariant=equivariant)
        self.shortcut = None if into == width else ConvNorm(into, width, 1, equivariant=equivariant)
        # The block starts as its shortcut (Goyal et al., 2017): steadier at a high learning rate.
        if self.shortcut is None:
            nn.init.zeros_(self.second.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Apply it to (N, in, side, side)."""
        beside = x if self.shortcut is None else self.shortcut(x)
        y = self.first(x, clipped=True)
        if self.gate is None:
            whole: Tensor = self.second(y, beside, clipped=True)
            return whole
        return functional.relu6(self.gate(self.second(y)) + beside)


class EmotionNetwork(nn.Module):
    """Grey faces to logits.

    `forward` takes (N, 1, side, side) float, 0 to 255, side a multiple of 16, and returns the
    seven FER2013 logits (N, 7) and the ten FER+ logits (N, 10). The second head only shapes the
    layers that both share; it is left out at export. enlarged: the side in pixels to which pictures
    are enlarged first, or 0. equivariant: it answers the same to a face and to its mirror image.
    """

    def __init__(
        self, layers: tuple[Layer, ...], dropout: float = 0.0, enlarged: int = 0, *, equivariant: bool = False
    ) -> None:
        super().__init__()
        self.layers, self.enlarged, self.equivariant = layers, enlarged, equivariant
        self.trunk = nn.ModuleList()
        width = 1
        for layer in layers:
            match layer:
                case Conv():
                    self.trunk.append(
                        ConvNorm(width, layer.width, layer.kernel, layer.stride, equivariant=equivariant)
                    )
                    width = layer.width
                case Residual():
                    self.trunk.append(ResidualBlock(width, layer, equivariant=equivariant))
                    width = layer.width
                case Pool():
                    self.trunk.append(Maximum())
                case Weigh():
                    self.trunk.append(PlaceWeights(width, layer.side))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(width // 2 if equivariant else width, 7)
        self.votes_head = nn.Linear(self.head.in_features, 10)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the FER2013 and the FER+ logits."""
        x = self.dropout(self.features(images))
        return self.head(x), self.votes_head(x)

    def features(self, images: Tensor) -> Tensor:
        """Return the channels' means, or those of the pairs of channels, (N, width), which the heads get."""
        x = (enlarge(images, self.enlarged) if self.enlarged else images) * INPUT_SCALE
        for layer, module in zip(self.layers, self.trunk, strict=True):
            x = module(x, clipped=True) if isinstance(layer, Conv) else module(x)
        x = x.mean(dim=(2, 3))
        return x.unflatten(1, (2, -1)).mean(dim=1) if self.equivariant else x

    def head_kernel(self) -> Tensor:
        """Return the head's weights (7, channels) for the means of all channels."""
        weight = self.head.weight
        return weight.repeat(1, 2) / 2 if self.equivariant else weight


def enlarge(images: Tensor, side: int) -> Tensor:
    """Return (N, 1, side, side) pictures of smaller ones."""
    return functional.interpolate(images, side, mode="bicubic").clamp(0.0, 255.0)


def build(name: str, dropout: float = 0.0, enlarged: int = 0) -> EmotionNetwork:
    """Return the network of that name with fresh weights."""
    return EmotionNetwork(NETWORKS[name], dropout, enlarged, equivariant=name in EQUIVARIANT)
