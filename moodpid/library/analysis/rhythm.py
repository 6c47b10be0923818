"""How a song moves: onsets, tempo, pulse, and how regular its level is over seconds."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from moodpid.library.analysis.filterbanks import FRAME_RATE_HZ, Floats
from moodpid.library.analysis.spectrogram import Spectrogram

Series = NDArray[np.float32] | NDArray[np.float64]

_NEIGHBOURS = 3  # frames on each side among which an onset is the largest
_THRESHOLD = 0.6  # standard deviations over the moving mean
_SLOWEST_BPM, _FASTEST_BPM = 40, 240
_PREFERRED_BPM, _PREFERENCE_OCTAVES = 115.0, 0.9
_FAST_BPM, _SLOW_BPM = 130, 75
_MULTIPLES = (2, 3, 4)
_FEWEST_ONSETS = 3


def rhythm(sound: Spectrogram) -> Mapping[str, float]:
    """Return onsets per second, tempo in beats a minute, and how clear and how even they are."""
    flux = _flux(sound.mel)
    half_second = int(FRAME_RATE_HZ * 0.5) | 1
    moving = np.convolve(flux, np.ones(half_second) / half_second, "same")
    return {
        "flux_m": float(flux.mean()),
        "flux_s": float(flux.std()),
        "flux_p95": float(np.percentile(flux, 95)),
        **_onsets(flux, moving),
        **_tempo(np.maximum(flux - moving, 0)),
        "dfa": _fluctuation(sound.rms),
    }


def _flux(mel: Floats) -> Series:
    """Half-wave rectified change of the mel bands in dB: S. Dixon, "Onset detection revisited" (2006)."""
    db = 10 * np.log10(np.maximum(mel, mel.max() * 1e-8))
    rises = np.maximum(np.diff(db, axis=0), 0).mean(axis=1)
    return np.asarray(np.concatenate([np.zeros(1), rises]))


def _onsets(flux: Series, moving: Series) -> dict[str, float]:
    """Local maxima over a moving threshold: J. P. Bello et al., "A tutorial on onset detection" (2005)."""
    around = np.lib.stride_tricks.sliding_window_view(flux, 2 * _NEIGHBOURS + 1).max(axis=1)
    inner = slice(_NEIGHBOURS, len(flux) - _NEIGHBOURS)
    is_onset = (flux[inner] == around) & (flux[inner] > moving[inner] + _THRESHOLD * flux.std())
    onsets = np.flatnonzero(is_onset) + _NEIGHBOURS
    enough = len(onsets) > _FEWEST_ONSETS
    gaps_s = np.diff(onsets) / FRAME_RATE_HZ if enough else np.array([1.0])
    return {
        "onset_rate": len(onsets) / (len(flux) / FRAME_RATE_HZ),
        "ioi_m": float(np.log(np.median(gaps_s))),
        "ioi_cv": float(gaps_s.std() / (gaps_s.mean() + 1e-9)),
        "attack": float(flux[onsets].mean()) if len(onsets) else 0.0,
    }


def _tempo(onset_strength: Series) -> dict[str, float]:
    """Tempo from the autocorrelation with a preference for the middle.

    D. Ellis, "Beat tracking by dynamic programming" (2007).
    """
    autocorrelation = _autocorrelation(onset_strength)
    frames = len(autocorrelation)
    slowest = min(int(FRAME_RATE_HZ * 60 / _SLOWEST_BPM), frames - 1)
    lags = np.arange(int(FRAME_RATE_HZ * 60 / _FASTEST_BPM), slowest)
    bpm = 60 * FRAME_RATE_HZ / lags
    at_lags = autocorrelation[lags]
    combed = at_lags.copy()
    for multiple in _MULTIPLES:
        inside = lags * multiple < frames - 1
        combed[inside] += autocorrelation[lags[inside] * multiple] / multiple
    preference = np.exp(-0.5 * (np.log2(bpm / _PREFERRED_BPM) / _PREFERENCE_OCTAVES) ** 2)
    score = combed * preference
    best = int(np.argmax(score))
    tempo = float(60 * FRAME_RATE_HZ / (lags[best] + _vertex(score, best)))
    pulse = float(at_lags.max())
    share = np.maximum(at_lags, 0)
    share = share / (share.sum() + 1e-9)
    return {
        "tempo": tempo,
        "log_tempo": float(np.log2(tempo)),
        "pulse": pulse,
        "pulse_at": float(at_lags[best]),
        "tempo_energy": float(np.log2(tempo) * pulse),
        "beat_entropy": float(-(share * np.log(share + 1e-12)).sum()),
        "beat_fast": float(share[bpm > _FAST_BPM].sum()),
        "beat_slow": float(share[bpm < _SLOW_BPM].sum()),
    }


def _autocorrelation(series: Series) -> Series:
    """Normalised to 1 at lag 0, and for the shorter overlap at longer lags."""
    length = len(series)
    spectrum = np.fft.rfft(series - series.mean(), 1 << int(np.ceil(np.log2(2 * length))))
    correlation = np.fft.irfft(abs(spectrum) ** 2)[:length]
    overlap = np.linspace(1, 1e-3, length).clip(0.2)
    return np.asarray(correlation / (correlation[0] + 1e-9) / overlap)


def _vertex(score: Series, best: int) -> float:
    """How far the vertex of the parabola through the best lag and its neighbours lies from it."""
    if not 0 < best < len(score) - 1:
        return 0.0
    before, at, after = score[best - 1 : best + 2]
    curvature = before - 2 * at + after
    return float(0.5 * (before - after) / curvature) if abs(curvature) > 1e-9 else 0.0  # noqa: PLR2004 - flat


def _fluctuation(rms: Floats) -> float:
    """Slope of the detrended fluctuation of the level from 0.3 to 8 seconds.

    S. Streich, P. Herrera, "Detrended fluctuation analysis of music signals: danceability estimation and
    further semantic characterization" (2005).
    """
    level = np.log(rms + 1e-5)
    walk = np.cumsum(level - level.mean())
    longest_s = min(8.0, len(rms) / FRAME_RATE_HZ / 4)
    lengths = np.unique(np.round(np.geomspace(0.31, longest_s, 12) * FRAME_RATE_HZ).astype(int))
    points = [(np.log(n), 0.5 * np.log(_residual(walk, n) + 1e-12)) for n in lengths if len(walk) // n > 1]
    if len(points) <= 3:  # noqa: PLR2004 - no line to speak of
        return 1.0
    x, y = np.array(points).T
    return float(np.polyfit(x, y, 1)[0])


def _residual(walk: Series, length: int) -> float:
    """Mean square around the lines of best fit through pieces of `length`."""
    pieces = walk[: len(walk) // length * length].reshape(-1, length)
    time = np.arange(length) - (length - 1) / 2
    slope = (pieces @ time) / (time @ time)
    return float(((pieces - pieces.mean(axis=1, keepdims=True) - slope[:, None] * time) ** 2).mean())
