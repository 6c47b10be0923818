"""The library on the plane of valence and arousal, as SVG."""

from collections.abc import Iterable
from html import escape

from moodpid.library.overview import song_name
from moodpid.library.places import PLACES, nearest_mood
from moodpid.library.reader import PlacedSong
from moodpid.mood.emotion import Affect, Mood

MAX_SONGS = 20_000  # more dots than that are no picture
_SIZE, _MARGIN = 800, 60
# Okabe and Ito, "Color universal design" (2008): told apart with every kind of colour vision
_COLOURS = {
    "angry": "#d55e00",
    "disgust": "#009e73",
    "fear": "#cc79a7",
    "happy": "#e69f00",
    "sad": "#0072b2",
    "surprise": "#f0e442",
    "neutral": "#999999",
    "calm": "#56b4e9",
}
_STYLE = (
    "text{font:14px sans-serif;fill:#333}.mood{font-weight:bold;text-anchor:middle;paint-order:stroke;"
    "stroke:#fff;stroke-width:3px}.axis{stroke:#bbb}.song{stroke:#fff;stroke-width:.5}"
)


def draw(songs: Iterable[PlacedSong], caption: str) -> str:
    """Return an SVG: a dot for each song in the colour of the nearest mood, the surer the larger."""
    dots = "".join(_dot(song) for song, _ in zip(songs, range(MAX_SONGS), strict=False))
    labels = "".join(_label(name, affect) for name, affect in PLACES.items() if name != Mood.NOBODY)
    width = _SIZE + 2 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {width}" width="{width}"'
        f' height="{width}">'
        f"<title>{escape(caption)}</title><style>{_STYLE}</style>"
        f'<rect width="{width}" height="{width}" fill="#fff"/>{_axes()}{dots}{labels}'
        f'<text x="{_MARGIN}" y="{width - 16}">{escape(caption)}</text></svg>\n'
    )


def _axes() -> str:
    middle, low, high = _MARGIN + _SIZE / 2, _MARGIN, _MARGIN + _SIZE
    return (
        f'<path class="axis" fill="none" d="M{low} {middle}H{high}M{middle} {low}V{high}M{low} {low}'
        f'H{high}V{high}H{low}Z"/><text x="{high}" y="{middle - 8}" text-anchor="end">pleasant</text>'
        f'<text x="{low + 4}" y="{middle - 8}">unpleasant</text>'
        f'<text x="{middle + 8}" y="{low + 18}">excited</text>'
        f'<text x="{middle + 8}" y="{high - 8}">calm</text>'
    )


def _dot(song: PlacedSong) -> str:
    x, y = _position(song.place.affect)
    spread = (song.place.valence_spread + song.place.arousal_spread) / 2
    radius = 2.0 + 3.0 * max(0.0, 1.0 - spread)
    colour = _COLOURS[nearest_mood(song.place.affect)]
    return (
        f'<circle class="song" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}">'
        f"<title>{escape(song_name(song))}</title></circle>"
    )


def _label(name: str, affect: Affect) -> str:
    x, y = _position(affect)
    return f'<text class="mood" x="{x:.0f}" y="{y:.0f}">{name}</text>'


def _position(affect: Affect) -> tuple[float, float]:
    return _MARGIN + (affect.valence + 1) / 2 * _SIZE, _MARGIN + (1 - affect.arousal) / 2 * _SIZE
