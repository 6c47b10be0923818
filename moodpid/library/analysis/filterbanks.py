"""Matrices that turn a magnitude or power spectrum into mel bands, pitch classes, octaves and loudness."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SAMPLE_RATE_HZ = 22050
FFT_SIZE = 2048
HOP = 512
FRAME_RATE_HZ = SAMPLE_RATE_HZ / HOP
BIN_HZ: Floats = np.fft.rfftfreq(FFT_SIZE, 1 / SAMPLE_RATE_HZ).astype(np.float32)
NYQUIST_HZ = SAMPLE_RATE_HZ / 2

MEL_BANDS = 40
MFCCS = 13
BAND_EDGES_HZ = (20, 120, 300, 800, 2000, 5000, NYQUIST_HZ)
CONTRAST_EDGES_HZ = (60, 200, 400, 800, 1600, 3200, 8000)
TUNINGS = (-0.4, -0.2, 0.0, 0.2, 0.4)  # semitones from A = 440 Hz

_MEL_LOWEST_HZ = 30.0
_CHROMA_HZ = (65.0, 2100.0)  # C2 to C7: below, a bin is wider than a semitone; above, mostly overtones
_CHROMA_WIDTH = 0.35  # semitones
_CHROMA_C1 = 24  # MIDI number from which the weight of a pitch falls


def mel_matrix() -> Floats:
    """Return (40, bins): triangles of unit sum, evenly spaced on the mel scale.

    The scale is O'Shaughnessy's, "Speech Communication" (1987): m = 2595 log10(1 + f / 700).
    """
    lowest, highest = (2595 * np.log10(1 + f / 700) for f in (_MEL_LOWEST_HZ, NYQUIST_HZ))
    edges = 700 * (10 ** (np.linspace(lowest, highest, MEL_BANDS + 2) / 2595) - 1)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    rising, falling = (BIN_HZ - low) / (centre - low), (high - BIN_HZ) / (high - centre)
    matrix = np.clip(np.minimum(rising, falling), 0, None).astype(np.float32)
    for row, hz in zip(matrix, centre[:, 0], strict=True):
        if not row.any():  # narrower than a bin
            row[np.argmin(abs(BIN_HZ - hz))] = 1
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True), np.float32)


def dct_matrix() -> Floats:
    """Return (13, 40): the orthonormal DCT-II from log mel bands to cepstral coefficients."""
    k, n = np.arange(MFCCS)[:, None], np.arange(MEL_BANDS)[None]
    matrix = (np.cos(np.pi * k * (2 * n + 1) / (2 * MEL_BANDS)) * np.sqrt(2 / MEL_BANDS)).astype(np.float32)
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix)


def chroma_matrix(tuning: float) -> Floats:
    """Return (12, bins): how much each bin belongs to the pitch classes from C to B.

    Each bin spreads as a Gaussian of 0.35 semitones over the classes near it, and weighs less the higher it
    is (after T. Fujishima, "Realtime chord recognition of musical sound", 1999).

    Args:
        tuning: Of the recording, in semitones above A = 440 Hz.
    """
    matrix = np.zeros((12, len(BIN_HZ)), np.float32)
    bins = np.flatnonzero(_between(*_CHROMA_HZ))
    pitch = 69 + 12 * np.log2(BIN_HZ[bins] / 440.0) - tuning
    classes = np.arange(12)[:, None]
    distance = np.minimum((pitch - classes) % 12, (classes - pitch) % 12)
    weight = np.sqrt(np.maximum(pitch - _CHROMA_C1, 1))
    matrix[:, bins] = np.exp(-0.5 * (distance / _CHROMA_WIDTH) ** 2) / weight
    return matrix


def band_matrix() -> Floats:
    """Return (6, bins): ones where a bin lies in a band of `BAND_EDGES_HZ`."""
    return np.stack([_between(*edges) for edges in pairwise(BAND_EDGES_HZ)]).astype(np.float32)


def contrast_bins() -> list[NDArray[np.intp]]:
    """Return the bins of each octave-wide band of `CONTRAST_EDGES_HZ`."""
    return [np.flatnonzero(_between(*edges)) for edges in pairwise(CONTRAST_EDGES_HZ)]


def _between(low_hz: float, high_hz: float) -> NDArray[np.bool_]:
    """Return which bins lie from `low_hz` up to below `high_hz`."""
    return np.asarray((low_hz <= BIN_HZ) & (high_hz > BIN_HZ))


def k_weighting() -> Floats:
    """Return (bins,): the power response of the two K-weighting filters, ITU-R BS.1770-4, tables 1 and 2."""
    z = np.exp(2j * np.pi * BIN_HZ / 48000.0)  # the tables hold for 48 kHz
    shelf = _response(
        z,
        (1.53512485958697, -2.69169618940638, 1.19839281085285),
        (1, -1.69065929318241, 0.73248077421585),
    )
    high_pass = _response(z, (1.0, -2.0, 1.0), (1, -1.99004745483398, 0.99007225036621))
    return np.asarray(abs(shelf * high_pass) ** 2, np.float32)


def _response(
    z: NDArray[np.complex128], b: tuple[float, float, float], a: tuple[float, float, float]
) -> NDArray[np.complex128]:
    return np.asarray((b[0] + b[1] / z + b[2] / z**2) / (a[0] + a[1] / z + a[2] / z**2))
