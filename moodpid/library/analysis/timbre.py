"""What a song's spectrum is like: brightness, noise, bands, and cepstral coefficients."""

from collections.abc import Mapping

import numpy as np

from moodpid.library.analysis.filterbanks import MFCCS, Floats, dct_matrix
from moodpid.library.analysis.spectrogram import Spectrogram
from moodpid.library.analysis.summary import moments

_DCT = dct_matrix()
_DELTAS = 6  # cepstral coefficients whose change from frame to frame counts


def timbre(sound: Spectrogram) -> Mapping[str, float]:
    """Return means and spreads over the audible frames; frequencies and flatness as logarithms."""
    audible = sound.audible
    out: dict[str, float] = {}
    for name, series in (
        ("centroid", sound.centroid_hz),
        ("spread", sound.spread_hz),
        ("rolloff", sound.rolloff_hz),
        ("roll95", sound.rolloff95_hz),
        ("flatness", sound.flatness),
        ("zcr", sound.zero_crossings),
    ):
        out |= moments(name, np.log(series[audible] + 1e-6))
    out |= moments("entropy", sound.entropy[audible])
    return {**out, **_bands(sound.bands[audible]), **_contrast(sound.contrast[audible]), **_cepstrum(sound)}


def _bands(power: Floats) -> dict[str, float]:
    """Each band's share of the power, as a logarithm."""
    # A frame whose only sample is where the window is zero has no power
    total = np.maximum(power.sum(axis=1, keepdims=True), np.finfo(np.float32).tiny)
    shares = np.log(power / total + 1e-6)
    out: dict[str, float] = {}
    for band, share in enumerate(shares.T):
        out |= moments(f"band{band}", share)
    return out


def _contrast(contrast: Floats) -> dict[str, float]:
    out = {f"contrast{band}_m": float(series.mean()) for band, series in enumerate(contrast.T)}
    return {**out, "contrast_s": float(contrast.std(axis=0).mean())}


def _cepstrum(sound: Spectrogram) -> dict[str, float]:
    """MFCCs after S. Davis, P. Mermelstein, "Comparison of parametric representations…" (1980)."""
    cepstrum = (np.log(sound.mel + 1e-6) @ _DCT.T)[sound.audible]
    out: dict[str, float] = {}
    for k in range(MFCCS):
        out |= moments(f"mfcc{k}", cepstrum[:, k])
    changes = np.diff(cepstrum, axis=0)[:, :_DELTAS].std(axis=0)
    return out | {f"dmfcc{k}_s": float(change) for k, change in enumerate(changes)}
