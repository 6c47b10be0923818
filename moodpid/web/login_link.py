"""The address that signs in once; needs no server."""

import time
from collections.abc import Callable

from moodpid.web.signed_tokens import LINK_S, Purpose, SignedTokens


def one_time_link(url: str, key: bytes, clock: Callable[[], float] = time.monotonic) -> str:
    """Return an address that signs in once, within a quarter of an hour.

    The token stands behind `#`, which browsers send to no server and write into no log of one.
    """
    return f"{url}#{SignedTokens(key, Purpose.LINK).make(clock() + LINK_S)}"
