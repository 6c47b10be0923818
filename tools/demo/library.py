"""A small music library made from nothing: tagged tracks in the key and tempo of each mood, and playlists."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from demo.synth import RATE_HZ, Band, Samples, play

PEAK = 0.25  # 12 dB below full scale: nobody near real speakers is startled

MAJOR = (0, 2, 4, 5, 7, 9, 11)
LYDIAN = (0, 2, 4, 6, 7, 9, 11)
DORIAN = (0, 2, 3, 5, 7, 9, 10)
MINOR = (0, 2, 3, 5, 7, 8, 10)
PHRYGIAN = (0, 1, 3, 5, 7, 8, 10)
LOCRIAN = (0, 1, 3, 5, 6, 8, 10)


@dataclass(frozen=True, slots=True)
class Style:
    """How a mood sounds, to people and to `moodpid analyse`.

    Attributes:
        genre: The tag.
        titles: One for each track.
        band: Who plays.
        seeds: Of the tune and the drums, one for each track.
        loudness: From 0 to 1.
    """

    genre: str
    titles: tuple[str, str, str]
    band: Band
    seeds: tuple[int, int, int] = (1, 2, 3)
    loudness: float = 1.0


STYLES: dict[str, Style] = {
    "angry": Style(
        "Metal", ("Red Mist", "Slammed Door", "Last Straw"),
        Band(PHRYGIAN, 38, 168, (0, 0, 1, 0), chord_gain=1.0, bass_gain=1.0, lead_gain=0.0, strokes=4,
             drive=4.0, kick=0.5, snare=1.0, hat=0.6, busy=True, noise=0.1),
        loudness=0.9,
    ),
    "disgust": Style(
        "Industrial", ("Sour Milk", "Wet Socks", "Under the Sink"),
        Band(LOCRIAN, 43, 80, (0, 4, 1, 4), strokes=0.5, drive=1.5, detune=0.012, lead_overtones=2, kick=0.5,
             snare=0.2, busy=True, noise=0.05, cutoff_hz=3000),
        loudness=0.8,
    ),
    "fear": Style(
        "Soundtrack", ("Stairs at Night", "Nobody Rang", "The Attic"),
        Band(LOCRIAN, 45, 168, (0, 1, 0, 4), bass_gain=0.2, lead_gain=0.0, strokes=4, drive=4.0, attack_s=0.2,
             overtones=16, hat=0.1, noise=0.07),
        loudness=0.7,
    ),
    "happy": Style(
        "Pop", ("Open Windows", "Bicycle Bell", "Second Breakfast"),
        Band(MAJOR, 57, 150, (0, 3, 4, 3), bass_gain=0.2, strokes=2, drive=1.5, detune=0.012, attack_s=0.03,
             overtones=2, lead_overtones=12, kick=0.9, snare=0.8, hat=0.6, busy=True, noise=0.05,
             cutoff_hz=5000),
    ),
    "sad": Style(
        "Blues", ("Rain on the Bus", "Empty Chair", "November"),
        Band(MINOR, 52, 60, (0, 3, 4, 0), bass_gain=0.2, strokes=2, drive=1.5, attack_s=0.2, lead_overtones=2,
             snare=0.2, busy=True, noise=0.01),
        loudness=0.8,
    ),
    "surprise": Style(
        "Funk", ("Jack in the Box", "Plot Twist", "Found Money"),
        Band(LYDIAN, 74, 150, (0, 1, 0, 1), chord_gain=1.0, bass_gain=1.0, lead_gain=0.0, strokes=4,
             drive=4.0, detune=0.001, kick=0.5, snare=0.5, hat=0.3, busy=True, noise=0.07),
    ),
    "neutral": Style(
        "Jazz", ("Tuesday", "Kettle", "Reading Lamp"),
        Band(DORIAN, 50, 92, (0, 3, 0, 6), chord_gain=1.0, lead_gain=0.6, strokes=2, drive=1.5, overtones=4,
             lead_overtones=12, kick=0.5, snare=0.5, hat=0.2, cutoff_hz=2500),
        loudness=0.8,
    ),
    "nobody": Style(
        "Ambient", ("Dust in the Sun", "Clock", "Away"),
        Band(MAJOR, 52, 48, (0, 3), lead_gain=0.0, strokes=0.25, attack_s=0.8, noise=0.01, cutoff_hz=900),
        loudness=0.5,
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
    """Return the tracks of a mood, in the order of its stored playlist."""
    style = STYLES[mood]
    return [
        Track(f"{mood}/{title.lower().replace(' ', '-')}.wav", title, f"The {mood.capitalize()} Three",
              f"Shades of {mood.capitalize()}", style.genre)
        for title in style.titles
    ]  # fmt: skip


def playlist(mood: str) -> str:
    """Return the name of the stored playlist of a mood."""
    return mood.capitalize()


def generate(folder: Path, seconds: float = 20.0) -> Path:
    """Write `music/<mood>/*.wav` and `playlists/<Mood>.m3u` below `folder`, and return `folder`.

    The same every time: the melodies are drawn with fixed seeds. Three tracks for each of eight moods.
    """
    (folder / "playlists").mkdir(parents=True, exist_ok=True)
    for mood, style in STYLES.items():
        (folder / "music" / mood).mkdir(parents=True, exist_ok=True)
        for number, track in enumerate(tracks(mood)):
            _write_wav(folder / "music" / track.path, _track(style, number, seconds), track)
        lines = "".join(f"{track.path}\n" for track in tracks(mood))
        (folder / "playlists" / f"{playlist(mood)}.m3u").write_text(lines, encoding="utf-8")
    return folder


def _track(style: Style, number: int, seconds: float) -> Samples:
    """Return samples between -PEAK and PEAK that begin and end at zero."""
    out = play(style.band, style.seeds[number], seconds)
    return _faded(out * (PEAK * style.loudness / max(np.abs(out).max(), 1e-9)))


def _faded(samples: Samples) -> Samples:
    """Return the same with its first and last moments brought to zero."""
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
    """Return a RIFF chunk, padded to an even length."""
    return name.encode() + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
