"""From samples to one number or a few per frame: the only pass over the sound."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from moodpid.errors import MoodpidError
from moodpid.library.analysis.filterbanks import (
    BIN_HZ,
    FFT_SIZE,
    HOP,
    MEL_BANDS,
    SAMPLE_RATE_HZ,
    TUNINGS,
    Floats,
    band_matrix,
    chroma_matrix,
    contrast_bins,
    k_weighting,
    mel_matrix,
)

MIN_S = 3.0
_BLOCK = 256  # frames at a time: 4 MB of spectrum, however long the song
_SILENT = 1e-4  # of full scale, -80 dB
_GATE_DB = -50.0  # against the loudest frame
_MIN_FRAMES = 20
TOO_SHORT = f"shorter than {MIN_S:.0f} seconds"
SILENT = "silent"
BARELY_AUDIBLE = "hardly any sound: less than half a second is audible"

_WINDOW: Floats = np.hanning(FFT_SIZE + 1)[:-1].astype(np.float32)
_MEL, _BANDS, _K = mel_matrix(), band_matrix(), k_weighting()
_CHROMA = np.stack([chroma_matrix(tuning) for tuning in TUNINGS])
_CONTRAST = contrast_bins()
_CONTRAST_SHARE = 5  # the loudest fifth of the bins of a band against the faintest


class UnusableSoundError(MoodpidError):
    """There is too little sound to describe: silence, a few seconds, or numbers that are none."""


@dataclass(frozen=True, slots=True, eq=False)
class Spectrogram:
    """What was measured in each of T frames of 93 ms, 23 ms apart.

    The scalar measures are those of G. Peeters, "A large set of audio features for sound description" (2004).

    Attributes:
        peak: Of the samples, from 0 to 1.
        centroid_hz: (T,) mean frequency, weighted by magnitude.
        spread_hz: (T,) standard deviation of the frequency, weighted by magnitude.
        rolloff_hz: (T,) frequency below which 85 % of the power lies.
        rolloff95_hz: (T,) the same for 95 %.
        flatness: (T,) geometric over arithmetic mean of the power, from 0 (a tone) to 1 (noise).
        entropy: (T,) entropy of the power spectrum over its largest possible one, from 0 to 1.
        zero_crossings: (T,) share of neighbouring samples with different signs.
        rms: (T,) root mean square of the samples.
        k_power: (T,) K-weighted mean square (ITU-R BS.1770-4).
        mel: (T, 40) power in mel bands.
        bands: (T, 6) power in wide bands.
        contrast: (T, 6) peaks over valleys, log power (Jiang et al., "Music type classification by spectral
            contrast feature", 2002).
        chroma: (5, T, 12) magnitude of each pitch class, one for each of `TUNINGS`.
        audible: (T,) whether the frame is less than 50 dB below the loudest.
    """

    peak: float
    centroid_hz: Floats
    spread_hz: Floats
    rolloff_hz: Floats
    rolloff95_hz: Floats
    flatness: Floats
    entropy: Floats
    zero_crossings: Floats
    rms: Floats
    k_power: Floats
    mel: Floats
    bands: Floats
    contrast: Floats
    chroma: Floats
    audible: NDArray[np.bool_]


def spectrogram(samples: Floats) -> Spectrogram:
    """Measure a mono recording of 22,050 Hz, samples from -1 to 1.

    Raises:
        UnusableSoundError: It is shorter than three seconds, silent, or holds what is not a number.
    """
    samples = np.ascontiguousarray(samples, np.float32)
    if len(samples) < MIN_S * SAMPLE_RATE_HZ:
        raise UnusableSoundError(TOO_SHORT)
    peak = float(abs(samples).max())
    if not np.isfinite(peak):
        raise UnusableSoundError("the decoded sound holds values that are not numbers")
    if peak < _SILENT:
        raise UnusableSoundError(SILENT)
    frames = np.lib.stride_tricks.sliding_window_view(samples, FFT_SIZE)[::HOP]
    out = _empty(len(frames), peak)
    for start in range(0, len(frames), _BLOCK):
        _measure(frames[start : start + _BLOCK], out, slice(start, start + _BLOCK))
    np.greater(out.rms, out.rms.max() * 10 ** (_GATE_DB / 20), out=out.audible)
    if out.audible.sum() < _MIN_FRAMES:
        raise UnusableSoundError(BARELY_AUDIBLE)
    return out


def _empty(frames: int, peak: float) -> Spectrogram:
    def series() -> Floats:
        return np.empty(frames, np.float32)

    return Spectrogram(
        peak,
        centroid_hz=series(),
        spread_hz=series(),
        rolloff_hz=series(),
        rolloff95_hz=series(),
        flatness=series(),
        entropy=series(),
        zero_crossings=series(),
        rms=series(),
        k_power=series(),
        mel=np.empty((frames, MEL_BANDS), np.float32),
        bands=np.empty((frames, len(_BANDS)), np.float32),
        contrast=np.empty((frames, len(_CONTRAST)), np.float32),
        chroma=np.empty((len(TUNINGS), frames, 12), np.float32),
        audible=np.empty(frames, np.bool_),
    )


def _measure(frames: Floats, out: Spectrogram, at: slice) -> None:
    """Fill the frames `at` of `out`."""
    magnitude = abs(np.fft.rfft(frames * _WINDOW, axis=1)).astype(np.float32)
    power = magnitude * magnitude
    _measure_shape(magnitude, power, out, at)
    _measure_samples(frames, out, at)
    out.k_power[at] = (power @ _K) * 2 / (FFT_SIZE * (_WINDOW**2).sum())
    out.mel[at] = power @ _MEL.T
    out.bands[at] = power @ _BANDS.T
    for band, bins in enumerate(_CONTRAST):
        ranked = np.sort(np.log(power[:, bins] + 1e-8), axis=1)
        few = max(1, len(bins) // _CONTRAST_SHARE)
        out.contrast[at, band] = ranked[:, -few:].mean(axis=1) - ranked[:, :few].mean(axis=1)
    for tuning, matrix in enumerate(_CHROMA):
        out.chroma[tuning, at] = magnitude @ matrix.T


def _measure_samples(frames: Floats, out: Spectrogram, at: slice) -> None:
    signs = np.signbit(frames)
    out.zero_crossings[at] = (signs[:, 1:] != signs[:, :-1]).mean(axis=1)
    out.rms[at] = np.sqrt((frames * frames).mean(axis=1))


def _measure_shape(magnitude: Floats, power: Floats, out: Spectrogram, at: slice) -> None:
    """Fill what describes the outline of the spectrum."""
    total, weight = power.sum(axis=1) + 1e-10, magnitude.sum(axis=1) + 1e-10
    centroid = (magnitude @ BIN_HZ) / weight
    out.centroid_hz[at] = centroid
    out.spread_hz[at] = np.sqrt(np.maximum((magnitude @ BIN_HZ**2) / weight - centroid**2, 0))
    summed = np.cumsum(power, axis=1)
    last = len(BIN_HZ) - 1
    for share, rolloff in ((0.85, out.rolloff_hz), (0.95, out.rolloff95_hz)):
        rolloff[at] = BIN_HZ[(summed < share * total[:, None]).sum(axis=1).clip(0, last)]
    geometric = np.exp(np.log(power[:, 2:] + 1e-10).mean(axis=1))
    out.flatness[at] = geometric / (power[:, 2:].mean(axis=1) + 1e-10)
    shares = power / total[:, None]
    out.entropy[at] = -(shares * np.log2(shares + 1e-12)).sum(axis=1) / np.log2(power.shape[1])
