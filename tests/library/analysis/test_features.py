import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moodpid.library.analysis import features as module
from moodpid.library.analysis.features import DESCRIPTIVE, NAMES, extract, level_normalized
from moodpid.library.analysis.loudness import loudness
from moodpid.library.analysis.musicnn import EMBEDDING
from moodpid.library.analysis.spectrogram import UnusableSoundError
from moodpid.library.records import EMBEDDING_BYTES, FEATURES_BYTES
from tests.library.analysis.sounds import RATE_HZ, Samples, lament, march

# What the reference program gave for these sounds, by which the published figures were found
REFERENCE = json.loads((Path(__file__).parent / "reference.json").read_text(encoding="utf-8"))
SONGS = {"march": march(), "lament": lament()}


def named(samples: Samples) -> dict[str, float]:
    return dict(zip(NAMES, extract(samples).tolist(), strict=True))


def test_rows_of_the_database_hold_as_many_numbers() -> None:
    assert len(extract(SONGS["march"]).astype("<f4").tobytes()) == FEATURES_BYTES == 4 * len(NAMES)
    assert EMBEDDING_BYTES == 2 * EMBEDDING


@pytest.mark.parametrize("song", SONGS)
def test_features_are_those_of_the_reference(song: str) -> None:
    assert named(SONGS[song]) == pytest.approx(REFERENCE[song], rel=2e-4, abs=2e-4)


def test_lively_and_dark_music_differ_as_expected() -> None:
    lively, dark = named(SONGS["march"]), named(SONGS["lament"])
    assert lively["tempo"] % 60 == pytest.approx(0, abs=2)  # 120 beats a minute, or every other one
    assert lively["mode"] > 0 > dark["mode"]
    assert lively["third"] > 0 > dark["third"]
    assert lively["centroid_m"] > dark["centroid_m"]
    assert lively["onset_rate"] > dark["onset_rate"]


@settings(max_examples=5)
@given(gain_db=st.floats(-12, 0))
def test_a_quieter_copy_has_the_same_normalized_features(gain_db: float) -> None:
    song = SONGS["march"]
    quieter = level_normalized(extract(np.asarray(song * 10 ** (gain_db / 20), np.float32)))
    assert quieter == pytest.approx(level_normalized(extract(song)), rel=1e-2, abs=5e-2)


def test_normalizing_leaves_out_key_and_loudness() -> None:
    assert set(NAMES) - set(DESCRIPTIVE) == {"key", "lufs"}
    assert level_normalized(np.zeros((3, len(NAMES)), np.float32)).shape == (3, len(DESCRIPTIVE))


@pytest.mark.parametrize(
    ("samples", "why"),
    [
        (np.zeros(0, np.float32), "shorter than 3 seconds"),
        (march(2.0), "shorter than 3 seconds"),
        (np.zeros(10 * RATE_HZ, np.float32), "silent"),
        (np.full(10 * RATE_HZ, np.nan, np.float32), "not numbers"),
        (np.concatenate([march(0.3), np.zeros(10 * RATE_HZ, np.float32)]), "hardly any sound"),
    ],
)
def test_too_little_sound_has_a_reason(samples: Samples, why: str) -> None:
    with pytest.raises(UnusableSoundError, match=why):
        extract(samples)


def test_a_frame_that_the_window_silences_leaves_features_finite() -> None:
    clicks = np.zeros(10 * RATE_HZ, np.float32)
    clicks[::4096] = 0.5  # each begins a frame, where the window is zero, and the frame has nothing else
    assert np.isfinite(extract(clicks)).all()


def test_features_that_are_not_numbers_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "loudness", lambda sound: {**loudness(sound), "lra": math.nan})
    with pytest.raises(UnusableSoundError, match="not numbers"):
        extract(SONGS["march"])


@settings(max_examples=15)
@given(
    st.sampled_from(["noise", "click", "constant", "sine", "clipped"]),
    st.floats(3.0, 8.0),
    st.integers(0, 2**32 - 1),
)
def test_every_audible_sound_has_finite_features(kind: str, seconds: float, seed: int) -> None:
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    noise = np.random.default_rng(seed).standard_normal(len(time))
    sound = {
        "noise": 0.1 * noise,
        "click": (time % 1 < 0.001) * 1.0 + 1e-3 * noise,
        "constant": np.full_like(time, 0.5),
        "sine": 0.5 * np.sin(2 * np.pi * (50 + seed % 5000) * time),
        "clipped": np.sign(noise),
    }[kind]
    assert np.isfinite(extract(np.asarray(sound, np.float32))).all()
