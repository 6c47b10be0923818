"""The networks as lists of layers, each written down once, and what one face costs them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Conv:
    """Convolution, batch norm, ReLU6. An even kernel of stride 2 pads alike on all sides."""

    width: int
    kernel: int = 3
    stride: int = 1


@dataclass(frozen=True, slots=True)
class Residual:
    """Two 3 x 3 convolutions beside a shortcut (1 x 1 where the width changes), then ReLU6.

    inner: the width between the two; 0: the same. gated: channels are weighed by what the whole picture
    holds (squeeze and excitation, Hu et al., 2018); for teachers, since it is not exported.
    """

    width: int
    gated: bool = False
    inner: int = 0


@dataclass(frozen=True, slots=True)
class Pool:
    """2 x 2 maximum."""


@dataclass(frozen=True, slots=True)
class Weigh:
    """Weights for each place of each channel instead of the plain mean (Chen et al., 2018).

    Faces are aligned, so what a place means is known. The last layer, for (side, side) maps.
    """

    side: int


Layer = Conv | Residual | Pool | Weigh

# What `medium` and its like have in common
_EARLY: tuple[Layer, ...] = (
    Conv(32, kernel=6, stride=2),
    Conv(32),
    Pool(),
    Residual(80),
    Residual(80),
    Pool(),
)
_SLIM = (*_EARLY, Residual(160, inner=128), Residual(160, inner=128))
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
    "light": (*_EARLY, Residual(152), Residual(152)),
    "medium": (*_EARLY, Residual(160), Residual(160)),
    "compact": (
        Conv(24, kernel=6, stride=2),
        Conv(32),
        Pool(),
        Residual(64),
        Residual(64),
        Pool(),
        Residual(128),
        Residual(128),
        Weigh(6),
    ),
    "aligned": (*_EARLY, Residual(160), Residual(160), Weigh(6)),
    # A teacher that two cores with bf16 arithmetic can train in an evening
    "broad": (
        Conv(64, kernel=6, stride=2),
        Conv(64),
        Pool(),
        Residual(128),
        Residual(128),
        Pool(),
        Residual(256),
        Residual(256),
    ),
    "gated": (
        Conv(64),
        Residual(64, gated=True),
        Pool(),
        Residual(128, gated=True),
        Residual(128, gated=True),
        Pool(),
        Residual(256, gated=True),
        Residual(256, gated=True),
        Residual(256, gated=True),
        Pool(),
        Residual(384, gated=True),
        Residual(384, gated=True),
    ),
    "plain": (
        Conv(64),
        Conv(64),
        Pool(),
        Conv(128),
        Conv(128),
        Pool(),
        Conv(256),
        Conv(256),
        Conv(256),
        Pool(),
        Conv(512),
        Conv(512),
    ),
    # `plain` at half the side, a fifth of its work, for two cores
    "plain_half": (
        Conv(64, kernel=6, stride=2),
        Conv(64),
        Pool(),
        Conv(128),
        Conv(128),
        Pool(),
        Conv(256),
        Conv(256),
        Conv(256),
    ),
    # `medium` with fewer channels within its last blocks, and more that are averaged at the end
    "equivariant": (*_SLIM, Conv(640, kernel=1)),
    # Fewer of these, in less time
    "equivariant_narrow": (*_SLIM, Conv(416, kernel=1)),
    "broad_equivariant": (
        Conv(64, kernel=6, stride=2),
        Conv(64),
        Pool(),
        Residual(128),
        Residual(128),
        Pool(),
        Residual(256),
        Residual(256),
        Conv(1024, kernel=1),
    ),
    # Whole pictures at first: `fine` for pictures as they are
    "fine_equivariant": (
        Conv(32),
        Residual(32),
        Pool(),
        Residual(64),
        Residual(64),
        Pool(),
        Residual(128),
        Residual(128),
        Pool(),
        Residual(256),
        Residual(256),
        Conv(1024, kernel=1),
    ),
    # For pictures enlarged to 64 px
    "fine": (
        Conv(48),
        Residual(48),
        Pool(),
        Residual(96),
        Residual(96),
        Pool(),
        Residual(192),
        Residual(192),
        Pool(),
        Residual(384),
        Residual(384),
    ),
}

# Their channels come in pairs that see each other's mirror image (Cohen & Welling, "Group Equivariant
# Convolutional Networks", 2016): what they answer to a face is what they answer to its mirror image
EQUIVARIANT = frozenset({"equivariant", "equivariant_narrow", "broad_equivariant", "fine_equivariant"})


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
                inner = layer.inner or layer.width
                weights = 9 * width * inner + 9 * inner * layer.width + shortcut
                total += side * side * weights
                width = layer.width
            case Pool():
                side //= 2
            case Weigh():
                total += side * side * width
    return total
