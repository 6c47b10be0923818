"""Which key and mode a song is in, how clearly, and how its harmony moves."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from moodpid.library.analysis.filterbanks import FRAME_RATE_HZ, Floats
from moodpid.library.analysis.spectrogram import Spectrogram
from moodpid.library.analysis.summary import moments

# Carol Krumhansl, Edward Kessler, "Tracing the dynamic changes in perceived tonal organization…" (1982)
_MAJOR = (6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88)
_MINOR = (6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17)
_PIECE_S = 2.0
_FEWEST_PIECES = 3
# Radius, and angle per semitone, of the circles that C. Harte, M. Sandler and M. Gasser use in
# "Detecting harmonic change in musical audio", 2006
_CIRCLES = {"fifths": (1.0, 7 * np.pi / 6), "minor3": (1.0, 3 * np.pi / 2), "major3": (0.5, 2 * np.pi / 3)}


def _key_profiles() -> NDArray[np.float64]:
    """Return (24, 12): the profiles of the major keys from C, then of the minor keys."""
    profiles = np.array([_MAJOR, _MINOR])
    profiles = (profiles - profiles.mean(axis=1, keepdims=True)) / profiles.std(axis=1, keepdims=True)
    return np.array([np.roll(profile, key) for profile in profiles for key in range(12)])


def _tonal_space() -> NDArray[np.float64]:
    """Return (12, 6): where each pitch class lies on the three circles."""
    angles = [(radius, np.arange(12) * step) for radius, step in _CIRCLES.values()]
    return np.stack([r * f(angle) for r, angle in angles for f in (np.sin, np.cos)], axis=1)


_PROFILES, _SPACE = _key_profiles(), _tonal_space()


def tonality(sound: Spectrogram) -> Mapping[str, float]:
    """Return key, mode (positive: major), intervals over the tonic, and the harmony's change."""
    chroma = _tuned(sound)[sound.audible]
    chroma = chroma / (chroma.max(axis=1, keepdims=True) + 1e-9)
    chroma = chroma - chroma.min(axis=1, keepdims=True)
    return {**_key(chroma.mean(axis=0)), "chroma_s": float(chroma.std(axis=0).mean()), **_harmony(chroma)}


def _tuned(sound: Spectrogram) -> Floats:
    """Return the chroma at the tuning at which it is most peaked."""

    def peakedness(chroma: Floats) -> float:
        mean = chroma[sound.audible].mean(axis=0)
        return float((mean**4).sum() / (mean.sum() ** 4 + 1e-9))

    # From the lowest tuning on: of equals the first, as max() has it
    return max(sound.chroma, key=peakedness)


def _key(mean: Floats) -> dict[str, float]:
    """Return the key whose profile correlates best (C. Krumhansl, "Cognitive foundations…", 1990)."""
    fit = _PROFILES @ ((mean - mean.mean()) / (mean.std() + 1e-9)) / 12
    best = int(np.argmax(fit))
    tonic = int(np.argmax(np.maximum(fit[:12], fit[12:])))
    share = mean / (mean.sum() + 1e-9)

    def major_over_minor(semitones: int) -> float:
        higher, lower = mean[(tonic + semitones) % 12], mean[(tonic + semitones - 1) % 12]
        return float((higher - lower) / (mean.max() + 1e-9))

    return {
        "key": best % 12,
        "minor": int(best >= 12),  # noqa: PLR2004 - twelve major keys come first
        "key_strength": float(fit.max()),
        "mode": float(fit[:12].max() - fit[12:].max()),
        "third": major_over_minor(4),
        "sixth": major_over_minor(9),
        "seventh": major_over_minor(11),
        "chroma_entropy": float(-(share * np.log(share + 1e-9)).sum()),
    }


def _harmony(chroma: Floats) -> dict[str, float]:
    """Mode and change of harmony from piece to piece, two seconds each; zeros where there are too few."""
    length = int(_PIECE_S * FRAME_RATE_HZ)
    count = len(chroma) // length
    if count < _FEWEST_PIECES:
        names = ("mode_m", "mode_s", "key_local", "harm_change", *(f"ton_{name}" for name in _CIRCLES))
        return dict.fromkeys(names, 0.0)
    pieces = chroma[: count * length].reshape(count, length, 12).mean(axis=1)
    centred = pieces - pieces.mean(axis=1, keepdims=True)
    fit = (centred / (pieces.std(axis=1, keepdims=True) + 1e-9)) @ _PROFILES.T / 12
    places = (pieces / (pieces.sum(axis=1, keepdims=True) + 1e-9)) @ _SPACE
    return {
        **moments("mode", fit[:, :12].max(axis=1) - fit[:, 12:].max(axis=1)),
        "key_local": float(fit.max(axis=1).mean()),
        "harm_change": float(np.sqrt((np.diff(places, axis=0) ** 2).sum(axis=1)).mean()),
        **{
            f"ton_{name}": float(np.hypot(places[:, 2 * k], places[:, 2 * k + 1]).mean())
            for k, name in enumerate(_CIRCLES)
        },
    }
