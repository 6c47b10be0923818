"""Names of songs in the database, which takes Unicode only: bytes that are no UTF-8 become characters."""

import re

# `surrogateescape` makes U+DC80 to U+DCFF of such bytes. In the database they are U+EF80 to U+EFFF, in the
# area for private use
_ESCAPED, _KEPT = 0xDC80, 0xEF80
_TO_KEPT = {_ESCAPED + byte: _KEPT + byte for byte in range(0x80)}
_TO_ESCAPED = {kept: escaped for escaped, kept in _TO_KEPT.items()}
_TAKEN = re.compile(f"[{chr(_KEPT)}-{chr(_KEPT + 0x7F)}]")


def database_name(uri: str) -> str:
    """Return the name of a song in the database: valid Unicode, different for each `uri`.

    Args:
        uri: As MPD has it, with bytes that are no UTF-8 as `surrogateescape` makes them.
    """
    if uri.isascii():
        return uri
    # A character of this range in the name itself is escaped byte by byte, so that no two names collide
    free = _TAKEN.sub(lambda found: found[0].encode().decode("ascii", "surrogateescape"), uri)
    return free.translate(_TO_KEPT)


def mpd_name(name: str) -> str:
    """Return the URI of which `database_name` has made `name`."""
    if name.isascii():
        return name
    return name.translate(_TO_ESCAPED).encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
