"""Random variations of a batch of faces: what people, rooms, cameras and Haar boxes vary by.

The random numbers of a variation are drawn first (`draw`) and applied afterwards (`apply`): a drawn
variation gives the same picture on a CPU and on an accelerator, and `apply` never waits for the device.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

MOST_TURNED = math.radians(35.0)  # the detector hardly finds faces turned further
NUDGED_CONTRAST = 0.1  # standard deviation of the logarithm
NUDGED_BRIGHTNESS = 0.03  # standard deviation, in shares of 1
NOISE_SIDE = 512  # of the one field that every picture's grain is cut from


@dataclass(frozen=True, slots=True)
class Strength:
    """How far a batch is varied. Geometry in shares of the picture's side, light in shares of 1."""

    rotation_deg: float = 8.0  # standard deviation
    tilt: float = 0.25  # share of pictures turned two and a half times as far
    shear: float = 0.04  # standard deviation
    zoom: float = 0.09  # standard deviation of the logarithm
    aspect: float = 0.04  # standard deviation of the logarithm
    shift: float = 0.05  # standard deviation
    jaw: float = 0.1  # standard deviation: how far the lower face is stretched, as by speech
    fill: float = 0.3  # share of pictures whose outside is one shade instead of the border's
    contrast: float = 0.22  # standard deviation of the logarithm
    brightness: float = 0.08  # standard deviation
    gamma: float = 0.2  # standard deviation of the logarithm
    slope: float = 0.12  # standard deviation of light from one side, in both directions
    noise: float = 0.03  # largest standard deviation
    low_resolution: float = 0.06  # share of pictures
    blur: float = 0.08  # share of pictures
    dark: float = 0.03  # share of pictures taken at a fifth to a half of the light
    erase: float = 0.2  # share of pictures
    erase_side: float = 0.35  # longest side of what is erased

    def plain(self) -> Strength:
        """Return the same without what hides or spoils a picture: geometry and light alone."""
        return replace(self, noise=0.0, low_resolution=0.0, blur=0.0, dark=0.0, erase=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Variation:
    """One drawn variation for each of N pictures.

    matrix: (N, 2, 3), where a point of the result lies in the face, both -1 to 1. The others: (N,);
    `box` (N, 4) is the erased rectangle: left, top, right, bottom as shares of the side.
    """

    matrix: Tensor
    jaw: Tensor
    fill: Tensor  # the outside's shade, 0 to 1; negative: the border's
    contrast: Tensor
    brightness: Tensor
    gamma: Tensor
    slope: Tensor  # (N, 2)
    dim: Tensor
    noise: Tensor
    grain: Tensor  # (N, 2) int64: where in the field the grain is cut out
    coarse: Tensor  # weight of the picture at half the resolution
    blur: Tensor  # weight of the blurred picture
    box: Tensor
    shade: Tensor  # of the erased rectangle, 0 to 1

    def to(self, device: torch.device) -> Variation:
        """Return it on another device."""
        return Variation(*(getattr(self, field.name).to(device) for field in fields(self)))

    def take(self, rows: Tensor | slice) -> Variation:
        """Return the rows that an index or a slice selects."""
        return Variation(*(getattr(self, field.name)[rows] for field in fields(self)))


def draw(
    count: int, strength: Strength, device: torch.device, random: torch.Generator | None = None
) -> Variation:
    """Draw so many variations; from the device's default generator where none is given."""

    def normal(deviation: float, *columns: int) -> Tensor:
        return torch.randn(count, *columns, generator=random, device=device) * deviation

    def uniform(*columns: int) -> Tensor:
        return torch.rand(count, *columns, generator=random, device=device)

    def happens(share: float) -> Tensor:
        return uniform() < share

    nothing = torch.zeros(count, device=device)
    span = (0.1 + max(0.0, strength.erase_side - 0.1) * uniform(2)) * happens(strength.erase)[:, None]
    start = uniform(2) - span / 2
    return Variation(
        matrix=_matrix(strength, normal, uniform),
        jaw=normal(strength.jaw),
        fill=torch.where(happens(strength.fill), uniform(), nothing - 1.0),
        contrast=torch.exp(normal(strength.contrast)),
        brightness=normal(strength.brightness),
        gamma=torch.exp(normal(strength.gamma)),
        slope=normal(strength.slope, 2),
        dim=torch.where(happens(strength.dark), 0.2 + 0.3 * uniform(), nothing + 1.0),
        noise=uniform() ** 2 * strength.noise,
        grain=(uniform(2) * NOISE_SIDE).long(),
        coarse=torch.where(happens(strength.low_resolution), 0.5 + 0.5 * uniform(), nothing),
        blur=torch.where(happens(strength.blur), 0.5 + 0.5 * uniform(), nothing),
        box=torch.cat([start, start + span], dim=1),
        shade=uniform(),
    )


def _matrix(strength: Strength, normal: Callable[[float], Tensor], uniform: Callable[[], Tensor]) -> Tensor:
    further = torch.where(uniform() < strength.tilt, 2.5, 1.0)
    angle = (normal(math.radians(strength.rotation_deg)) * further).clamp(-MOST_TURNED, MOST_TURNED)
    shear = normal(strength.shear)
    zoom, aspect = torch.exp(normal(strength.zoom)), torch.exp(normal(strength.aspect))
    flip = torch.where(uniform() < 0.5, -1.0, 1.0)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    wide, high = zoom * aspect * flip, zoom / aspect
    # The picture runs from -1 to 1, so a shift of the side is 2
    across, down = normal(2.0 * strength.shift), normal(2.0 * strength.shift)
    rows = (
        torch.stack([wide * cosine, high * (shear - sine), across], dim=1),
        torch.stack([wide * sine, high * cosine, down], dim=1),
    )
    return torch.stack(rows, dim=1)


def apply(images: Tensor, variation: Variation, side: int = 48) -> Tensor:
    """Return the varied pictures.

    images: (N, 1, 48, 48) float, 0 to 255. Returns (N, 1, side, side), 0 to 255.
    """
    faces = _warp(images / 255.0, variation, side)
    faces = _camera(faces, variation)
    faces = _light(faces, variation)
    return _erase(faces, variation).clamp(0.0, 1.0) * 255.0


def vary(images: Tensor, side: int, strength: Strength) -> Tensor:
    """Draw and apply one variation of each picture: (N, 1, 48, 48) to (N, 1, side, side), 0 to 255."""
    return apply(images, draw(len(images), strength, images.device), side)


def turn(images: Tensor, angles: Tensor) -> Tensor:
    """Return pictures turned clockwise about their middle; the border fills what comes in from outside.

    images: (N, 1, side, side). angles: (N,), radians.
    """
    cosine, sine, nothing = torch.cos(angles), torch.sin(angles), torch.zeros_like(angles)
    rows = torch.stack([cosine, sine, nothing], dim=1), torch.stack([-sine, cosine, nothing], dim=1)
    grid = functional.affine_grid(torch.stack(rows, dim=1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def nudge(images: Tensor, most_px: int) -> Tensor:
    """Return pictures moved by whole pixels, so many at most in both directions, in slightly other light.

    images: (N, 1, side, side), 0 to 255; so are those returned. The border fills what comes in from outside.
    """
    count, side, device = len(images), images.shape[-1], images.device
    padded = functional.pad(images, (most_px,) * 4, mode="replicate").squeeze(1)
    steps = torch.arange(side, device=device)
    down, across = torch.randint(2 * most_px + 1, (2, count, 1), device=device) + steps
    moved = padded[torch.arange(count, device=device)[:, None, None], down[:, :, None], across[:, None, :]]
    contrast, brightness = torch.randn(2, count, 1, 1, device=device)
    mean = moved.mean(dim=(1, 2), keepdim=True)
    lit = (moved - mean) * (contrast * NUDGED_CONTRAST).exp() + mean + brightness * NUDGED_BRIGHTNESS * 255.0
    return lit.clamp(0.0, 255.0).unsqueeze(1)


def mix(
    images: Tensor, targets: tuple[Tensor, ...], chance: float, alpha: float
) -> tuple[Tensor, list[Tensor]]:
    """Mix a share of the pictures, and their targets alike, with their neighbours (Zhang et al., 2018).

    The share kept is drawn from Beta(alpha, alpha), folded so that each picture keeps at least half.
    """
    count, device = len(images), images.device
    table = _beta_quantiles(alpha, device)
    kept = table[(torch.rand(count, device=device) * len(table)).long()]
    kept = torch.where(torch.rand(count, device=device) < chance, kept, torch.ones_like(kept))
    mixed = [torch.lerp(each.roll(1, 0), each, kept[:, None]) for each in targets]
    return torch.lerp(images.roll(1, 0), images, kept.view(-1, 1, 1, 1)), mixed


@cache
def _beta_quantiles(alpha: float, device: torch.device) -> Tensor:
    # A sorted sample stands for the inverse distribution: drawing from it waits for no device
    random = torch.Generator().manual_seed(0)
    u, v = torch.rand(2, 1 << 16, generator=random)
    x, y = u ** (1.0 / alpha), v ** (1.0 / alpha)  # Jöhnk's method, exact for alpha below 1
    fits = (x + y > 0.0) & (x + y <= 1.0)
    share = x[fits] / (x + y)[fits]
    return torch.maximum(share, 1.0 - share).sort().values[:: max(1, int(fits.sum()) // 1024)].to(device)


@cache
def _noise_field(device: torch.device) -> Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.randn(NOISE_SIDE * NOISE_SIDE, generator=random).to(device)


def _column(values: Tensor) -> Tensor:
    return values.view(-1, 1, 1, 1)


def _warp(images: Tensor, variation: Variation, side: int) -> Tensor:
    size = [len(images), 1, side, side]
    grid = functional.affine_grid(variation.matrix, size, align_corners=False)
    across, down = grid.unbind(dim=3)
    # From below the nose on, the face is stretched or pressed
    down = down + variation.jaw.view(-1, 1, 1) * (down - 0.2).clamp(min=0.0)
    grid = torch.stack([across, down], dim=3)
    faces = functional.grid_sample(images, grid, padding_mode="border", align_corners=False)
    outside = (grid.abs().amax(dim=3) > 1.0).unsqueeze(1) & (_column(variation.fill) >= 0.0)
    return torch.where(outside, _column(variation.fill), faces)


def _camera(images: Tensor, variation: Variation) -> Tensor:
    half = functional.avg_pool2d(images, 2)
    half = functional.interpolate(half, images.shape[-1], mode="bilinear")
    images = torch.lerp(images, half, _column(variation.coarse))
    smooth = functional.avg_pool2d(images, 3, 1, 1, count_include_pad=False)
    return torch.lerp(images, smooth, _column(variation.blur))


def _light(images: Tensor, variation: Variation) -> Tensor:
    side = images.shape[-1]
    along = torch.linspace(-1.0, 1.0, side, device=images.device)
    across, down = variation.slope.view(-1, 2, 1, 1).unbind(dim=1)
    ramp = 1.0 + across * along.view(1, 1, -1) + down * along.view(1, -1, 1)
    images = (images.clamp(min=1e-3).pow(_column(variation.gamma)) * ramp.unsqueeze(1)).clamp(0.0, 1.2)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = (images - mean) * _column(variation.contrast) + mean + _column(variation.brightness)
    images = images.clamp(0.0, 1.0) * _column(variation.dim)
    steps = torch.arange(side, device=images.device)
    rows = (variation.grain[:, :1] + steps) % NOISE_SIDE
    columns = (variation.grain[:, 1:] + steps) % NOISE_SIDE
    grain = _noise_field(images.device)[rows.unsqueeze(2) * NOISE_SIDE + columns.unsqueeze(1)]
    return images + grain.unsqueeze(1) * _column(variation.noise)


def _erase(images: Tensor, variation: Variation) -> Tensor:
    side = images.shape[-1]
    along = (torch.arange(side, device=images.device) + 0.5) / side
    left, top, right, bottom = variation.box.unsqueeze(2).unbind(dim=1)
    columns, rows = (along >= left) & (along < right), (along >= top) & (along < bottom)
    hole = (rows.unsqueeze(2) & columns.unsqueeze(1)).unsqueeze(1)
    return torch.where(hole, _column(variation.shade), images)
