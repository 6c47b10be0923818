"""Read and write the stickers at songs in MPD's own database, where other programs see them too."""

import logging

from moodpid.mood.emotion import Mood
from moodpid.mpd.feedback import rejected_name
from moodpid.mpd.protocol import CommandRefusedError, Mpd
from moodpid.text import clean

log = logging.getLogger(__name__)

_DIGITS = 12  # of a time in seconds since 1970, so that texts sort as numbers


def read_stickers(link: Mpd, uri: str) -> dict[str, str]:
    """Return the stickers at a song; none where MPD keeps none (streams, files outside its library).

    Raises:
        MpdGoneError: The connection was lost.
    """
    if "sticker" not in link.commands:
        return {}
    try:
        return link.stickers(uri)
    except CommandRefusedError as error:
        log.debug("stickers of %s: %s", clean(uri), error)
        return {}


def write_stickers(link: Mpd, uri: str, stickers: dict[str, str]) -> None:
    """Set some stickers at a song; what MPD refuses is left out.

    Raises:
        MpdGoneError: The connection was lost.
    """
    if "sticker" not in link.commands:
        return
    for name, value in stickers.items():
        try:
            link.set_sticker(uri, name, value)
        except CommandRefusedError as error:
            log.debug("sticker %s of %s: %s", name, clean(uri), error)


def rejected_songs(link: Mpd, mood: Mood, most: int) -> list[str]:
    """Return the songs that a user rejected in a mood: the last `most` of them, the latest at the end.

    Raises:
        MpdGoneError: The connection was lost.
    """
    if "sticker" not in link.commands:
        return []
    try:
        found = link.songs_with_sticker(rejected_name(mood))
    except CommandRefusedError as error:
        log.debug("songs rejected in %s: %s", mood, error)
        return []
    dated = [(value.zfill(_DIGITS), uri) for uri, value in found.items() if value.isdecimal()]
    return [uri for _, uri in sorted(dated)[-most:]]
