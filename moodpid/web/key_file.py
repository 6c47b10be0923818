"""The secret of this installation and the sessions that were signed out, kept while the system runs."""

import secrets
from collections.abc import Callable, Iterable
from typing import Annotated

from msgspec import Meta, Struct

from moodpid.system.json_file import JsonFile
from moodpid.web.signed_tokens import BODY_BYTES, KEY_BYTES

KEY_FILE = "web.json"
MAX_SIGNED_OUT = 512  # the file stays below the limit of all state files

_Hex = Annotated[str, Meta(pattern=f"^[0-9a-f]{{{2 * BODY_BYTES}}}$")]


class _Content(Struct):
    key: Annotated[str, Meta(pattern=f"^[0-9a-f]{{{2 * KEY_BYTES}}}$")]
    signed_out: Annotated[list[_Hex], Meta(max_length=MAX_SIGNED_OUT)] = []


class KeyFile:
    """Reads the file, or makes it if there is none.

    Args:
        file: In the runtime folder, which other users cannot read.
        random_bytes: Returns so many bytes.

    Attributes:
        key: The secret, `KEY_BYTES` long.
        signed_out: The contents of the sessions that users ended.
    """

    def __init__(self, file: JsonFile, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._file = file
        content = file.read(_Content)
        self.key = bytes.fromhex(content.key) if content else random_bytes(KEY_BYTES)
        self.signed_out = tuple(map(bytes.fromhex, content.signed_out)) if content else ()
        if content is None:
            self._write()

    def save_signed_out(self, sessions: Iterable[bytes]) -> None:
        """Keep these sessions as ended; of very many the last ones."""
        self.signed_out = tuple(sessions)[-MAX_SIGNED_OUT:]
        self._write()

    def _write(self) -> None:
        self._file.write({"key": self.key.hex(), "signed_out": [body.hex() for body in self.signed_out]})


def stored_key(file: JsonFile) -> bytes | None:
    """Return the key in `file`, None if there is none."""
    content = file.read(_Content)
    return bytes.fromhex(content.key) if content else None
