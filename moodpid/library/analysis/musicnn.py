"""MSD_musicnn in numpy: 200 numbers about a song from a network that learned to tag music.

J. Pons, X. Serra, "musicnn: pre-trained convolutional neural networks for music audio tagging" (2019),
trained on the Million Song Dataset; ISC licence. `tools/musicnn_weights.py` makes the weights from their
package: batch normalisation becomes scale and offset, and filters that died in training are gone.
"""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from moodpid.errors import ModelError
from moodpid.library.analysis.filterbanks import Floats

SAMPLE_RATE_HZ = 16000
EMBEDDING = 200
PATCHES = 6

_FFT_SIZE, _HOP, _MEL_BANDS = 512, 256, 96
_PATCH_FRAMES = 187  # three seconds
_TIMBRAL, _TEMPORAL, _MIDDLE = ("conv0", "conv1"), ("conv2", "conv3", "conv4"), ("conv5", "conv6", "conv7")
_LAYERS = ("input", *_TIMBRAL, *_TEMPORAL, *_MIDDLE, "dense")
_BLOCK = 64  # frames at a time, so that the windows of a layer take 4 MB
_WINDOW: Floats = np.hanning(_FFT_SIZE + 1)[:-1].astype(np.float32)


def slaney_mel_matrix() -> Floats:
    """Return (96, 257): triangles of unit area, as librosa has them.

    M. Slaney, "Auditory Toolbox" (1998): linear to 1 kHz, 27 bands an octave-and-a-third (6.4 times) above.
    """
    step = np.log(6.4) / 27

    def to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(mel >= 15, 1000 * np.exp(step * (mel - 15)), mel * 200 / 3)  # noqa: PLR2004 - 1 kHz

    highest = 15 + np.log(SAMPLE_RATE_HZ / 2 / 1000) / step
    edges = to_hz(np.linspace(0, highest, _MEL_BANDS + 2))
    ramps = edges[:, None] - np.fft.rfftfreq(_FFT_SIZE, 1 / SAMPLE_RATE_HZ)
    width = np.diff(edges)[:, None]
    triangles = np.maximum(0, np.minimum(-ramps[:-2] / width[:-1], ramps[2:] / width[1:]))
    return np.asarray(triangles * (2 / (edges[2:] - edges[:-2]))[:, None], np.float32)


_MEL = slaney_mel_matrix()


class Musicnn:
    """The network with its weights in memory: 0.8 MB.

    Args:
        path: Of the file that `tools/musicnn_weights.py` writes.

    Raises:
        ModelError: It is not there, or is another file.
    """

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
                self._weights = dict(file)
        except (OSError, ValueError, zipfile.BadZipFile, EOFError) as error:
            raise ModelError(f"{path}: the music network cannot be read: {error}") from error
        missing = {f"{layer}.{part}" for layer in _LAYERS for part in ("scale", "offset")} - set(
            self._weights
        )
        if missing:
            raise ModelError(f"{path}: not the weights of musicnn: {min(missing)} is missing")

    def embed(self, samples: Floats) -> Floats:
        """Return (200,): the mean over six patches of three seconds, spread evenly.

        Args:
            samples: Mono, 16,000 Hz, from -1 to 1.
        """
        return np.asarray(
            np.mean([self.embed_patch(patch) for patch in patches(samples)], axis=0), np.float32
        )

    def embed_patch(self, patch: Floats) -> Floats:
        """Return (200,): what the layer before the tags holds for one patch of (187, 96)."""
        weights = self._weights
        x = patch * weights["input.scale"] + weights["input.offset"]
        front = [_convolve(x, name, weights).max(axis=1) for name in (*_TIMBRAL, *_TEMPORAL)]
        layers = [np.concatenate(front, axis=1)]
        for name in _MIDDLE:
            out = _convolve(layers[-1], name, weights)[:, 0]
            layers.append(out if len(layers) == 1 else out + layers[-1])
        together = np.concatenate(layers, axis=1)
        pooled = np.stack([together.max(axis=0), together.mean(axis=0)], axis=1).ravel()
        dense = np.maximum(pooled @ weights["dense.kernel"] + weights["dense.bias"], 0)
        return np.asarray(dense * weights["dense.scale"] + weights["dense.offset"], np.float32)


def patches(samples: Floats, count: int = PATCHES) -> list[Floats]:
    """Return `count` log mel spectrograms of (187, 96), spread evenly over the samples."""
    padded = np.pad(samples, _FFT_SIZE // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT_SIZE)[::_HOP]
    starts = np.linspace(0, max(0, len(frames) - _PATCH_FRAMES), count).astype(int)
    return [_log_mel(frames[start : start + _PATCH_FRAMES]) for start in starts]


def _log_mel(frames: Floats) -> Floats:
    power = abs(np.fft.rfft(frames * _WINDOW, axis=1)) ** 2
    mel = np.log10(1 + 10000 * (power.astype(np.float32) @ _MEL.T))
    return np.pad(mel, ((0, _PATCH_FRAMES - len(mel)), (0, 0)))


def _convolve(x: Floats, name: str, weights: Mapping[str, Floats]) -> Floats:
    """Return (T, F', C) for (T, F): kernels (time, F - F' + 1, C), zeros around in time, ReLU, scale."""
    kernel = weights[f"{name}.kernel"]
    time, bands, channels = kernel.shape
    before = (time - 1) // 2
    padded = np.pad(x, ((before, time - 1 - before), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (time, bands))
    out = np.empty((*windows.shape[:2], channels), np.float32)
    flat = kernel.reshape(time * bands, channels)
    for start in range(0, len(out), _BLOCK):
        block = windows[start : start + _BLOCK]
        out[start : start + _BLOCK] = (block.reshape(-1, time * bands) @ flat).reshape(
            *block.shape[:2], channels
        )
    np.maximum(out + weights[f"{name}.bias"], 0, out=out)
    return np.asarray(out * weights[f"{name}.scale"] + weights[f"{name}.offset"], np.float32)
