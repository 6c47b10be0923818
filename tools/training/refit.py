"""The head of a finished student fitted again, on what the labels say instead of soft answers.

Soft answers teach the layers below, but leave the head unsure between the classes that are mixed up most.
Fitted again on faces as they are, with the rest held fixed, it gained 0.7 to 1 points on `valid.npz`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

import data
from device import autocast
from network import EmotionNetwork

LABEL_SHARE = 0.7  # of FER2013's own label in the targets; the rest is `data.soft_targets`
RIDGE = 1e-3  # weight of the squared kernel
BATCH = 512


@torch.no_grad()
def features(network: EmotionNetwork, images: Tensor) -> Tensor:
    """Return what the head gets (N, width), float, for (N, 48, 48) uint8 pictures."""
    network.eval()
    pieces = []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH].float().unsqueeze(1)
        with autocast(images.device):
            pieces.append(network.features(batch.contiguous(memory_format=torch.channels_last)).float())
    return torch.cat(pieces)


def refit_head(network: EmotionNetwork, faces: data.Faces, votes_share: float, steps: int = 25) -> None:
    """Fit the network's head again, in place, on the training faces and their mirror images.

    A regularized softmax regression, which has one optimum: L-BFGS finds it from the present head.
    """
    device = network.head.weight.device
    images = torch.from_numpy(faces.images).to(device)
    seen = torch.cat([features(network, images), features(network, images.flip(2))])
    soft = torch.from_numpy(data.soft_targets(faces, votes_share))
    own = functional.one_hot(torch.from_numpy(faces.labels), len(data.LABELS))
    targets = torch.lerp(soft, own.float(), LABEL_SHARE).to(device).repeat(2, 1)
    weight = network.head.weight.detach().clone().requires_grad_()
    bias = network.head.bias.detach().clone().requires_grad_()
    optimizer = torch.optim.LBFGS([weight, bias], max_iter=steps, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        surprise = -(targets * functional.log_softmax(seen @ weight.T + bias, dim=1)).sum(dim=1).mean()
        total = surprise + RIDGE * (weight**2).sum() / 2.0
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        network.head.weight.copy_(weight)
        network.head.bias.copy_(bias)
