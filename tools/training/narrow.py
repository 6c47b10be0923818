"""A network with fewer channels at its end, which answers as nearly as it can like a wider one."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from network import ConvNorm, EmotionNetwork, build
from refit import features


@torch.no_grad()
def narrowed(wide: EmotionNetwork, name: str, images: Tensor) -> EmotionNetwork:
    """Return the network of that name, which differs in the width of its last convolution alone.

    The channels are kept that move the logits most on the faces, (N, 48, 48) uint8; the heads are those
    that give the wide network's answers with the least squared error.
    """
    narrow = build(name)
    last, wide_last = narrow.trunk[-1], wide.trunk[-1]
    assert isinstance(last, ConvNorm)
    assert isinstance(wide_last, ConvNorm)
    seen = features(wide, images).double()
    moves = seen.std(dim=0) * wide.head.weight.double().norm(dim=0)
    count = narrow.head.in_features
    kept = moves.topk(count).indices.sort().values
    channels = torch.cat([kept, kept + len(moves)]) if wide.equivariant else kept
    state = dict(wide.state_dict())
    place = f"trunk.{len(narrow.trunk) - 1}."
    state[place + "conv.weight"] = wide_last.conv.weight[kept]
    for part in ("weight", "bias", "running_mean", "running_var"):
        state[f"{place}norm.{part}"] = getattr(wide_last.norm, part)[channels]
    inputs = torch.cat([seen[:, kept], torch.ones(len(seen), 1, dtype=torch.float64)], dim=1)
    for head in ("head", "votes_head"):
        given = getattr(wide, head)
        wanted = functional.linear(seen, given.weight.double(), given.bias.double())
        fitted = torch.linalg.lstsq(inputs, wanted).solution.float()
        state[f"{head}.weight"], state[f"{head}.bias"] = fitted[:-1].T.contiguous(), fitted[-1]
    narrow.load_state_dict(state)
    return narrow.eval()
