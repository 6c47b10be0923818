"""How loud a song is and how much that changes, as ITU-R BS.1770-4 and EBU Tech 3342 have it."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from moodpid.library.analysis.filterbanks import FRAME_RATE_HZ, Floats
from moodpid.library.analysis.spectrogram import Spectrogram
from moodpid.library.analysis.summary import moments

_BLOCK_S, _STEP_S = 0.4, 0.1
_OFFSET = -0.691  # LUFS of a full-scale power of 1, BS.1770-4 equation 2
_ABSOLUTE_GATE, _RELATIVE_GATE, _RANGE_GATE = -70.0, -10.0, -20.0
_CHANNELS = 2  # a stereo file carries the mono mix on both


def loudness(sound: Spectrogram) -> Mapping[str, float]:
    """Return loudness in LUFS, its range in LU, and the level of the frames in dB.

    `low_energy` is the share of frames below the mean level, as G. Tzanetakis and P. Cook have it, "Musical
    genre classification of audio signals" (2002).
    """
    rms = sound.rms[sound.audible]
    level_db = 20 * np.log10(rms + 1e-6)
    integrated, loudness_range = _gated(sound.k_power)
    return {
        **moments("rms_db", level_db),
        "crest_db": float(20 * np.log10(sound.peak / np.sqrt((rms**2).mean()))),
        "low_energy": float((rms < rms.mean()).mean()),
        "lufs": integrated,
        "lra": loudness_range,
    }


def _gated(k_power: Floats) -> tuple[float, float]:
    """Return the gated loudness in LUFS and the loudness range in LU."""
    block, step = round(_BLOCK_S * FRAME_RATE_HZ), max(1, round(_STEP_S * FRAME_RATE_HZ))
    summed = np.concatenate([[0.0], np.cumsum(k_power.astype(np.float64))])
    starts = np.arange(0, len(k_power) - block, step)
    power = (summed[starts + block] - summed[starts]) / block
    blocks = _lufs(power)
    above = blocks > _ABSOLUTE_GATE
    if not above.any():
        return _ABSOLUTE_GATE, 0.0
    mean = float(_lufs(power[above].mean()))
    gated = power[above & (blocks > mean + _RELATIVE_GATE)]
    ranged = blocks[above & (blocks > mean + _RANGE_GATE)]
    return float(_lufs(gated.mean())), float(np.percentile(ranged, 95) - np.percentile(ranged, 10))


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(_OFFSET + 10 * np.log10(_CHANNELS * power + 1e-12))
