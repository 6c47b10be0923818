"""An int8 file turned back into the network that it was exported from, so that an earlier model can teach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from network import INPUT_SCALE, ConvNorm, EmotionNetwork, build

FloatArray = NDArray[np.float32]


def restore(model: Path, name: str) -> EmotionNetwork:
    """Return the network of that name with the weights of a file that `export.convert` wrote of one.

    In evaluation mode, on the CPU. Its FER2013 logits are the file's, but for the rounding of what goes from
    layer to layer; the FER+ head, which no file has, is as at random. Raises ValueError where the file is of
    another network.
    """
    convolutions, (weights, bias) = _layers(model)
    network = build(name)
    norms = [module for module in network.modules() if isinstance(module, ConvNorm)]
    _check(model, name, [tuple(norm.kernel().shape) for norm in norms], convolutions)
    for norm in norms:
        # In the file's order, which is that of the network among kernels of one shape
        shape = tuple(norm.kernel().shape)
        row = next(row for row, (kernel, _) in enumerate(convolutions) if kernel.shape == shape)
        _set(norm, *convolutions.pop(row))
    with torch.no_grad():
        shares = torch.from_numpy(weights).unflatten(1, (2 if network.equivariant else 1, -1))
        network.head.weight.copy_(shares.sum(dim=1))
        network.head.bias.copy_(torch.from_numpy(bias))
    return network.eval()


def opened(model: Path) -> Interpreter:
    """Return an interpreter that shows the file's operators; delegates would hide them behind their own."""
    plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_path=str(model), experimental_op_resolver_type=plain)
    interpreter.allocate_tensors()
    return interpreter


def _check(
    model: Path, name: str, wanted: list[tuple[int, ...]], there: list[tuple[FloatArray, FloatArray]]
) -> None:
    if sorted(wanted) != sorted(kernel.shape for kernel, _ in there):
        raise ValueError(f"{model} is no {name} network: its kernels are of other shapes")


@torch.no_grad()
def _set(norm: ConvNorm, kernel: FloatArray, bias: FloatArray) -> None:
    """Put a folded kernel (out, in, k, k) and bias (out,) where convolution and norm have theirs."""
    scale = INPUT_SCALE if norm.sees_picture else 1.0
    norm.conv.weight.copy_(torch.from_numpy(kernel)[: len(norm.conv.weight)] / scale)
    norm.norm.bias.copy_(torch.from_numpy(bias))
    norm.norm.weight.fill_(1.0)
    assert norm.norm.running_mean is not None
    assert norm.norm.running_var is not None
    norm.norm.running_mean.zero_()
    norm.norm.running_var.fill_(1.0 - norm.norm.eps)


def _layers(model: Path) -> tuple[list[tuple[FloatArray, FloatArray]], tuple[FloatArray, FloatArray]]:
    """Return the convolutions' kernels (out, in, k, k) and biases in their order, and those of the head."""
    interpreter = opened(model)
    details = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    convolutions, heads = [], []
    for operator in interpreter._get_ops_details():
        if operator["op_name"] not in ("CONV_2D", "FULLY_CONNECTED"):
            continue
        kernel, bias = (_real(interpreter, details[index]) for index in operator["inputs"][1:3])
        if operator["op_name"] == "CONV_2D":
            convolutions.append((np.ascontiguousarray(kernel.transpose(0, 3, 1, 2)), bias))
        else:
            heads.append((kernel, bias))
    (head,) = heads
    return convolutions, head


def _real(interpreter: Any, detail: dict[str, Any]) -> FloatArray:
    """Return the real numbers of a constant that is quantized as a whole or by its output channels."""
    how = detail["quantization_parameters"]
    values = interpreter.get_tensor(detail["index"]).astype(np.float64)
    column = (-1, *[1] * (values.ndim - 1))
    return np.asarray(
        (values - how["zero_points"].reshape(column)) * how["scales"].reshape(column), np.float32
    )
