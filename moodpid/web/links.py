"""The key of this installation, and the addresses that sign in once; needs no server."""

import secrets
import time
from collections.abc import Callable
from typing import Annotated

from msgspec import Meta, Struct

from moodpid.system.json_file import JsonFile
from moodpid.web.sealing import KEY_BYTES, LINK_S, Purpose, Seal

KEY_FILE = "web.json"


class _KeyFile(Struct):
    key: Annotated[str, Meta(pattern=f"^[0-9a-f]{{{2 * KEY_BYTES}}}$")]


def read_key(file: JsonFile, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    """Return the key in `file`, made first if there is none."""
    key = stored_key(file)
    if key is None:
        key = random_bytes(KEY_BYTES)
        file.write({"key": key.hex()})
    return key


def stored_key(file: JsonFile) -> bytes | None:
    """Return the key in `file`, None if there is none."""
    stored = file.read(_KeyFile)
    return bytes.fromhex(stored.key) if stored else None


def one_time_link(url: str, key: bytes, clock: Callable[[], float] = time.monotonic) -> str:
    """Return an address that signs in once, within a quarter of an hour.

    The token stands behind `#`, which browsers send to no server and write into no log of one.
    """
    return f"{url}#{Seal(key, Purpose.LINK).make(clock() + LINK_S)}"
