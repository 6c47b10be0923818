"""The 103 features of a song as one vector, and its level taken out of it."""

import numpy as np

from moodpid.library.analysis.filterbanks import MEL_BANDS, Floats
from moodpid.library.analysis.loudness import loudness
from moodpid.library.analysis.rhythm import rhythm
from moodpid.library.analysis.spectrogram import UnusableSoundError, spectrogram
from moodpid.library.analysis.timbre import timbre
from moodpid.library.analysis.tonality import tonality


def _moments(names: list[str]) -> list[str]:
    return [f"{name}_{statistic}" for name in names for statistic in "ms"]


NAMES: tuple[str, ...] = tuple(
    sorted(
        [
            *_moments(
                ["centroid", "spread", "rolloff", "roll95", "flatness", "entropy", "zcr", "rms_db", "mode"]
            ),
            *_moments([f"band{k}" for k in range(6)] + [f"mfcc{k}" for k in range(13)]),
            *(f"contrast{k}_m" for k in range(6)),
            *(f"dmfcc{k}_s" for k in range(6)),
            *("contrast_s", "crest_db", "low_energy", "lufs", "lra", "flux_m", "flux_s", "flux_p95"),
            *("onset_rate", "ioi_m", "ioi_cv", "attack", "tempo", "log_tempo", "pulse", "pulse_at"),
            *(
                "tempo_energy",
                "beat_entropy",
                "beat_fast",
                "beat_slow",
                "dfa",
                "key",
                "minor",
                "key_strength",
            ),
            *("mode", "third", "sixth", "seventh", "chroma_entropy", "chroma_s", "key_local", "harm_change"),
            *("ton_fifths", "ton_minor3", "ton_major3"),
        ]
    )
)
# The key is a name without an order; how loud a master is depends more on its year than on its mood
DESCRIPTIVE = tuple(name for name in NAMES if name not in {"key", "lufs"})

_KEPT = np.array([NAMES.index(name) for name in DESCRIPTIVE])
_LUFS, _RMS, _MFCC0 = (NAMES.index(name) for name in ("lufs", "rms_db_m", "mfcc0_m"))
_MFCC0_PER_DB = np.log(10) / 10 * np.sqrt(MEL_BANDS)  # each log mel band moves, the orthonormal DCT sums


def extract(samples: Floats) -> Floats:
    """Return (103,), in the order of `NAMES`, of a mono recording of 22,050 Hz with samples from -1 to 1.

    Raises:
        UnusableSoundError: There is too little sound to describe, or a feature of it is not a number.
    """
    sound = spectrogram(samples)
    values = {**timbre(sound), **loudness(sound), **rhythm(sound), **tonality(sound)}
    features = np.array([values[name] for name in NAMES], np.float32)
    if not np.isfinite(features).all():
        raise UnusableSoundError("what was measured in its sound holds values that are not numbers")
    return features


def level_normalized(features: Floats) -> Floats:
    """Return (…, 101), in the order of `DESCRIPTIVE`: as if each song played at 0 LUFS.

    Of all features a gain moves three: the level of the frames, the first cepstral coefficient, and the
    loudness, which is left out. All others are ratios.

    Args:
        features: (…, 103).
    """
    leveled = features.copy()
    leveled[..., _RMS] -= features[..., _LUFS]
    leveled[..., _MFCC0] -= features[..., _LUFS] * _MFCC0_PER_DB
    return np.asarray(leveled[..., _KEPT], np.float32)
