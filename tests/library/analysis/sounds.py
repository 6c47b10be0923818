"""Sounds made for the tests, the same every time, and files of them."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 22050
Samples = NDArray[np.float32]


def march(seconds: float = 12.0) -> Samples:
    """Bright major chords, twice a second, with a click at each: fast and lively."""
    return _song(seconds, 0.5, (0, 4, 7, 12), 261.63, clicks=0.3)


def lament(seconds: float = 12.0) -> Samples:
    """Dark minor chords, one every two seconds."""
    return _song(seconds, 2.0, (0, 3, 7), 110.0, clicks=0.0)


def _song(seconds: float, chord_s: float, chord: tuple[int, ...], root_hz: float, clicks: float) -> Samples:
    time = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    since = time % chord_s
    degree = np.array([0, 5, 7, 0])[(time // chord_s).astype(int) % 4]
    sound = np.zeros_like(time)
    for semitones in chord:
        phase = 2 * np.pi * np.cumsum(root_hz * 2 ** ((semitones + degree) / 12)) / RATE_HZ
        sound += np.sin(phase) + 0.3 * np.sin(2 * phase) + 0.1 * np.sin(3 * phase)
    noise = np.random.default_rng(7).standard_normal(len(time))
    sound = 0.1 * sound * np.exp(-since / chord_s) + clicks * noise * np.exp(-since / 0.02) + 1e-3 * noise
    return np.asarray(sound.clip(-1, 1), np.float32)


def write_wav(path: Path, samples: Samples, rate_hz: int = RATE_HZ, channels: int = 1) -> Path:
    """16-bit PCM, the same on every channel."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes(np.repeat((samples * 32767).astype("<i2"), channels).tobytes())
    return path
