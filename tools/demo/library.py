"""A small music library made from nothing: tagged tracks in the key and tempo of each mood, and playlists."""

import itertools
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 22050
PEAK = 0.25  # 12 dB below full scale: nobody near real speakers is startled

Samples = NDArray[np.float64]

MAJOR = (0, 2, 4, 5, 7, 9, 11)
LYDIAN = (0, 2, 4, 6, 7, 9, 11)
DORIAN = (0, 2, 3, 5, 7, 9, 10)
MINOR = (0, 2, 3, 5, 7, 8, 10)
PHRYGIAN = (0, 1, 3, 5, 7, 8, 10)
LOCRIAN = (0, 1, 3, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Style:
    """How a mood sounds.

    Attributes:
        genre: The tag.
        titles: One for each track.
        scale: Semitones above the root.
        root: MIDI number of the key note.
        bpm: Beats a minute.
        chords: Degrees of the scale that the bass walks through, a bar of four beats each.
        rhythm: Lengths of the melody's notes in beats; negative ones are rests.
        leap: The melody's largest step, in degrees.
        overtones: Strength of the overtones against the root, from the second up.
        loudness: From 0 to 1.
    """

    genre: str
    titles: tuple[str, str, str]
    scale: tuple[int, ...]
    root: int
    bpm: float
    chords: tuple[int, ...]
    rhythm: tuple[float, ...]
    leap: int
    overtones: tuple[float, ...]
    loudness: float = 1.0


STYLES: dict[str, Style] = {
    "angry": Style(
        "Metal", ("Red Mist", "Slammed Door", "Last Straw"), PHRYGIAN, 45, 152, (0, 0, 1, 0),
        (0.5, 0.25, 0.25, 0.5, 0.5), 3, (0.7, 0.6, 0.5, 0.4, 0.3, 0.25), 0.9,
    ),
    "disgust": Style(
        "Industrial", ("Sour Milk", "Wet Socks", "Under the Sink"), LOCRIAN, 50, 88, (0, 4, 1, 4),
        (0.75, 0.25, -0.5, 0.5), 4, (0.1, 0.6, 0.05, 0.5, 0.05, 0.3), 0.8,
    ),
    "fear": Style(
        "Soundtrack", ("Stairs at Night", "Nobody Rang", "The Attic"), LOCRIAN, 53, 66, (0, 1, 0, 4),
        (0.5, -0.5, 0.5, -1.5, 1.0), 2, (0.0, 0.3, 0.0, 0.1), 0.7,
    ),
    "happy": Style(
        "Pop", ("Open Windows", "Bicycle Bell", "Second Breakfast"), MAJOR, 60, 126, (0, 4, 5, 3),
        (0.5, 0.5, 1.0, 0.5, 0.5, 1.0), 2, (0.4, 0.2, 0.1),
    ),
    "sad": Style(
        "Blues", ("Rain on the Bus", "Empty Chair", "November"), MINOR, 57, 60, (0, 5, 3, 4),
        (1.0, 1.0, 2.0), 1, (0.25, 0.1), 0.8,
    ),
    "surprise": Style(
        "Funk", ("Jack in the Box", "Plot Twist", "Found Money"), LYDIAN, 62, 140, (0, 1, 0, 1),
        (0.25, 0.25, -0.5, 0.5, 0.5), 6, (0.5, 0.3, 0.2, 0.1),
    ),
    "neutral": Style(
        "Jazz", ("Tuesday", "Kettle", "Reading Lamp"), DORIAN, 57, 92, (0, 3, 0, 6),
        (1.0, 0.5, 0.5, 1.0, -1.0), 2, (0.3, 0.1, 0.05), 0.8,
    ),
    "nobody": Style(
        "Ambient", ("Dust in the Sun", "Clock", "Away"), MAJOR, 52, 48, (0, 3),
        (3.0, -1.0), 2, (0.1,), 0.5,
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Track:
    """A track of the library; `path` is relative to the music folder, as MPD names it."""

    path: str
    title: str
    artist: str
    album: str
    genre: str


def tracks(mood: str) -> list[Track]:
    """The tracks of a mood, in the order of its stored playlist."""
    style = STYLES[mood]
    return [
        Track(f"{mood}/{title.lower().replace(' ', '-')}.wav", title, f"The {mood.capitalize()} Three",
              f"Shades of {mood.capitalize()}", style.genre)
        for title in style.titles
    ]  # fmt: skip


def playlist(mood: str) -> str:
    """The name of the stored playlist of a mood."""
    return mood.capitalize()


def generate(folder: Path, seconds: float = 20.0) -> Path:
    """Write `music/<mood>/*.wav` and `playlists/<Mood>.m3u` below `folder`, and return `folder`.

    The same every time: the melodies are drawn with fixed seeds. Three tracks for each of eight moods.
    """
    (folder / "playlists").mkdir(parents=True, exist_ok=True)
    for mood, style in STYLES.items():
        (folder / "music" / mood).mkdir(parents=True, exist_ok=True)
        for number, track in enumerate(tracks(mood)):
            _write_wav(folder / "music" / track.path, melody(style, number, seconds), track)
        lines = "".join(f"{track.path}\n" for track in tracks(mood))
        (folder / "playlists" / f"{playlist(mood)}.m3u").write_text(lines, encoding="utf-8")
    return folder


@dataclass(frozen=True, slots=True)
class _Note:
    start_s: float
    length_s: float
    hz: float


def melody(style: Style, number: int, seconds: float) -> Samples:
    """A tune over a walking bass: samples between -PEAK and PEAK that begin and end at zero."""
    out = np.zeros(int(seconds * RATE_HZ))
    for note in _bass(style, number, seconds):
        _add(out, note, (0.3,), 0.35)
    for note in _tune(style, number, seconds):
        _add(out, note, style.overtones, 0.6)
    return _faded(out * (PEAK * style.loudness / max(np.abs(out).max(), 1e-9)))


def _bass(style: Style, number: int, seconds: float) -> Iterator[_Note]:
    """A triad a bar, an octave below the key note."""
    bar_s = 4 * 60 / style.bpm
    for bar in range(int(seconds / bar_s) + 1):
        degree = style.chords[(bar + number) % len(style.chords)]
        for third in (0, 2, 4):
            yield _Note(bar * bar_s, bar_s, _pitch(style, degree + third) / 2)


def _tune(style: Style, number: int, seconds: float) -> Iterator[_Note]:
    """A random walk on the scale, drawn with a seed of the mood and the track's number."""
    generator = np.random.default_rng([style.root, number])
    beat_s, at_s, place = 60 / style.bpm, 0.0, int(generator.integers(0, 7))
    for beats in itertools.cycle(style.rhythm):
        if at_s >= seconds:
            return
        if beats > 0:
            yield _Note(at_s, beats * beat_s, _pitch(style, place + 7))
        at_s += abs(beats) * beat_s
        place = int(np.clip(place + generator.integers(-style.leap, style.leap + 1), 0, 9))


def _pitch(style: Style, degree: int) -> float:
    """Hertz of a degree of the scale, in equal temperament from A = 440 Hz."""
    octave, step = divmod(degree, len(style.scale))
    return float(440 * 2 ** ((style.root + 12 * octave + style.scale[step] - 69) / 12))


def _add(out: Samples, note: _Note, overtones: tuple[float, ...], gain: float) -> None:
    """Add a plucked note, which rings a little beyond its length and fades to nothing: no clicks."""
    first, length_s = int(note.start_s * RATE_HZ), note.length_s + 0.15
    t = np.arange(min(int(length_s * RATE_HZ), len(out) - first)) / RATE_HZ
    wave = np.sin(2 * np.pi * note.hz * t)
    for n, strength in enumerate(overtones, start=2):
        if n * note.hz < RATE_HZ / 2:
            wave += strength * np.sin(2 * np.pi * n * note.hz * t)
    envelope = np.minimum(t / 0.012, 1) * np.clip((length_s - t) / 0.15, 0, 1) * np.exp(-t / 1.2)
    out[first : first + len(t)] += gain / (1 + sum(overtones)) * wave * envelope


def _faded(samples: Samples) -> Samples:
    """The same with its first and last moments brought to zero."""
    ramp = np.linspace(0, 1, min(int(0.05 * RATE_HZ), len(samples) // 4 + 1))
    samples[: len(ramp)] *= ramp
    samples[-len(ramp) :] *= ramp[::-1]
    return samples


def _write_wav(path: Path, samples: Samples, track: Track) -> None:
    """16-bit mono PCM with a RIFF INFO list, where libsndfile, and so MPD, looks for tags."""
    tags = {"INAM": track.title, "IART": track.artist, "IPRD": track.album, "IGNR": track.genre}
    info = b"INFO" + b"".join(_chunk(key, text.encode() + b"\0") for key, text in tags.items())
    form = struct.pack("<HHIIHH", 1, 1, RATE_HZ, RATE_HZ * 2, 2, 16)
    data = (samples * 32767).astype("<i2").tobytes()
    body = b"WAVE" + _chunk("fmt ", form) + _chunk("LIST", info) + _chunk("data", data)
    path.write_bytes(_chunk("RIFF", body))


def _chunk(name: str, content: bytes) -> bytes:
    """A RIFF chunk, padded to an even length."""
    return name.encode() + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
