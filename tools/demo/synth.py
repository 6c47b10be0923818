"""A small band made from nothing: chords, a bass, a tune, drums and noise, as samples."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 22050
BEATS_A_BAR = 4

Samples = NDArray[np.float64]

# Degrees between which the tune walks, and the lengths of its notes in beats
_LOWEST, _HIGHEST, _START = 4, 12, 7
_NOTES = (0.5, 1.0, 0.5, 1.5)


@dataclass(frozen=True, slots=True)
class Band:
    """Who plays, and how; all gains are from 0 up.

    Attributes:
        scale: Semitones above the key note.
        root: MIDI number of the key note.
        bpm: Beats a minute.
        chords: Degrees of the scale, a bar each.
        chord_gain, bass_gain, lead_gain: Of chords, bass and tune.
        strokes: Chords a beat; 0.5: one every two beats.
        drive: Of the amplifier: 0 is clean, 8 saws; driven chords have no third.
        detune: Between the two strings of each note, as a share of its frequency.
        attack_s: How long a chord takes to come in.
        overtones, lead_overtones: How many the strings and the tune have.
        kick, snare, hat: Of the drums; `busy` doubles the hat.
        noise: Of wind, tape or machines.
        cutoff_hz: Where the treble ends; 0: nowhere.
    """

    scale: tuple[int, ...]
    root: int
    bpm: float
    chords: tuple[int, ...]
    chord_gain: float = 0.5
    bass_gain: float = 0.5
    lead_gain: float = 0.3
    strokes: float = 1.0
    drive: float = 0.0
    detune: float = 0.004
    attack_s: float = 0.005
    overtones: int = 8
    lead_overtones: int = 6
    kick: float = 0.0
    snare: float = 0.0
    hat: float = 0.0
    busy: bool = False
    noise: float = 0.0
    cutoff_hz: float = 0.0

    @property
    def beat_s(self) -> float:
        """Seconds of a beat."""
        return 60 / self.bpm


def play(band: Band, seed: int, seconds: float) -> Samples:
    """Return what the band plays, the same for the same seed; not yet at any level."""
    rng = np.random.default_rng(seed)
    out = np.zeros(int(seconds * RATE_HZ))
    _chords(band, out)
    _tune(band, out, rng)
    _drums(band, out, rng)
    if band.noise:
        out += band.noise * rng.normal(size=len(out))
    return _without_treble(out, band.cutoff_hz) if band.cutoff_hz else out


def _chords(band: Band, out: Samples) -> None:
    step_s = band.beat_s / band.strokes
    for number in range(int(len(out) / RATE_HZ / step_s) + 1):
        at_s = number * step_s
        degree = band.chords[int(at_s / (BEATS_A_BAR * band.beat_s)) % len(band.chords)]
        time = _time(out, at_s, 1.05 * step_s)
        envelope = _rise(time, band.attack_s) * np.clip((1.05 * step_s - time) / 0.03, 0, 1)
        envelope *= np.exp(-time / (1.2 * step_s))
        strings = _strings(band, degree, time)
        bass = _tone(_pitch(band, degree) / 2, time, 4)
        _add(out, at_s, envelope * (0.15 * band.chord_gain * strings + 0.3 * band.bass_gain * bass))


def _strings(band: Band, degree: int, time: Samples) -> Samples:
    """Two strings for each note of a chord, through the amplifier."""
    strings = np.zeros_like(time)
    for third in (0, 4) if band.drive > 2 else (0, 2, 4):
        hz = _pitch(band, degree + third)
        strings += _tone(hz, time, band.overtones) + _tone(hz * (1 + band.detune), time, band.overtones)
    return 1.5 * np.tanh(band.drive * strings) if band.drive else strings


def _tune(band: Band, out: Samples, rng: np.random.Generator) -> None:
    """Return a random walk on the scale."""
    at_s, degree = 0.0, _START
    while at_s < len(out) / RATE_HZ and band.lead_gain:
        length_s = float(rng.choice(_NOTES)) * band.beat_s
        time = _time(out, at_s, length_s)
        envelope = _rise(time, 0.01) * np.exp(-time / 0.5) * np.clip((length_s - time) / 0.02, 0, 1)
        tone = _tone(_pitch(band, degree), time, band.lead_overtones)
        _add(out, at_s, 0.3 * band.lead_gain * envelope * tone)
        at_s += length_s
        degree = int(np.clip(degree + rng.integers(-2, 3), _LOWEST, _HIGHEST))


def _drums(band: Band, out: Samples, rng: np.random.Generator) -> None:
    time = np.arange(int(0.3 * RATE_HZ)) / RATE_HZ
    noise = rng.normal(size=len(time))
    kick = np.sin(2 * np.pi * (50 * time + 1.2 * (1 - np.exp(-time / 0.03)))) * _hit(time, 0.12)
    snare = (0.7 * noise + 0.5 * np.sin(2 * np.pi * 190 * time)) * _hit(time, 0.07)
    hat = np.diff(rng.normal(size=len(time) + 1)) * _hit(time, 0.02)
    for beat, gains in enumerate(_beats(band, int(len(out) / RATE_HZ / band.beat_s))):
        for offset, drum, gain in gains:
            _add(out, (beat + offset) * band.beat_s, gain * {"kick": kick, "snare": snare, "hat": hat}[drum])


def _beats(band: Band, beats: int) -> Iterator[list[tuple[float, str, float]]]:
    """Yield for each beat when in it which drum is hit, and how hard."""
    for beat in range(beats):
        hits = [(0.0, "kick", band.kick), (0.0, "hat", 0.7 * band.hat), (0.5, "hat", band.hat)]
        if beat % 2:
            hits.append((0.0, "snare", band.snare))
        if band.busy:
            hits += [(0.25, "hat", 0.5 * band.hat), (0.75, "hat", 0.5 * band.hat)]
        yield [hit for hit in hits if hit[2]]


def _pitch(band: Band, degree: int) -> float:
    """Return the hertz of a degree of the scale, in equal temperament from A = 440 Hz."""
    octave, step = divmod(degree, len(band.scale))
    return float(440 * 2 ** ((band.root + 12 * octave + band.scale[step] - 69) / 12))


def _tone(hz: float, time: Samples, overtones: int) -> Samples:
    """Return a saw, as far as it has these overtones and the rate has room for them."""
    wave = np.zeros_like(time)
    for number in range(1, overtones + 1):
        if number * hz < RATE_HZ / 2:
            wave += np.sin(2 * np.pi * number * hz * time) / number
    return wave


def _time(out: Samples, at_s: float, length_s: float) -> Samples:
    """Return the seconds since `at_s` of each sample of a note, as far as there is room for it."""
    first = int(at_s * RATE_HZ)
    last = min(len(out), int((at_s + length_s) * RATE_HZ))
    return np.arange(max(0, last - first)) / RATE_HZ


def _add(out: Samples, at_s: float, sound: Samples) -> None:
    first = int(at_s * RATE_HZ)
    room = max(0, len(out) - first)
    out[first : first + len(sound)] += sound[:room]


def _rise(time: Samples, attack_s: float) -> Samples:
    return np.minimum(time / attack_s, 1)


def _hit(time: Samples, decay_s: float) -> Samples:
    return np.asarray(_rise(time, 0.002) * np.exp(-time / decay_s))


def _without_treble(sound: Samples, cutoff_hz: float) -> Samples:
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE_HZ)
    return np.fft.irfft(spectrum / (1 + (hz / cutoff_hz) ** 4), len(sound))
