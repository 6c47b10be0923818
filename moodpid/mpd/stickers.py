"""The stickers at songs in MPD's own database: where what we learn is kept, and other programs read it."""

import logging

from moodpid.mpd.connection import CommandRefusedError, Mpd

log = logging.getLogger(__name__)


def read_stickers(link: Mpd, uri: str) -> dict[str, str]:
    """The stickers at a song; none where MPD keeps none (streams, files outside its library).

    Raises:
        MpdGoneError: The connection was lost.
    """
    if "sticker" not in link.commands:
        return {}
    try:
        return dict(link.ask("sticker_list", "song", uri))
    except CommandRefusedError as error:
        log.debug("stickers of %s: %s", uri, error)
        return {}


def write_stickers(link: Mpd, uri: str, stickers: dict[str, str]) -> None:
    """Set some stickers at a song; what MPD does not take is left out.

    Raises:
        MpdGoneError: The connection was lost.
    """
    if "sticker" not in link.commands:
        return
    for name, value in stickers.items():
        try:
            link.ask("sticker_set", "song", uri, name, value)
        except CommandRefusedError as error:
            log.debug("sticker %s of %s: %s", name, uri, error)
