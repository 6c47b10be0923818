"""Random variations of a batch of faces: what people, rooms, cameras and Haar boxes vary by."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Strength:
    """How far a batch is varied. Geometry in shares of the picture's side, light in shares of 1."""

    rotation_deg: float = 7.0  # standard deviation
    shear: float = 0.04  # standard deviation
    zoom: float = 0.07  # standard deviation of the logarithm
    aspect: float = 0.04  # standard deviation of the logarithm
    shift: float = 0.05  # standard deviation
    contrast: float = 0.18  # standard deviation of the logarithm
    brightness: float = 0.07  # standard deviation
    gamma: float = 0.15  # standard deviation of the logarithm
    noise: float = 0.03  # largest standard deviation
    low_resolution: float = 0.06  # share of batches
    blur: float = 0.06  # share of batches
    dark: float = 0.03  # share of pictures taken at a fifth to a half of the light
    erase: float = 0.2  # share of pictures
    erase_side: float = 0.35  # longest side of what is erased

    def plain(self) -> Strength:
        """Return the same without what hides or spoils a picture: geometry and light alone."""
        return replace(self, noise=0.0, low_resolution=0.0, blur=0.0, dark=0.0, erase=0.0)


def vary(images: Tensor, side: int, strength: Strength, random: torch.Generator) -> Tensor:
    """Return one random variation of each picture.

    images: (N, 1, 48, 48) float, 0 to 255, on any device, and `random` a generator of that same
    device. Returns (N, 1, side, side), 0 to 255. One `grid_sample` does all of the geometry.
    """
    faces = _warp(images, side, strength, random)
    faces = _camera(faces, strength, random)
    faces = _light(faces / 255.0, strength, random)
    return _erase(faces, strength, random).clamp_(0.0, 1.0).mul_(255.0)


def mix(images: Tensor, alpha: float, random: torch.Generator) -> tuple[Tensor, Tensor, float]:
    """Mixup (Zhang et al., 2018): return the mixed pictures, the partners' order, and the share kept.

    The share is drawn from Beta(alpha, alpha), folded so that each picture keeps at least half.
    """
    order = torch.randperm(len(images), generator=random, device=images.device)
    share = _beta(alpha, random)
    return share * images + (1.0 - share) * images[order], order, share


def _beta(alpha: float, random: torch.Generator) -> float:
    # Jöhnk's method: exact for alpha below 1, and the generator is ours to seed.
    while True:
        u, v = torch.rand(2, generator=random, device=random.device).tolist()
        x, y = u ** (1.0 / alpha), v ** (1.0 / alpha)
        if 0.0 < x + y <= 1.0:
            return float(max(x, y) / (x + y))


def _normal(images: Tensor, random: torch.Generator) -> Tensor:
    return torch.randn(len(images), generator=random, device=images.device)


def _uniform(images: Tensor, random: torch.Generator) -> Tensor:
    return torch.rand(len(images), generator=random, device=images.device)


def _warp(images: Tensor, side: int, strength: Strength, random: torch.Generator) -> Tensor:
    angle = _normal(images, random) * math.radians(strength.rotation_deg)
    shear = _normal(images, random) * strength.shear
    zoom = torch.exp(_normal(images, random) * strength.zoom)
    aspect = torch.exp(_normal(images, random) * strength.aspect)
    flip = torch.where(_uniform(images, random) < 0.5, -1.0, 1.0)
    cosine, sine = torch.cos(angle), torch.sin(angle)
    wide, high = zoom * aspect * flip, zoom / aspect
    # grid_sample's picture runs from -1 to 1, so a shift of the side is 2.
    across = 2.0 * strength.shift * _normal(images, random)
    down = 2.0 * strength.shift * _normal(images, random)
    rows = (
        torch.stack([wide * cosine, high * (shear - sine), across], dim=1),
        torch.stack([wide * sine, high * cosine, down], dim=1),
    )
    grid = functional.affine_grid(torch.stack(rows, dim=1), [len(images), 1, side, side], align_corners=False)
    return functional.grid_sample(images, grid, padding_mode="border", align_corners=False)


def _camera(images: Tensor, strength: Strength, random: torch.Generator) -> Tensor:
    chance = torch.rand(3, generator=random, device=random.device).tolist()
    side = images.shape[-1]
    if chance[0] < strength.low_resolution:
        coarse = int(side * (0.4 + 0.4 * chance[2]))
        images = functional.interpolate(images, coarse, mode="bilinear", antialias=True)
        images = functional.interpolate(images, side, mode="bilinear")
    if chance[1] < strength.blur:
        smooth = functional.avg_pool2d(images, 3, 1, 1, count_include_pad=False)
        images = torch.lerp(images, smooth, 0.5 + 0.5 * chance[2])
    return images


def _light(images: Tensor, strength: Strength, random: torch.Generator) -> Tensor:
    column = (-1, 1, 1, 1)
    gamma = torch.exp(_normal(images, random) * strength.gamma).view(column)
    contrast = torch.exp(_normal(images, random) * strength.contrast).view(column)
    brightness = (_normal(images, random) * strength.brightness).view(column)
    dim = 0.2 + 0.3 * _uniform(images, random)
    dim = torch.where(_uniform(images, random) < strength.dark, dim, 1.0).view(column)
    images = images.clamp(1e-3, 1.0).pow(gamma)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    images = ((images - mean) * contrast + mean + brightness).clamp_(0.0, 1.0) * dim
    amount = (_uniform(images, random) ** 2 * strength.noise).view(column)
    grain = torch.randn(images.shape, generator=random, device=images.device)
    return images + grain * amount


def _erase(images: Tensor, strength: Strength, random: torch.Generator) -> Tensor:
    side = images.shape[-1]
    along = torch.arange(side, device=images.device).view(1, -1)

    def span() -> Tensor:
        length = (0.1 + (strength.erase_side - 0.1) * _uniform(images, random)) * side
        start = _uniform(images, random) * side - length / 2
        return (along >= start.view(-1, 1)) & (along < (start + length).view(-1, 1))

    rows, columns = span(), span()
    chosen = (_uniform(images, random) < strength.erase).view(-1, 1, 1)
    hole = (rows.unsqueeze(2) & columns.unsqueeze(1) & chosen).unsqueeze(1)
    shade = _uniform(images, random).view(-1, 1, 1, 1)
    return torch.where(hole, shade, images)
