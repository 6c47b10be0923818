"""A trained network as a full int8 TensorFlow Lite file: uint8 grey picture in, int8 logits out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data import SIDE_PX
from layers import Conv, Pool, Weigh
from network import INPUT_SCALE, ConvNorm, EmotionNetwork, PlaceWeights, ResidualBlock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
import tensorflow as tf  # its log level has to be set first

FloatPictures = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Exported:
    """The int8 file's numbers: real logit = scale * (int8 value - zero_point)."""

    path: Path
    output_scale: float
    output_zero_point: int


def graph(network: EmotionNetwork, *, rounded: bool = False) -> Callable[[Any], Any]:
    """Return the network as a TensorFlow function of (1, 48, 48, 1) float pictures, 0 to 255.

    The batch norms are folded into the kernels, the input's scale into the first of them, and
    the FER+ head is left out. It computes what the PyTorch module in evaluation mode does.
    rounded: its first kernel is one that int8 holds exactly.
    """
    stages = [_stage(layer, module) for layer, module in zip(network.layers, network.trunk, strict=True)]
    first = stages[0]
    weights = tf.constant(network.head_kernel().detach().numpy().T)
    bias = tf.constant(network.head.bias.detach().numpy())

    def run(pictures: Any) -> Any:
        x = first(pictures)
        for stage in stages[1:]:
            x = stage(x)
        return tf.matmul(_mean_of_places(x), weights) + bias

    if not isinstance(first, _Convolution):
        raise TypeError("a network must start with a convolution")
    first.kernel = (rounded_evenly(first.kernel) if rounded else first.kernel) * np.float32(INPUT_SCALE)
    return run


def _mean_of_places(x: Any) -> Any:
    # As pools of the upper and the lower half: what tflite-runtime has for a mean takes a tenth of a face's
    # time for 640 channels of 6 x 6. Their mean as one, since a pool gives no finer steps than it gets
    halves = (max(1, x.shape[1] // 2), x.shape[2])
    return tf.reduce_mean(tf.nn.avg_pool2d(x, halves, halves, "VALID"), axis=[1, 2])


class _Convolution:
    def __init__(self, norm: ConvNorm) -> None:
        kernel, bias = norm.folded()
        self.kernel = kernel.detach().numpy().transpose(2, 3, 1, 0)
        self.bias = bias.detach().numpy()
        self.stride = norm.conv.stride[0]

    def __call__(self, x: Any) -> Any:
        # SAME pads as PyTorch does here: odd kernels of stride 1 and even ones of stride 2.
        return tf.nn.conv2d(x, tf.constant(self.kernel), self.stride, "SAME") + self.bias


class _ReluConvolution(_Convolution):
    def __call__(self, x: Any) -> Any:
        return tf.nn.relu6(super().__call__(x))


def _stage(layer: Any, module: Any) -> Callable[[Any], Any]:
    match layer:
        case Conv():
            return _ReluConvolution(module)
        case Pool():
            return lambda x: tf.nn.max_pool2d(x, 2, 2, "VALID")
        case Weigh():
            return _place_weights(module, layer.side)
        case _:
            return _residual(module)


def _place_weights(module: PlaceWeights, side: int) -> Callable[[Any], Any]:
    weights = module.weight.detach().numpy().reshape(-1, side, side, 1).transpose(1, 2, 0, 3)
    return lambda x: tf.nn.depthwise_conv2d(x, tf.constant(weights), [1, 1, 1, 1], "VALID")


def _residual(block: ResidualBlock) -> Callable[[Any], Any]:
    if block.gate is not None:
        raise TypeError("a gated network teaches and is not exported")
    first, second = _ReluConvolution(block.first), _Convolution(block.second)
    shortcut = None if block.shortcut is None else _Convolution(block.shortcut)
    return lambda x: tf.nn.relu6(second(first(x)) + (x if shortcut is None else shortcut(x)))


def rounded_evenly(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a kernel (k, k, in, out) of mean 0 on its int8 grid, with the mean of each channel still 0.

    Weights that are rounded one by one sum to a few steps, and then how light a picture is counts for more
    than what is on it: that was nearly all that the files lost by int8. The weights that are rounded the
    furthest the wrong way go the other way.
    """
    weights = kernel.reshape(-1, kernel.shape[-1])
    steps = np.maximum(np.abs(weights).max(axis=0) / 127.0, np.finfo(np.float32).tiny)
    exact = weights / steps
    whole = exact.round()
    for channel, over in enumerate(whole.sum(axis=0).astype(int)):
        wrong_way = np.sign(over) * (whole - exact)[:, channel]
        whole[np.argsort(-wrong_way, kind="stable")[: abs(over)], channel] -= np.sign(over)
    return np.asarray((whole * steps).reshape(kernel.shape), np.float32)


def float_logits(network: EmotionNetwork, images: NDArray[np.uint8]) -> FloatPictures:
    """Return the TensorFlow function's float logits (N, 7) of (N, 48, 48) uint8 pictures."""
    return np.asarray(graph(network)(tf.constant(images[..., None], tf.float32)).numpy())


def convert(network: EmotionNetwork, samples: NDArray[np.uint8], path: Path) -> Exported:
    """Quantize the network to int8 and write the file.

    samples: (N, 48, 48) uint8 faces from the training split; a few hundred set the ranges.
    A black-to-white picture is put among them, so that the input's range is 0 to 255 and its
    scale exactly 1: the grey crop goes in as it is.
    """
    ramp = np.linspace(0, 255, SIDE_PX * SIDE_PX).round().astype(np.uint8)
    pictures = np.concatenate([samples, ramp.reshape(1, SIDE_PX, SIDE_PX)])

    def representative() -> Iterator[list[FloatPictures]]:
        for picture in pictures:
            yield [picture[None, :, :, None].astype(np.float32)]

    module = tf.Module()
    module.run = tf.function(
        graph(network, rounded=True), input_signature=[tf.TensorSpec((1, SIDE_PX, SIDE_PX, 1), tf.float32)]
    )
    concrete = module.run.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], module)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = representative
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = tf.uint8
    converter.inference_output_type = tf.int8
    path.write_bytes(converter.convert())
    return _described(path)


def _described(path: Path) -> Exported:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    into, out = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    if into["quantization"] != (1.0, 0) or into["dtype"] is not np.uint8:
        raise ValueError(f"{path}: the input came out as {into['dtype']} {into['quantization']}")
    scale, zero_point = out["quantization"]
    return Exported(path, float(scale), int(zero_point))
